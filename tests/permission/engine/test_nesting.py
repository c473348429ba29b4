"""Many groups within groups that come and go: membership is reachability, whatever cycles there were before."""

from random import Random

import pytest

from graph_api.permission import PermissionGraph
from tests.permission.engine.conformance.table import model
from tests.permission.engine.facts import Fact, Key
from tests.permission.engine.surface import new_graph, write

MODEL = model(
    "user",
    "group",
    "member: [user, group#member]",
    "folder",
    "parent: [folder]",
    "viewer: [user, group#member] or viewer from parent",
)
MODELS = (MODEL, MODEL.replace("viewer from parent", "(viewer from parent but not nobody)\n    define nobody: [user]"))
"""They mean the same; what is known of groups under one of them holds under the other."""
GROUPS, FOLDERS, USERS = ([f"{kind}:{number}" for number in range(12)] for kind in ("group", "folder", "user"))
CHANGES = 4_000
BETWEEN = 100


def random_edge(random: Random) -> Fact:
    """Nest a group or a folder, or put a user or a group into one."""
    group, folder = random.choice(GROUPS), random.choice(FOLDERS)
    return random.choice(
        [
            Fact(f"{random.choice(GROUPS)}#member", "member", group),
            Fact(f"{random.choice(GROUPS)}#member", "member", group),
            Fact(random.choice(FOLDERS), "parent", folder),
            Fact(random.choice(USERS), "member", group),
            Fact(f"{group}#member", "viewer", folder),
        ]
    )


def reached(edges: dict[Key, Fact], user: str) -> set[str]:
    """Follow tuples from a user upwards."""
    found, waiting = {user}, [user]
    while waiting:
        name = waiting.pop()
        for each in edges.values():
            if each.user.removesuffix("#member") == name and each.object not in found:
                found.add(each.object)
                waiting.append(each.object)
    return found - {user}


def listed(graph: PermissionGraph, user: str) -> set[str]:
    groups = graph.list_objects(user, "member", "group")
    return {*groups, *graph.list_objects(user, "viewer", "folder")}


@pytest.mark.parametrize("seed", range(5))
def test_members_of_nested_groups_are_those_who_reach_them(seed: int) -> None:
    random = Random(seed)
    graph = new_graph(MODEL)
    edges: dict[Key, Fact] = {}
    for number in range(CHANGES):
        # Around one nesting a group: cycles come together and fall apart again.
        if edges and random.random() < len(edges) / 70:
            key = random.choice(list(edges))
            del edges[key]
            assert write(graph, (), [key]) == (0, 1, 0)
        else:
            edge = random_edge(random)
            write(graph, [edge])
            edges[edge.key] = edge
        if number % BETWEEN == BETWEEN - 1:
            if random.random() < 0.3:
                graph.switch_model(MODELS[number // BETWEEN % len(MODELS)])
            assert {user: listed(graph, user) for user in USERS} == {user: reached(edges, user) for user in USERS}
            for group in GROUPS:
                members = [user for user in USERS if group in reached(edges, user)]
                assert graph.list_users(group, "member", filters=["user"]) == sorted(members)
                assert [user for user in USERS if graph.check(user, "member", group)] == members
            for folder in FOLDERS:
                viewers = [user for user in USERS if folder in reached(edges, user)]
                assert [user for user in USERS if graph.check(user, "viewer", folder)] == viewers


DEEP = 3_000
DEEP_ENOUGH = 1_050
"""More than Python's own calls may be nested; an intersection at each level takes time by the square of them."""
CHAINS = {
    "usersets": model("user", "group", "member: [user, group#member]"),
    "usersets less those banned": model(
        "user", "group", "banned: [user]", "member: [user, group#member] but not banned"
    ),
    "usersets under a condition": model(
        "user", "group", "member: [user, group#member with small]", "small(x: int) {\n  x < 3\n}"
    ),
    "parents": model("user", "group", "parent: [group]", "member: [user] or member from parent"),
    "parents, and something else as well": model(
        "user", "group", "parent: [group]", "open: [user:*]", "member: [user] or (member from parent and open)"
    ),
}


def link(kind: str, number: int) -> list[Fact]:
    """Tie a group to the one before it."""
    below, above = f"group:{number}", f"group:{number + 1}"
    if kind.startswith("parents"):
        opened = [Fact("user:*", "open", above)] if "else" in kind else []
        return [Fact(below, "parent", above), *opened]
    condition = "small" if "condition" in kind else None
    return [Fact(f"{below}#member", "member", above, condition)]


@pytest.mark.parametrize("kind", CHAINS)
def test_nothing_limits_how_deep_groups_are_nested(kind: str) -> None:
    graph, deep = new_graph(CHAINS[kind]), DEEP_ENOUGH if "else" in kind else DEEP
    write(graph, [Fact("user:anne", "member", "group:0")])
    write(graph, [each for number in range(deep) for each in link(kind, number)])
    top, context = f"group:{deep}", {"x": 1}
    assert graph.check("user:anne", "member", top, context=context)
    assert not graph.check("user:bob", "member", top, context=context)
    assert graph.list_users(top, "member", filters=["user"], context=context) == ["user:anne"]
    write(graph, (), [link(kind, deep // 2)[0].key])
    assert not graph.check("user:anne", "member", top, context=context)


@pytest.mark.parametrize("kind", CHAINS)
def test_every_group_of_a_deep_chain_is_listed(kind: str) -> None:
    graph = new_graph(CHAINS[kind])
    write(graph, [Fact("user:anne", "member", "group:0")])
    write(graph, [each for number in range(DEEP) for each in link(kind, number)])
    assert len(graph.list_objects("user:anne", "member", "group", context={"x": 1})) == DEEP + 1
    write(graph, (), [link(kind, DEEP // 2)[0].key])
    assert len(graph.list_objects("user:anne", "member", "group", context={"x": 1})) == DEEP // 2 + 1

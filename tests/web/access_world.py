"""Documents in folders, teams in teams: tuples and models that change at random, and copies that follow them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from graph_api.permission.answers import Allowed, Conditional
from graph_api.permission.commands import ChangePermissions, ModelSource, PermissionsChanged
from graph_api.permission.service import ModelLive
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey
from tests.support.permission_streams import Served, watch

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
MODEL = """
model
  schema 1.1

type user

type team
  relations
    define member: [user, team#member]

type folder
  relations
    define parent: [folder]
    define viewer: [user, user:*, team#member] or viewer from parent

type document
  relations
    define parent: [folder]
    define banned: [user, team#member]
    define editor: [user, user with in_office, team#member]
    define viewer: [user, user:*, team#member] or editor or viewer from parent
    define reader: viewer but not banned

condition in_office(hour: int) {
  hour >= 9 && hour < 18
}
"""
MODELS = (
    MODEL,
    MODEL.replace("define reader: viewer but not banned", "define reader: viewer and editor"),
    MODEL.replace("define parent: [folder]\n    define banned", "define parent: [folder, team]\n    define banned"),
    MODEL.replace(
        "define viewer: [user, user:*, team#member] or editor", "define viewer: [user, team#member] or editor"
    ),
)
USERS = [f"user:{name}" for name in "abcd"]
TEAMS = [f"team:{name}" for name in "xyz"]
FOLDERS = ["folder:1", "folder:2"]
DOCUMENTS = ["document:1", "document:2", "document:3"]
OBJECTS = {"team": TEAMS, "folder": FOLDERS, "document": DOCUMENTS}
OFFICE = {"hour": 10}
WATCHES = (
    watch("reader", type="document"),
    watch("reader", type="document", context=OFFICE),
    watch("viewer", object="document:1"),
    watch("member", type="team"),
    watch("reader", type="document", user="user:a"),
    watch("viewer", object="document:2", user="user:b", context=OFFICE),
)
Held = dict[tuple[str, str], str]
"""By object and user, how a check comes out."""


def listed(one: Served, asked: Mapping[str, Any]) -> Held:
    """Check all that is watched, by the graph of a replica as it is."""
    target, type_name = asked["target"].get("object"), asked["target"].get("type")
    objects = [target] if target is not None else OBJECTS[type_name]
    users = [asked["user"]] if asked["user"] is not None else [*USERS, "user:*"]
    return {(name, user): outcome(one, asked, user, name) for name in objects for user in users}


def outcome(one: Served, asked: Mapping[str, Any], user: str, target: str) -> str:
    found = one.guarded.graph.check(user, asked["relation"], target, context=asked["context"], at=BEFORE_ALL)
    if isinstance(found, Allowed):
        return "ALLOWED"
    return "CONDITIONAL" if isinstance(found, Conditional) else "DENIED"


def apply(held: Held, message: Any) -> None:
    """Bring a copy up to date: what happens to everybody goes for all who are not told apart in the message."""
    for each in message["changes"]:
        if each["user"] == "user:*":
            held.update({pair: each["after"] for pair in held if pair[0] == each["object"]})
    held.update({(each["object"], each["user"]): each["after"] for each in message["changes"] if known(held, each)})


def known(held: Held, change: Any) -> bool:
    """Tell whether a copy holds an access, which then was what is told; it holds no objects that are users."""
    return (change["object"], change["user"]) in held


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Changing:
    """Changes tuples at random: some expire while the clock goes on."""

    def __init__(self, name: str, seed: int, clock: Clock) -> None:
        self._name = name
        self._random = Random(f"{seed} {name}")
        self._clock = clock
        self._there: set[TupleKey] = set()

    async def change(self, one: Served) -> str:
        """Add and remove some tuples, or only one; return the revision."""
        chance = self._random
        if chance.random() < 0.15:
            self._clock.now += timedelta(minutes=30)
        gone = {key for key in self._there if chance.random() < 0.2}
        made = {each.key: each for each in (self._tuple() for _ in range(chance.choice([1, 1, 2, 5])))}
        add = tuple(each for key, each in made.items() if key not in gone)
        command = ChangePermissions(add=add, remove=tuple(sorted(gone)))
        answer = await one.guarded.permissions.change(command, actor=self._name)
        if isinstance(answer.value, PermissionsChanged):  # a model may forbid what another one allows
            self._there = (self._there - gone) | {each.key for each in add}
        return answer.revision

    def _tuple(self) -> RelationshipTuple:
        chance = self._random
        user, team, folder = chance.choice(USERS), chance.choice(TEAMS), chance.choice(FOLDERS)
        document, somebody = chance.choice(DOCUMENTS), chance.choice([user, user, "user:*", f"{team}#member"])
        condition = Condition("in_office", chance.choice([{}, {"hour": 11}, {"hour": 20}]))
        key, given = chance.choice(
            [
                ((user, "member", team), None), ((user, "member", team), None),
                ((f"{chance.choice(TEAMS)}#member", "member", team), None),
                ((folder, "parent", document), None), ((folder, "parent", chance.choice(FOLDERS)), None),
                ((somebody, "viewer", folder), None), ((somebody, "viewer", document), None),
                ((user, "editor", document), condition), ((f"{team}#member", "editor", document), None),
                ((chance.choice([user, f"{team}#member"]), "banned", document), None),
            ]
        )  # fmt: skip
        expires = self._clock.now + timedelta(hours=chance.randint(1, 3)) if chance.random() < 0.3 else None
        return RelationshipTuple(*key, given, expires)


async def write_model(one: Served, dsl: str) -> None:
    answer = await one.guarded.permissions.write_model(ModelSource(dsl=dsl), actor="modeller")
    assert isinstance(answer.value, ModelLive), answer.value

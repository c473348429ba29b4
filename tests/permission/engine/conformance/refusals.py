"""Codes of errors by API, and what a write refuses, counts and leaves alone."""

from tests.permission.engine.conformance.table import (
    Api,
    Ask,
    Stage,
    Store,
    Write,
    allowed,
    denied,
    key,
    model,
    objects,
    store,
    unlawful,
    users,
)
from tests.permission.engine.facts import Fact, fact, facts

MODEL = model(
    "user",
    "group",
    "member: [user, group#member]",
    "folder",
    "viewer: [user]",
    "doc",
    "parent: [folder, folder with small]",
    "viewer: [user, user:*, group#member, user with small] or viewer from parent",
    "editor: viewer",
    "public: [user:*]",
    "small(x: int) {\n  x < 10\n}",
)
BAD_OBJECTS = (
    "doc",
    "doc:",
    ":a",
    "doc:a:b",
    "doc:a b",
    "doc:a\tb",
    "doc:\u00a0a",
    " doc:a",
    "doc:a#viewer",
    "doc:*",
    "",
    ":",
    f"doc:{'a' * 253}",
)
BAD_USERS = (
    "user",
    "user:",
    ":anne",
    "user:anne:b",
    "user:anne b",
    "user:anne\n",
    "*",
    "",
    "#member",
    "group:g#",
    "group:#member",
    "group:g#member#member",
    "group:*#member",
    f"user:{'a' * 508}",
)
FIRM: tuple[Api, Api] = ("check", "explain")


def malformed() -> list[Ask]:
    """Put every malformed name to every API that takes one."""
    asks = [Ask(api, "user:anne", "viewer", name, 2000, lawful=False) for api in FIRM for name in BAD_OBJECTS]
    asks += [Ask(api, name, "viewer", "doc:a", 2000, lawful=False) for api in FIRM for name in BAD_USERS]
    asks += [Ask("list_objects", name, "viewer", "doc", 2000, lawful=False) for name in BAD_USERS]
    asks += [Ask("list_users", "", "viewer", name, 2000, ("user",), lawful=False) for name in BAD_OBJECTS]
    return asks + [Ask("expand", "", "viewer", name, 2000, lawful=False) for name in BAD_OBJECTS]


UNKNOWN = [
    unlawful(2000, "user:anne viewer report:a"),
    unlawful(2000, "user:anne owner doc:a"),
    unlawful(2000, "user:anne viewer user:anne"),
    unlawful(2000, "person:anne viewer doc:a"),
    unlawful(2000, "person:* viewer doc:a"),
    unlawful(2000, "team:t#member viewer doc:a"),
    unlawful(2000, "group:g#owner viewer doc:a"),
    Ask("explain", "user:anne", "viewer", "report:a", 2000, lawful=False),
    Ask("explain", "user:anne", "owner", "doc:a", 2000, lawful=False),
    Ask("explain", "person:anne", "viewer", "doc:a", 2000, lawful=False),
    objects("user:anne viewer report", 2021),
    objects("user:anne owner doc", 2022),
    objects("user:anne viewer user", 2022),
    Ask("list_objects", "person:anne", "viewer", "doc", 2000, lawful=False),
    users("report:a viewer user", 2021),
    users("doc:a owner user", 2022),
    users("doc:a viewer person", 2021),
    users("doc:a viewer team#member", 2021),
    users("doc:a viewer group#owner", 2022),
    users("doc:a viewer user person", 2021),
    Ask("list_users", "", "viewer", "doc:a", 2000, lawful=False),
    Ask("expand", "", "viewer", "report:a", 2000, lawful=False),
    Ask("expand", "", "owner", "doc:a", 2000, lawful=False),
    # What is well formed and known is answered, also where no tuple could make it true.
    denied("folder:f viewer doc:a"),
    denied("folder:* viewer doc:a"),
    denied("folder:f#viewer viewer doc:a"),
    denied("group:* member group:g"),
    denied(f"user:anne viewer doc:{'a' * 252}"),
    denied(f"user:{'a' * 507} viewer doc:a"),
    denied("user:*a viewer doc:a*"),
    objects("folder:f viewer doc", ""),
    users("doc:a viewer doc", ""),
    users("doc:a viewer doc#parent", ""),
    users("doc:a viewer folder#viewer group#member", ""),
]


def refused(each: Fact, expected: int = 2000) -> Write:
    return Write(expected, (each,))


REFUSED_WRITES = (
    refused(fact("user:anne viewer report:a")),
    refused(fact("person:anne viewer doc:a")),
    refused(fact("user:anne owner doc:a")),
    refused(fact("user:anne editor doc:a")),
    refused(fact("folder:f viewer doc:a")),
    refused(fact("folder:f#viewer viewer doc:a")),
    refused(fact("group:* viewer doc:a")),
    refused(fact("group:g viewer doc:a")),
    refused(fact("group:g#owner viewer doc:a")),
    refused(fact("user:anne public doc:a")),
    refused(fact("user:* member group:g")),
    refused(fact("folder:* parent doc:a")),
    refused(fact("folder:f#viewer parent doc:a")),
    refused(fact("user:anne parent doc:a")),
    refused(fact("user:anne member group:g", "small")),
    refused(fact("user:anne viewer doc:a", "tall")),
    refused(fact("user:* viewer doc:a", "small", x=1)),
    refused(fact("user:anne viewer doc:a", "small", x="one")),
    refused(fact("user:anne viewer doc:a", "small", x=1.5)),
    refused(fact("user:anne viewer doc:a", "small", y=1)),
    refused(fact("user:anne viewer doc:a", "small", x=1, y=1)),
    *(refused(Fact("user:anne", "viewer", name)) for name in BAD_OBJECTS),
    *(refused(Fact(name, "viewer", "doc:a")) for name in BAD_USERS),
    Write(2004, facts("user:anne viewer doc:a", "user:anne viewer doc:a")),
    Write(2004, (fact("user:anne viewer doc:a"), fact("user:anne viewer doc:a", "small"))),
    Write(2004, (), (key("user:anne viewer doc:a"), key("user:anne viewer doc:a"))),
    Write(2004, facts("user:anne viewer doc:a"), (key("user:anne viewer doc:a"),)),
    # All or nothing: what is right beside what is wrong is not written.
    Write(2000, facts("user:anne viewer doc:a", "user:anne editor doc:a")),
    Write(2000, facts("user:anne editor doc:a"), (key("user:kept viewer doc:kept"),)),
)
STRICT = model("user", "doc", "viewer: [user with small]", "small(x: int) {\n  x < 10\n}")
LATER = "2030-01-01T00:00:00Z"

REFUSALS = [
    store("malformed names", MODEL, (), malformed()),
    store("types and relations that the model lacks", MODEL, (), UNKNOWN),
    Store(
        "writes that are refused change nothing",
        (
            Stage(MODEL, add=facts("user:kept viewer doc:kept"), writes=REFUSED_WRITES),
            Stage(
                asks=(
                    denied("user:anne viewer doc:a"),
                    allowed("user:kept viewer doc:kept"),
                    objects("user:anne viewer doc", ""),
                    users("doc:a viewer user", ""),
                    users("doc:kept viewer user", "user:kept"),
                ),
                invalid=(),
            ),
        ),
    ),
    Store(
        "a condition that is required",
        (
            Stage(
                STRICT,
                writes=(
                    refused(fact("user:anne viewer doc:a")),
                    refused(fact("user:anne viewer doc:a", "tall")),
                    Write((1, 0, 0), (fact("user:anne viewer doc:a", "small", x="9"),)),
                    Write((1, 0, 0), (fact("user:bob viewer doc:a", "small", x=9.0),)),
                ),
            ),
            Stage(asks=(users("doc:a viewer user", "user:anne user:bob"),)),
        ),
    ),
    Store(
        "writes are upserts, and count what they did",
        (
            Stage(
                MODEL,
                writes=(
                    Write((0, 0, 0)),
                    Write((2, 0, 0), facts("user:anne viewer doc:a", "group:g#member viewer doc:a")),
                    Write((0, 0, 1), facts("user:anne viewer doc:a")),
                    Write((1, 0, 1), facts("user:anne viewer doc:a", "user:bob viewer doc:a")),
                    Write((0, 0, 1), (), (key("user:nobody viewer doc:a"),)),
                    Write((0, 1, 0), (), (key("user:bob viewer doc:a"),)),
                    Write((1, 1, 0), facts("user:bob viewer doc:b"), (key("group:g#member viewer doc:a"),)),
                    # The same key with another condition, context or end replaces the tuple.
                    Write((1, 0, 0), (fact("user:anne viewer doc:a", "small"),)),
                    Write((1, 0, 0), (fact("user:anne viewer doc:a", "small", x=20),)),
                    Write((0, 0, 1), (fact("user:anne viewer doc:a", "small", x=20),)),
                    Write((1, 0, 0), (fact("user:anne viewer doc:a", "small", LATER, x=20),)),
                    Write((0, 0, 1), (fact("user:anne viewer doc:a", "small", LATER, x=20),)),
                ),
            ),
            Stage(
                asks=(
                    denied("user:anne viewer doc:a", x=1),
                    denied("user:bob viewer doc:a"),
                    allowed("user:bob viewer doc:b"),
                    denied("group:g#member viewer doc:a"),
                ),
            ),
            Stage(
                writes=(Write((0, 1, 0), (), (key("user:anne viewer doc:a"),)),),
            ),
            Stage(asks=(denied("user:anne viewer doc:a"), users("doc:a viewer user", "", x=1))),
        ),
    ),
]

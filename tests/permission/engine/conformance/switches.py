"""Switches of the model: stored tuples stay; those that the new model forbids do not count, until one allows them."""

from tests.permission.engine.conformance.table import (
    Stage,
    Store,
    allowed,
    conditional,
    denied,
    key,
    model,
    objects,
    unlawful,
    users,
)
from tests.permission.engine.facts import fact, facts

SMALL = "small(x: int) {\n  x < 10\n}"
WIDE = model(
    "user",
    "group",
    "member: [user, user:*, group#member]",
    "doc",
    "parent: [doc]",
    "editor: [user]",
    "viewer: [user, user:*, group#member, user with small] or editor or viewer from parent",
    SMALL,
)
NARROW = model("user", "group", "member: [user]", "doc", "editor: [user]", "viewer: [user] or editor")
NO_GROUPS = model("user", "doc", "editor: [user]", "viewer: [user]", "commenter: viewer and editor")
COMPUTED = model("user", "group", "member: [user, group#member]", "doc", "editor: [user]", "viewer: editor")
TUPLES = (
    *facts(
        "user:anne viewer doc:a",
        "user:* viewer doc:b",
        "group:g#member viewer doc:c",
        "user:bob member group:g",
        "group:h#member member group:g",
        "user:carl member group:h",
        "doc:a parent doc:d",
        "user:eve editor doc:a",
    ),
    fact("user:dora viewer doc:a", "small"),
)

STRICT = model("user", "doc", "viewer: [user with small]", SMALL)
OTHER_CONDITION = model("user", "doc", "viewer: [user with tall]", "tall(x: int) {\n  x > 10\n}")
OTHER_MEANING = model("user", "doc", "viewer: [user with small]", "small(x: int) {\n  x < 100\n}")
OTHER_TYPE = model("user", "doc", "viewer: [user with small]", "small(x: string) {\n  x == 'a'\n}")
OTHER_PARAMETER = model("user", "doc", "viewer: [user with small]", "small(y: int) {\n  y < 10\n}")
WITHOUT = model("user", "doc", "viewer: [user]")
EITHER = model("user", "doc", "viewer: [user, user with small]", SMALL)

EXCLUDING = model("user", "doc", "blocked: [user]", "viewer: [user] but not blocked")
INCLUDING = model("user", "doc", "blocked: [user]", "viewer: [user] or blocked")
REQUIRING = model("user", "doc", "blocked: [user]", "viewer: [user] and blocked")
UNBLOCKED = model("user", "doc", "viewer: [user]")

SWITCHES = [
    Store(
        "a narrower model, one without a type, and back again",
        (
            Stage(
                WIDE,
                add=TUPLES,
                asks=(
                    allowed("user:anne viewer doc:a"),
                    allowed("user:zoe viewer doc:b"),
                    allowed("user:carl viewer doc:c"),
                    allowed("user:anne viewer doc:d"),
                    conditional("x", "user:dora viewer doc:a"),
                    objects("user:carl viewer doc", "doc:b doc:c"),
                ),
                invalid=(),
            ),
            Stage(
                NARROW,
                asks=(
                    allowed("user:anne viewer doc:a"),
                    allowed("user:eve viewer doc:a"),
                    denied("user:zoe viewer doc:b"),
                    denied("user:* viewer doc:b"),
                    denied("user:bob viewer doc:c"),
                    denied("user:dora viewer doc:a", x=1),
                    denied("user:dora viewer doc:a"),
                    denied("user:carl member group:g"),
                    allowed("user:carl member group:h"),
                    denied("user:anne viewer doc:d"),
                    denied("group:h#member member group:g"),
                    denied("group:g#member viewer doc:c"),
                    unlawful(2000, "doc:a parent doc:d"),
                    objects("user:anne viewer doc", "doc:a"),
                    objects("user:carl viewer doc", ""),
                    users("doc:a viewer user", "user:anne user:eve"),
                    users("doc:b viewer user", ""),
                    users("doc:c viewer group#member", ""),
                ),
                invalid=(
                    "doc:a parent doc:d",
                    "group:g#member viewer doc:c",
                    "group:h#member member group:g",
                    "user:* viewer doc:b",
                    "user:dora viewer doc:a",
                ),
            ),
            Stage(
                NO_GROUPS,
                add=facts("user:anne editor doc:a"),
                asks=(
                    allowed("user:anne viewer doc:a"),
                    denied("user:eve viewer doc:a"),
                    allowed("user:anne commenter doc:a"),
                    denied("user:eve commenter doc:a"),
                    unlawful(2000, "user:bob member group:g"),
                    unlawful(2000, "group:g#member viewer doc:c"),
                    objects("user:carl member group", 2021),
                    users("doc:a viewer group#member", 2021),
                ),
                invalid=(
                    "doc:a parent doc:d",
                    "group:g#member viewer doc:c",
                    "group:h#member member group:g",
                    "user:* viewer doc:b",
                    "user:bob member group:g",
                    "user:carl member group:h",
                    "user:dora viewer doc:a",
                ),
            ),
            Stage(
                COMPUTED,
                remove=(key("group:h#member member group:g"), key("user:* viewer doc:b")),
                asks=(
                    denied("user:bob viewer doc:c"),
                    allowed("user:anne viewer doc:a"),
                    allowed("user:eve viewer doc:a"),
                    denied("user:carl member group:g"),
                    objects("user:eve viewer doc", "doc:a"),
                ),
                invalid=(
                    "doc:a parent doc:d",
                    "group:g#member viewer doc:c",
                    "user:anne viewer doc:a",
                    "user:dora viewer doc:a",
                ),
            ),
            Stage(
                WIDE,
                asks=(
                    allowed("user:anne viewer doc:d"),
                    allowed("user:bob viewer doc:c"),
                    denied("user:carl viewer doc:c"),
                    denied("user:zoe viewer doc:b"),
                    conditional("x", "user:dora viewer doc:a"),
                    allowed("user:dora viewer doc:d", x=1),
                    objects("user:eve viewer doc", "doc:a doc:d"),
                    users("doc:d viewer user", "user:anne user:dora user:eve", x=1),
                ),
                invalid=(),
            ),
        ),
    ),
    Store(
        "conditions that come, go, and change their meaning",
        (
            Stage(
                STRICT,
                add=(fact("user:anne viewer doc:a", "small"), fact("user:bob viewer doc:a", "small", x=50)),
                asks=(
                    conditional("x", "user:anne viewer doc:a"),
                    denied("user:bob viewer doc:a"),
                    users("doc:a viewer user", "user:anne", x=1),
                ),
                invalid=(),
            ),
            Stage(
                OTHER_MEANING,
                asks=(
                    allowed("user:bob viewer doc:a"),
                    allowed("user:anne viewer doc:a", x=50),
                    denied("user:anne viewer doc:a", x=100),
                ),
                invalid=(),
            ),
            Stage(
                OTHER_CONDITION,
                asks=(denied("user:anne viewer doc:a", x=50), denied("user:bob viewer doc:a")),
                invalid=("user:anne viewer doc:a", "user:bob viewer doc:a"),
            ),
            Stage(
                WITHOUT,
                add=facts("user:carl viewer doc:a"),
                asks=(
                    denied("user:anne viewer doc:a", x=1),
                    allowed("user:carl viewer doc:a"),
                    users("doc:a viewer user", "user:carl"),
                ),
                invalid=("user:anne viewer doc:a", "user:bob viewer doc:a"),
            ),
            Stage(
                OTHER_TYPE,
                asks=(
                    allowed("user:anne viewer doc:a", x="a"),
                    denied("user:anne viewer doc:a", x="b"),
                    # What is stored with his tuple is no text.
                    denied("user:bob viewer doc:a", x="a"),
                    denied("user:carl viewer doc:a"),
                ),
                invalid=("user:bob viewer doc:a", "user:carl viewer doc:a"),
            ),
            Stage(
                OTHER_PARAMETER,
                asks=(
                    conditional("y", "user:anne viewer doc:a", x=1),
                    allowed("user:anne viewer doc:a", y=1),
                    denied("user:bob viewer doc:a", y=1),
                ),
                invalid=("user:bob viewer doc:a", "user:carl viewer doc:a"),
            ),
            Stage(
                EITHER,
                asks=(
                    allowed("user:carl viewer doc:a"),
                    conditional("x", "user:anne viewer doc:a"),
                    denied("user:bob viewer doc:a"),
                ),
                invalid=(),
            ),
        ),
    ),
    Store(
        "the same tuples added, required and subtracted",
        (
            Stage(
                EXCLUDING,
                add=facts(
                    "user:anne viewer doc:a", "user:bob viewer doc:a", "user:bob blocked doc:a", "user:c blocked doc:a"
                ),
                asks=(
                    allowed("user:anne viewer doc:a"),
                    denied("user:bob viewer doc:a"),
                    denied("user:c viewer doc:a"),
                ),
            ),
            Stage(
                INCLUDING,
                asks=(users("doc:a viewer user", "user:anne user:bob user:c"), objects("user:c viewer doc", "doc:a")),
            ),
            Stage(REQUIRING, asks=(users("doc:a viewer user", "user:bob"), denied("user:anne viewer doc:a"))),
            Stage(
                UNBLOCKED,
                asks=(users("doc:a viewer user", "user:anne user:bob"), unlawful(2000, "user:c blocked doc:a")),
            ),
            Stage(
                EXCLUDING,
                remove=(key("user:bob blocked doc:a"),),
                asks=(users("doc:a viewer user", "user:anne user:bob"), users("doc:a blocked user", "user:c")),
                invalid=(),
            ),
        ),
    ),
]

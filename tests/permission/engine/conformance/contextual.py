"""Contextual tuples: as if written for one question, validated like written ones, and gone afterwards."""

from tests.permission.engine.conformance.table import (
    Ask,
    allowed,
    conditional,
    denied,
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
    "member: [user, user with small, group#member]",
    "folder",
    "viewer: [user, user:*, group#member]",
    "doc",
    "parent: [folder]",
    "blocked: [user, group#member]",
    "viewer: [user, user with small, group#member] or viewer from parent",
    "reader: viewer but not blocked",
    "small(x: int) {\n  x < 10\n}",
)
STORED = (
    *facts("group:g#member viewer doc:a", "folder:f parent doc:b", "user:anne viewer doc:c", "user:bob member group:h"),
    fact("user:carl viewer doc:c", "small"),
    fact("user:dora viewer doc:c", expires_at="2026-03-01T00:00:00Z"),
)
BEFORE, AFTER = "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"
MANY = tuple(fact(f"user:u{number} member group:many") for number in range(100))

CONTEXTUAL = [
    store(
        "contextual tuples count like written ones",
        MODEL,
        STORED,
        [
            denied("user:anne viewer doc:a"),
            allowed("user:anne viewer doc:a", fact("user:anne member group:g")),
            denied("user:anne viewer doc:a"),
            denied("user:bob viewer doc:a", fact("user:anne member group:g")),
            allowed("user:bob viewer doc:a", fact("group:h#member member group:g")),
            allowed("user:eve viewer doc:new", fact("user:eve viewer doc:new")),
            allowed("user:eve viewer doc:b", fact("user:* viewer folder:f")),
            allowed("user:* viewer doc:b", fact("user:* viewer folder:f")),
            allowed("user:eve reader doc:new", *facts("folder:n parent doc:new", "user:eve viewer folder:n")),
            denied("user:anne reader doc:c", fact("user:anne blocked doc:c")),
            allowed("user:anne reader doc:c", fact("user:eve blocked doc:c")),
            denied("user:anne reader doc:c", *facts("group:h#member blocked doc:c", "user:anne member group:h")),
            allowed("group:h#member viewer doc:a", fact("group:h#member member group:g")),
            # A condition of a contextual tuple is evaluated with its own context, then with the request's.
            conditional("x", "user:eve viewer doc:a", fact("user:eve member group:g", "small")),
            allowed("user:eve viewer doc:a", fact("user:eve member group:g", "small"), x=1),
            allowed("user:eve viewer doc:a", fact("user:eve member group:g", "small", x=1)),
            denied("user:eve viewer doc:a", fact("user:eve member group:g", "small", x=10), x=1),
            # The same key as a stored tuple replaces it.
            allowed("user:carl viewer doc:c", fact("user:carl viewer doc:c")),
            conditional("x", "user:anne viewer doc:c", fact("user:anne viewer doc:c", "small")),
            denied("user:anne viewer doc:c", fact("user:anne viewer doc:c", "small", x=10)),
            allowed("user:dora viewer doc:c", fact("user:dora viewer doc:c"), at=AFTER),
            denied("user:anne viewer doc:c", fact("user:anne viewer doc:c", expires_at=AFTER), at=AFTER),
            allowed("user:anne viewer doc:c", fact("user:anne viewer doc:c", expires_at=AFTER), at=BEFORE),
            denied("user:anne viewer doc:a", fact("user:anne member group:g", expires_at=BEFORE), at=BEFORE),
            # A tuple written already may be given again.
            allowed("user:anne viewer doc:c", fact("user:anne viewer doc:c")),
            objects("user:anne viewer doc", "doc:a doc:c", fact("user:anne member group:g")),
            objects("user:anne viewer doc", "doc:c"),
            objects("user:eve viewer doc", "doc:new", fact("user:eve viewer doc:new")),
            objects("user:eve viewer doc", 2000, fact("user:eve viewer doc:new", "small")),
            objects("user:eve viewer doc", "doc:new", fact("user:eve viewer doc:new", "small"), x=1),
            objects("user:anne reader doc", "", fact("user:anne blocked doc:c")),
            objects("group:h#member viewer doc", "doc:a", fact("group:h#member member group:g")),
            users("doc:a viewer user", "user:eve", fact("user:eve member group:g")),
            users("doc:a viewer user", "user:bob", fact("group:h#member member group:g")),
            users("doc:a viewer group#member", "group:g#member group:h#member", fact("group:h#member member group:g")),
            users("doc:b viewer user", "user:*", fact("user:* viewer folder:f")),
            users("doc:new viewer user", "user:eve", fact("user:eve viewer doc:new")),
            users("doc:a viewer user", 2000, fact("user:eve member group:g", "small")),
            users("doc:c reader user", "user:carl", fact("user:anne blocked doc:c"), at=AFTER, x=1),
            allowed("user:u7 viewer doc:a", *MANY[:99], fact("group:many#member member group:g")),
            allowed("user:u99 member group:many", *MANY),
        ],
    ),
    store(
        "contextual tuples are validated like written ones",
        MODEL,
        STORED,
        [
            unlawful(2055, "user:anne viewer doc:a", *facts("user:eve viewer doc:a", "user:eve viewer doc:a")),
            unlawful(
                2055, "user:anne viewer doc:a", fact("user:eve viewer doc:a"), fact("user:eve viewer doc:a", "small")
            ),
            unlawful(2021, "user:anne viewer doc:a", *facts("user:eve viewer report:a")),
            unlawful(2022, "user:anne viewer doc:a", *facts("user:eve owner doc:a")),
            unlawful(2027, "user:anne viewer doc:a", *facts("user:* viewer doc:a")),
            unlawful(2027, "user:anne viewer doc:a", *facts("folder:f viewer doc:a")),
            unlawful(2027, "user:anne viewer doc:a", *facts("user:eve reader doc:a")),
            unlawful(2027, "user:anne viewer doc:a", *facts("group:g#member parent doc:a")),
            unlawful(2027, "user:anne viewer doc:a", *facts("folder:f#viewer viewer doc:a")),
            unlawful(2000, "user:anne viewer doc:a", fact("user:eve blocked doc:a", "small")),
            unlawful(2000, "user:anne viewer doc:a", fact("user:eve viewer doc:a", "tall")),
            unlawful(2000, "user:anne viewer doc:a", fact("user:eve viewer doc:a", "small", x="one")),
            unlawful(2000, "user:anne viewer doc:a", fact("user:eve viewer doc:a", "small", y=1)),
            objects("user:anne viewer doc", 2027, fact("user:* viewer doc:a")),
            objects("user:anne viewer doc", 2021, fact("user:eve viewer report:a")),
            objects("user:anne viewer doc", 2022, fact("user:eve owner doc:a")),
            objects("user:anne viewer doc", 2055, *facts("user:eve viewer doc:a", "user:eve viewer doc:a")),
            users("doc:a viewer user", 2027, Fact("user:*", "viewer", "doc:a")),
            users("doc:a viewer user", 2021, fact("user:eve viewer report:a")),
            users("doc:a viewer user", 2022, fact("user:eve owner doc:a")),
            users("doc:a viewer user", 2055, *facts("user:eve viewer doc:a", "user:eve viewer doc:a")),
            Ask(
                "list_users",
                "",
                "viewer",
                "doc:a",
                2000,
                ("user",),
                contextual=(fact("user:eve viewer doc:a", "small", x="one"),),
                lawful=False,
            ),
        ],
    ),
]

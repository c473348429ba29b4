"""Random tuples and stores that a file can hold."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from graph_api.permission.files.store import CheckTest, Expected, ListObjectsTest, ListUsersTest, Store, StoreTest
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import Condition, RelationshipTuple

SIGNS = st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], exclude_characters=":#@*")
AWKWARD = st.sampled_from(
    [
        "yes",
        "null",
        "~",
        "1",
        "1e5",
        "-",
        "'",
        '"',
        '""',
        "a,b",
        "[",
        "{",
        "&a",
        "!x",
        "%",
        "<<",
        "é",
        "😀",
        "\ufeff",
        "12.",
        "0x1f",
        "=",
        "|",
        ">",
        "`",
        "2026-01-01",
    ]
)
names = st.one_of(AWKWARD, st.text(SIGNS, min_size=1, max_size=8))
texts = st.one_of(AWKWARD, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
numbers = st.one_of(st.integers(-(2**64), 2**64), st.floats(allow_nan=False, allow_infinity=False))
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
contexts = st.dictionaries(texts, values, max_size=3)
objects = st.builds("{}:{}".format, names, names)
users = st.one_of(objects, names.map("{}:*".format), st.builds("{}#{}".format, objects, names))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001  # given one


def tuples() -> st.SearchStrategy[list[RelationshipTuple]]:
    one = st.builds(
        RelationshipTuple,
        users,
        names,
        objects,
        st.none() | st.builds(Condition, names, contexts),
        st.none() | instants | instants.map(lambda each: each.astimezone(timezone(timedelta(hours=8)))),
    )
    return st.lists(one, max_size=8, unique_by=lambda each: each.key)


def in_order(found: list[RelationshipTuple]) -> tuple[RelationshipTuple, ...]:
    return tuple(sorted(found, key=lambda each: each.key))


def allowed(model: AuthorizationModel) -> st.SearchStrategy[tuple[RelationshipTuple, ...]]:
    """Tuples that a model allows, without a context of their own."""
    shapes = [
        (each.name, relation.name, restriction)
        for each in model.types.values()
        for relation in each.relations.values()
        for restriction in relation.restrictions
    ]

    @st.composite
    def one(draw: st.DrawFn) -> RelationshipTuple:
        kind, relation, restriction = draw(st.sampled_from(shapes))
        suffix = "*" if restriction.wildcard else draw(names)
        userset = f"#{restriction.relation}" if restriction.relation is not None else ""
        condition = Condition(restriction.condition) if restriction.condition is not None else None
        expires_at = draw(st.none() | instants)
        user = f"{restriction.type}:{suffix}{userset}"
        return RelationshipTuple(user, relation, f"{kind}:{draw(names)}", condition, expires_at)

    return st.lists(one(), max_size=4, unique_by=lambda each: each.key).map(tuple)


def expected(answer: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Expected, ...]]:
    one = st.builds(Expected, names, answer)
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda each: each.relation).map(tuple)


def several(inner: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(inner, min_size=least, max_size=3, unique=True).map(tuple)


checks = st.builds(CheckTest, several(users, 1), several(objects, 1), expected(st.booleans()), contexts)
filters = names | st.builds("{}#{}".format, names, names)
object_lists = st.builds(ListObjectsTest, users, names, expected(several(objects)), contexts)
user_lists = st.builds(ListUsersTest, objects, several(filters, 1), expected(several(users)), contexts)


def store_tests(model: AuthorizationModel) -> st.SearchStrategy[StoreTest]:
    some = st.lists(checks, max_size=2).map(tuple)
    some_objects = st.lists(object_lists, max_size=2).map(tuple)
    some_users = st.lists(user_lists, max_size=2).map(tuple)
    title = st.text(SIGNS, min_size=1, max_size=12)
    return st.builds(StoreTest, title, texts, allowed(model), some, some_objects, some_users)


def stores(models: st.SearchStrategy[AuthorizationModel]) -> st.SearchStrategy[Store]:
    return models.flatmap(
        lambda model: st.builds(
            Store, st.just(model), texts, allowed(model), st.lists(store_tests(model), max_size=2).map(tuple)
        )
    )

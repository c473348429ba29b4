"""The form of the tables: stores with stages, and in each what is asked and what must come out, as plain data.

What is expected of a check is `allowed`, `denied`, `conditional` with the names that are missing, or a number: the code
of the error. Of a list it is the names or the code; of a write, how many tuples were added, removed and unchanged.
"""

from typing import Literal, TypeAlias

import msgspec

from tests.permission.engine.facts import Context, Fact, Key, fact

Api: TypeAlias = Literal["check", "list_objects", "list_users", "explain", "expand"]
Expected: TypeAlias = str | int | tuple[str, ...]


class Ask(msgspec.Struct, frozen=True):
    """A question; `object` is a type where objects are listed, and `user` is empty where users are.

    It is not lawful where a name or a contextual tuple is wrong by itself, so that tuples are not even looked at.
    """

    api: Api
    user: str
    relation: str
    object: str
    expected: Expected
    filters: tuple[str, ...] = ()
    context: Context = {}
    contextual: tuple[Fact, ...] = ()
    at: str | None = None
    lawful: bool = True

    def __str__(self) -> str:
        asked = " ".join([self.api, self.user, self.relation, self.object, *self.filters])
        given = f" given {self.context}" if self.context else ""
        also = f" beside {', '.join(map(str, self.contextual))}" if self.contextual else ""
        return asked + given + also + (f" at {self.at}" if self.at else "") + f" is {self.expected}"


class Write(msgspec.Struct, frozen=True):
    """Changes made in one request, and how many were added, removed and unchanged, or the code of the refusal."""

    expected: int | tuple[int, int, int]
    add: tuple[Fact, ...] = ()
    remove: tuple[Key, ...] = ()

    def __str__(self) -> str:
        added = ", ".join(map(str, self.add))
        return f"add {added}; remove {', '.join(map(' '.join, self.remove))} is {self.expected}"


class Stage(msgspec.Struct, frozen=True):
    """A switch of the model, if one is given; then a write; then questions, in any order."""

    model: str | None = None
    add: tuple[Fact, ...] = ()
    remove: tuple[Key, ...] = ()
    asks: tuple[Ask, ...] = ()
    writes: tuple[Write, ...] = ()
    invalid: tuple[str, ...] | None = None


class Store(msgspec.Struct, frozen=True):
    title: str
    stages: tuple[Stage, ...]


def store(title: str, model: str, add: tuple[Fact, ...], asks: list[Ask]) -> Store:
    """Build a store of one stage."""
    return Store(title, (Stage(model, add, asks=tuple(asks)),))


def check(
    expected: str | int, question: str, given: tuple[Fact, ...] = (), at: str | None = None, **context: object
) -> Ask:
    """Ask `user relation object`."""
    user, relation, target = question.split(" ")
    return Ask("check", user, relation, target, expected, (), context, given, at)


def unlawful(code: int, question: str, *given: Fact) -> Ask:
    """Expect that the check is refused whatever the tuples are."""
    return msgspec.structs.replace(check(code, question, given), lawful=False)


def allowed(question: str, *given: Fact, at: str | None = None, **context: object) -> Ask:
    return check("allowed", question, given, at, **context)


def denied(question: str, *given: Fact, at: str | None = None, **context: object) -> Ask:
    return check("denied", question, given, at, **context)


def conditional(names: str, question: str, *given: Fact, at: str | None = None, **context: object) -> Ask:
    """Expect that the names, parted by blanks, are missing."""
    return check(f"conditional {names}", question, given, at, **context)


def objects(question: str, expected: str | int, *given: Fact, at: str | None = None, **context: object) -> Ask:
    """Ask `user relation type`; the names expected are parted by blanks."""
    user, relation, type_name = question.split(" ")
    return Ask("list_objects", user, relation, type_name, names(expected), (), context, given, at, lawful(expected))


def users(question: str, expected: str | int, *given: Fact, at: str | None = None, **context: object) -> Ask:
    """Ask `object relation filter ...`; the names expected are parted by blanks."""
    target, relation, *filters = question.split(" ")
    return Ask(
        "list_users", "", relation, target, names(expected), tuple(filters), context, given, at, lawful(expected)
    )


def names(expected: str | int) -> Expected:
    return tuple(expected.split()) if isinstance(expected, str) else expected


def lawful(expected: str | int) -> bool:
    """Tell whether a list is refused for its question: for what is missing or fails it is refused with 2000."""
    return not isinstance(expected, int) or expected == 2000


def model(*lines: str) -> str:
    """Write a model: lines that hold a colon are relations, those with braces are conditions, the others are types."""
    written = ["model", "  schema 1.1"]
    for line in lines:
        if "{" in line:
            written.append(f"condition {line}")
        elif ": " in line:
            written.append(f"    define {line}")
        else:
            written.append(f"type {line}")
    with_relations = [
        f"{line}\n  relations" if line.startswith("type ") and following.startswith("    ") else line
        for line, following in zip(written, [*written[1:], ""], strict=True)
    ]
    return "\n".join(with_relations) + "\n"


def key(text: str) -> Key:
    return fact(text).key

"""The parts that cases of broken files are built from, and a reader that nothing must get past."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.source import FileProblem

Told = tuple[str, int | None, int | None, str | None]
"""Kind, line, column and field of a problem."""

MODEL = """model: |
  model
    schema 1.1
  type user
  type doc
    relations
      define viewer: [user, user with soon]
  condition soon(x: int) {
    x < 3
  }
"""
TUPLE = "{user: user:a, relation: viewer, object: doc:1}"


class Broken(NamedTuple):
    """A broken file, and what is told of it."""

    title: str
    name: str
    content: str | bytes
    told: list[Told]


def store(*lines: str) -> str:
    """Write a store whose lines begin in line 11."""
    return MODEL + "".join(f"{line}\n" for line in lines)


def with_test(*lines: str) -> str:
    """Write a store with one test, whose lines begin in line 13 and column 5."""
    return store("tests:", "  - name: t", *(f"    {line}" for line in lines))


def nothing(name: str) -> bytes:
    """Stand for a place where no other file is."""
    raise LookupError(name)


def refusal(read: Callable[[], object]) -> PermissionGraphError:
    """Return the error that a reader raises."""
    with pytest.raises(PermissionGraphError) as caught:
        read()
    return caught.value


def told(error: PermissionGraphError) -> list[Told]:
    """Return what an error tells, each with its place."""
    return [
        (each.name, each.line, each.column, each.field if isinstance(each, FileProblem) else None)
        for each in error.problems
    ]

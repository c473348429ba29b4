"""The parts that cases of wrong models are built from."""

from typing import NamedTuple

HEAD = "model\n  schema 1.1\ntype user\n"
DOC = HEAD + "type doc\n  relations\n"
CONDITION = DOC + "    define a: [user with c]\n"
NAME_51 = "a" * 51
NAME_255 = "a" * 255


class Case(NamedTuple):
    """A wrong text: the kind of its one problem, and the place, counted from 1; None where it has none."""

    title: str
    name: str
    line: int | None
    column: int | None
    text: str


def doc(*definitions: str) -> str:
    """Write a model whose type doc has relations, from line 6 and column 5 on."""
    return DOC + "".join(f"    {definition}\n" for definition in definitions)

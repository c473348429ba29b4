"""What a file in JSON or YAML is made of, each part with its place.

No part holds what holds it, so that the garbage collector need not look at them: a large file has millions.
"""

from typing import Final, TypeAlias

import msgspec

LEVELS_MAX: Final = 64
NODES_MAX: Final = 500_000


class Scalar(msgspec.Struct, frozen=True, gc=False):
    """A single value, and the text it was written as; `literal` is a block of YAML whose lines stand as they are."""

    offset: int
    value: str | int | float | bool | None
    text: str
    literal: bool = False


class Items(msgspec.Struct, frozen=True, gc=False):
    """A list."""

    offset: int
    items: "tuple[Node, ...]"


class Fields(msgspec.Struct, frozen=True, gc=False):
    """A map; its keys are texts, and one may stand twice."""

    offset: int
    fields: "tuple[tuple[Scalar, Node], ...]"


Node: TypeAlias = Scalar | Items | Fields


def kind_of(node: Node) -> str:
    """Name what a node is, for a message."""
    match node:
        case Items():
            return "a list"
        case Fields():
            return "a map"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return "true or false"
        case Scalar(value=str()):
            return "a text"
        case Scalar():
            return "a number"

"""The user of a question."""

from typing import Final

import msgspec

from graph_api.permission.tuples import UserKind

ABSENT: Final = -1
"""The number of an object that no tuple names, while a question about it is answered."""
OTHER: Final = -2
"""The number of a userset's object that is not the one asked about, and that no tuple names."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """The user of a question: its number and kind, and, for a userset, object and relation that it stands for."""

    number: int
    kind: UserKind
    owner: int = OTHER
    relation: str | None = None

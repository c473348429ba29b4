"""What the permission graph answers.

Allowed, Denied, Conditional   the three outcomes of a check; true as a bool only where it is allowed
Written                        what a write changed
Explanation, Preview           why, and what if
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from graph_api.permission.errors import ModelProblem
from graph_api.permission.tuples import RelationshipTuple, TupleSource

UsersetOperation: TypeAlias = Literal["USERS", "COMPUTED", "TUPLE_TO_USERSET", "UNION", "INTERSECTION", "EXCLUSION"]


class Allowed(msgspec.Struct, frozen=True, tag=True):
    """The user has the relation."""

    @property
    def allowed(self) -> bool:
        """True."""
        return True

    def __bool__(self) -> bool:
        return True


class Denied(msgspec.Struct, frozen=True, tag=True):
    """The user has it not, whatever the context."""

    @property
    def allowed(self) -> bool:
        """False."""
        return False

    def __bool__(self) -> bool:
        return False


class Conditional(msgspec.Struct, frozen=True, tag=True):
    """It depends on parameters of conditions that nobody gave: their names, sorted."""

    missing: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """False: nobody is let in on a maybe."""
        return False

    def __bool__(self) -> bool:
        return False


Decision: TypeAlias = Allowed | Denied | Conditional
ALLOWED: Final = Allowed()
DENIED: Final = Denied()


class Written(msgspec.Struct, frozen=True):
    """How many tuples a write added (or replaced), removed, and found as they should be."""

    added: int
    removed: int
    unchanged: int


class UsersetNode(msgspec.Struct, frozen=True):
    """A node of an expansion: the index of its parent, what it does, and whom it names directly."""

    parent: int | None
    operation: UsersetOperation
    users: tuple[str, ...] = ()
    usersets: tuple[str, ...] = ()


class UsersetTree(msgspec.Struct, frozen=True):
    """What a relation of an object is made of, one level deep; the root comes first."""

    nodes: tuple[UsersetNode, ...]


class ListedUsers(msgspec.Struct, frozen=True):
    """The users of a list, sorted; and by each `type:*` among them, who is named and yet has not the relation."""

    users: list[str]
    excluded: dict[str, list[str]]


class Explanation(msgspec.Struct, frozen=True):
    """Why a check came out as it did.

    `path`: the tuples that decide, and their `sources`; where it is allowed they suffice. `would_grant`: the fewest
    tuples that together would allow what is denied, or none where tuples alone cannot. `text`: the same in words.
    """

    decision: Decision
    path: tuple[RelationshipTuple, ...]
    sources: tuple[TupleSource, ...]
    would_grant: tuple[RelationshipTuple, ...]
    text: str
    at: datetime


class AccessDelta(msgspec.Struct, frozen=True):
    """How the access of a user (or of everybody of a type) to an object changes."""

    user: str
    relation: str
    object: str
    before: Decision
    after: Decision


class Preview(msgspec.Struct, frozen=True):
    """What a change would do: accesses that grow and shrink, tuples that would not count, warnings of the model."""

    gains: int
    losses: int
    invalid: int
    warnings: tuple[ModelProblem, ...]
    changes: tuple[AccessDelta, ...]

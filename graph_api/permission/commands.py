"""What may be asked of permission, and what comes of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from graph_api.kernel.commands import Command, Refusal
from graph_api.kernel.records import RecordKey
from graph_api.permission.errors import ModelProblem, PermissionGraphError
from graph_api.permission.tuples import RelationshipTuple, TupleKey


class ChangePermissions(Command, frozen=True, kw_only=True):
    """Add (or replace) and remove explicit tuples, all or none.

    Nothing is changed unless every tuple of `must_exist` is there before, and none of `must_not_exist`.
    """

    add: tuple[RelationshipTuple, ...] = ()
    remove: tuple[TupleKey, ...] = ()
    must_exist: tuple[TupleKey, ...] = ()
    must_not_exist: tuple[TupleKey, ...] = ()

    @property
    def size(self) -> int:
        """Number of tuples named."""
        return len(self.add) + len(self.remove) + len(self.must_exist) + len(self.must_not_exist)


class PermissionsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """How many tuples were added (or replaced), removed, and found as they should be."""

    added: int
    removed: int
    unchanged: int


class ModelModule(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a modular model."""

    name: str
    dsl: str


class ModelSource(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it was sent: exactly one of DSL text, OpenFGA's JSON, and modules."""

    dsl: str | None = None
    json: Mapping[str, Any] | None = None
    modules: tuple[ModelModule, ...] | None = None


class WriteModel(Command, frozen=True, kw_only=True):
    """Store a model, given as the JSON text that was made of `source`, and have it made live (R15)."""

    source: ModelSource
    text: str

    @property
    def asked(self) -> Any:
        """The text also follows from the core module, which is no part of what was asked."""
        return self.source


class ModelWritten(msgspec.Struct, frozen=True, kw_only=True):
    """A model is stored; it is live, or will be unless another one is written before."""

    model_id: str


class SwitchModel(Command, frozen=True, kw_only=True):
    """Make the pending model live, if it is this one."""

    model_id: str


class ModelSwitched(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the model became live by this command."""

    switched: bool


class SetUp(Command, frozen=True, kw_only=True):
    """Write the first model, if there is none."""

    text: str


class Expire(Command, frozen=True, kw_only=True):
    """Remove these explicit tuples where they are expired, and let days that are over be over (R8)."""

    keys: tuple[RecordKey, ...] = ()


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """How many explicit tuples were removed, and the day up to which days have begun or ended."""

    removed: int
    day: date


class AuthorizationModelRejected(Refusal, frozen=True, kw_only=True, tag=True):
    """A model that cannot be live, with all that is wrong with it."""

    problems: tuple[ModelProblem, ...]


def model_rejected(fault: PermissionGraphError) -> AuthorizationModelRejected:
    """Build the refusal of a model."""
    problems = fault.problems or (ModelProblem("invalid-model", fault.message, fault.suggestion),)
    count = len(problems)
    return AuthorizationModelRejected(
        message=f"{count} problem{'s' * (count != 1)} in the model; nothing was changed.", problems=problems
    )

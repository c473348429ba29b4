"""Inputs of section B, and what they stand for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.organization.graphql.common import given
from graph_api.organization.graphql.inputs import by_plan
from graph_api.organization.graphql.scalars import JSONObject, Revision
from graph_api.permission import commands
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.graphql.request import PermissionRequest
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey


def _optional(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


_USER = '"type:id", "type:*" for everybody of a type, or a userset "type:id#relation".'


@by_plan
@strawberry.input(description="A condition, and parameters to store with the tuple.")
class ConditionInput:
    """A condition."""

    name: str = strawberry.field(description="A condition of the live model.")
    context: JSONObject | None = _optional("Parameters by name; they win over those that come with a question.")


@by_plan
@strawberry.input(description="A relationship tuple.")
class TupleInput:
    """A tuple."""

    user: str = strawberry.field(description=_USER)
    relation: str = strawberry.field(description="A relation that may be assigned directly.")
    object: str = strawberry.field(description='"type:id".')
    condition: ConditionInput | None = _optional("The condition under which it counts.")
    expires_at: datetime | None = _optional("From when on it does not count.")


@by_plan
@strawberry.input(description="What tells a tuple from others.")
class TupleKeyInput:
    """A key."""

    user: str = strawberry.field(description=_USER)
    relation: str = strawberry.field(description="The relation.")
    object: str = strawberry.field(description='"type:id".')


@by_plan
@strawberry.input(description="One check of several.")
class CheckInput:
    """A check."""

    user: str = strawberry.field(description=_USER)
    relation: str = strawberry.field(description="The relation that is asked for.")
    object: str = strawberry.field(description='"type:id".')
    contextual_tuples: list[TupleInput] | None = _optional("Tuples to suppose for this check, at most 100.")
    context: JSONObject | None = _optional("Parameters of conditions, by name.")


@strawberry.input(
    description="Tuples to change, all or none. Adding what is there and removing what is not is no error."
)
class ChangePermissionsInput:
    """A change of tuples; at most SWARMGRAPH_TUPLES_A_REQUEST_MAX are named in all."""

    add: list[TupleInput] | None = _optional("Tuples to add; one of the same user, relation and object is replaced.")
    remove: list[TupleKeyInput] | None = _optional("Tuples to remove.")
    must_exist: list[TupleKeyInput] | None = _optional("Nothing is changed unless all of these are there before.")
    must_not_exist: list[TupleKeyInput] | None = _optional("Nothing is changed if any of these is there before.")
    idempotency_key: str | None = _optional(
        "The same key with the same input gets the first outcome again, for SWARMGRAPH_IDEMPOTENCY_DAYS days; with "
        "another input: CONFLICT. At most SWARMGRAPH_IDEMPOTENCY_KEY_MAX_CHARACTERS characters, not blank."
    )


@strawberry.input(description="One file of a modular model.")
class ModelModuleInput:
    """A module."""

    name: str = strawberry.field(description="The name of its file, which problems are told with.")
    dsl: str = strawberry.field(description="Its text, beginning with `module`.")


@strawberry.input(
    one_of=True,
    description="A model; as DSL of at most 262,144 bytes, all modules together. Where it defines no type of the core "
    "module, that is added beside it.",
)
class ModelSourceInput:
    """A model's source."""

    dsl: str | None = _optional("A model in OpenFGA's modelling language, schema 1.1.")
    json: JSONObject | None = _optional("A model in OpenFGA's JSON.")
    modules: list[ModelModuleInput] | None = _optional("A model of modules, schema 1.2.")


@strawberry.input(description="A model to write and to make live.")
class WriteAuthorizationModelInput:
    """A model to write."""

    source: ModelSourceInput = strawberry.field(description="The model.")
    idempotency_key: str | None = _optional(
        "The same key with the same input gets the first outcome again; with another input: CONFLICT."
    )


ContextualTuples: TypeAlias = Annotated[
    list[TupleInput] | None,
    strawberry.argument(description="Tuples to suppose for this question, in place of stored ones; at most 100."),
]
Context: TypeAlias = Annotated[
    JSONObject | None,
    strawberry.argument(description="Parameters of conditions, by name; those stored with a tuple win."),
]
At: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(
        description="An instant: in the past, the answer is that of the tuples and the model of then, read from the "
        "log; in the future, that of now with what will have expired. Left out: now. Before the first model was live: "
        "BAD_USER_INPUT; where reading takes longer than SWARMGRAPH_HISTORY_SECONDS: TIMEOUT."
    ),
]
AtLeast: TypeAlias = Annotated[
    Revision | None,
    strawberry.argument(
        description="The state to answer from has this revision or a later one: waits up to "
        "SWARMGRAPH_REVISION_WAIT_SECONDS, then REVISION_TIMEOUT."
    ),
]
User: TypeAlias = Annotated[str, strawberry.argument(description=_USER)]
Relation: TypeAlias = Annotated[str, strawberry.argument(description="The relation that is asked for.")]
Object: TypeAlias = Annotated[str, strawberry.argument(description='"type:id".')]


def refused(request: PermissionRequest, error: PermissionGraphError) -> BadUserInput:
    """Tell at the door what the permission graph refuses; suggestions are names out of the model."""
    suggestion = error.suggestion if request.sees_models else None
    return BadUserInput(f"{error.message} (OpenFGA {error.code})", suggestion=suggestion or "")


def tuple_of(each: TupleInput) -> RelationshipTuple:
    """Read a tuple."""
    asked = given(each.condition)
    condition = None if asked is None else Condition(asked.name, dict(given(asked.context) or {}))
    return RelationshipTuple(each.user, each.relation, each.object, condition, given(each.expires_at))


def tuples_of(several: Sequence[TupleInput] | None) -> tuple[RelationshipTuple, ...]:
    """Read tuples; null and left out are none."""
    return tuple(map(tuple_of, given(several) or ()))


def keys_of(several: Sequence[TupleKeyInput] | None) -> tuple[TupleKey, ...]:
    """Read keys of tuples; null and left out are none."""
    return tuple(TupleKey(each.user, each.relation, each.object) for each in given(several) or ())


def context_of(context: JSONObject | None) -> Mapping[str, Any] | None:
    """Read a context."""
    return given(context)


def source_of(source: ModelSourceInput) -> commands.ModelSource:
    """Read the source of a model."""
    modules = given(source.modules)
    return commands.ModelSource(
        dsl=given(source.dsl),
        json=given(source.json),
        modules=None
        if modules is None
        else tuple(commands.ModelModule(name=each.name, dsl=each.dsl) for each in modules),
    )


def change_of(asked: ChangePermissionsInput) -> commands.ChangePermissions:
    """Read a change of tuples."""
    return commands.ChangePermissions(
        add=tuples_of(asked.add),
        remove=keys_of(asked.remove),
        must_exist=keys_of(asked.must_exist),
        must_not_exist=keys_of(asked.must_not_exist),
    )

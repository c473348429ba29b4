"""Decisions, tuples, models and previews as GraphQL shows them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.organization.graphql.common import PageInfo, Refusal, describe_enum
from graph_api.organization.graphql.scalars import JSONObject, Revision
from graph_api.permission import answers, errors
from graph_api.permission.answers import Allowed, Conditional, Decision
from graph_api.permission.graphql.request import PermissionInfo
from graph_api.permission.language.writing import write_dsl, write_json
from graph_api.permission.live_model import read_model
from graph_api.permission.records import AuthorizationModelRecord
from graph_api.permission.tuples import RelationshipTuple, StoredTuple


class AccessOutcome(Enum):
    """How a check came out."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    CONDITIONAL = "CONDITIONAL"
    ERROR = "ERROR"


describe_enum(
    AccessOutcome,
    "How a check came out.",
    {
        "ALLOWED": "The user has the relation.",
        "DENIED": "The user has it not, whatever the context.",
        "CONDITIONAL": "It depends on context that is missing: nobody is let in on it.",
        "ERROR": "The check could not be made; only inside `checks`.",
    },
)


class TupleSource(Enum):
    """Where a tuple comes from."""

    EXPLICIT = "EXPLICIT"
    DERIVED = "DERIVED"
    CONTEXTUAL = "CONTEXTUAL"
    HYPOTHETICAL = "HYPOTHETICAL"


describe_enum(
    TupleSource,
    "Where a tuple comes from.",
    {
        "EXPLICIT": "Written by changePermissions.",
        "DERIVED": "Follows from the organization's graph; it changes with it and cannot be written.",
        "CONTEXTUAL": "Came with the question.",
        "HYPOTHETICAL": "Is not there; it would grant.",
    },
)


class UsersetOperation(Enum):
    """What a node of an expansion does."""

    USERS = "USERS"
    COMPUTED = "COMPUTED"
    TUPLE_TO_USERSET = "TUPLE_TO_USERSET"
    UNION = "UNION"
    INTERSECTION = "INTERSECTION"
    EXCLUSION = "EXCLUSION"


describe_enum(
    UsersetOperation,
    "What a node of an expansion does.",
    {
        "USERS": "Holds whom tuples assign.",
        "COMPUTED": "Stands for another relation of the same object.",
        "TUPLE_TO_USERSET": "Stands for a relation of the objects that a tupleset names.",
        "UNION": "Joins its children.",
        "INTERSECTION": "Keeps who is in all of its children.",
        "EXCLUSION": "Keeps who is in the first child and not in the second.",
    },
)


@strawberry.type(description="Why the permission graph refuses, by OpenFGA's numbers.")
class PermissionError:  # noqa: A001  # the contract names it so
    """An error of the permission graph."""

    code: int = strawberry.field(description="OpenFGA's number, for example 2000 (not valid), 2021 (no such type).")
    message: str = strawberry.field(description="What is wrong, in one sentence.")
    suggestion: str | None = strawberry.field(description="What would mend it, where that is known.")


@strawberry.type(description="Whether a user has a relation to an object, as of one revision.")
class AccessDecision:
    """A decision."""

    outcome: AccessOutcome = strawberry.field(description="How the check came out.")
    allowed: bool = strawberry.field(description="Whether it is ALLOWED.")
    missing_context: list[str] = strawberry.field(
        description="Parameters of conditions that it depends on and that nobody gave, sorted."
    )
    error: PermissionError | None = strawberry.field(description="Why no check could be made; only inside `checks`.")
    revision: Revision = strawberry.field(description="The state it was decided on.")


@strawberry.type(description="One name of a list.")
class NameEdge:
    """A name."""

    cursor: str = strawberry.field(description="The name's place, for `after`. Opaque.")
    node: str = strawberry.field(description='An object, a user, a userset, or "type:*" for everybody of a type.')
    excluded: list[str] = strawberry.field(
        description='Of "type:*": users of the type that are named and have not the relation; else empty.'
    )


@strawberry.type(description="One page of names, in the order of their code points.")
class NameConnection:
    """A page of names."""

    edges: list[NameEdge] = strawberry.field(description="The names, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="Names of the whole list.")


@strawberry.type(description="A node of an expansion.")
class UsersetNode:
    """A node."""

    parent: int | None = strawberry.field(description="Index of the parent in `nodes`; null for the root.")
    operation: UsersetOperation = strawberry.field(description="What the node does.")
    users: list[str] = strawberry.field(description="Users, and everybody of a type, that it assigns directly.")
    usersets: list[str] = strawberry.field(description="Usersets that it assigns or stands for.")


@strawberry.type(description="What a relation of an object is made of, one level deep. Conditions are not looked at.")
class UsersetTree:
    """An expansion."""

    nodes: list[UsersetNode] = strawberry.field(description="The nodes, root first, each parent before its children.")


@strawberry.type(description="A relationship tuple.")
class PermissionTuple:
    """A tuple."""

    user: str = strawberry.field(description='"type:id", "type:*" or a userset "type:id#relation".')
    relation: str = strawberry.field(description="The relation that the user has.")
    object: str = strawberry.field(description='"type:id".')
    source: TupleSource = strawberry.field(description="Where the tuple comes from.")
    condition_name: str | None = strawberry.field(description="The condition under which it counts.")
    condition_context: JSONObject | None = strawberry.field(description="Parameters stored with the condition.")
    expires_at: datetime | None = strawberry.field(description="From when on it does not count.")
    valid: bool = strawberry.field(description="Whether the live model lets it count.")


@strawberry.type(description="One row of a page of tuples.")
class TupleEdge:
    """A row."""

    cursor: str = strawberry.field(description="The tuple's place, for `after`. Opaque.")
    node: PermissionTuple = strawberry.field(description="The tuple.")


@strawberry.type(description="One page of tuples, by user, relation, object and source.")
class TupleConnection:
    """A page of tuples."""

    edges: list[TupleEdge] = strawberry.field(description="The tuples, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="Tuples of the whole list, under its filter.")


@strawberry.type(description="Why a check came out as it did.")
class AccessExplanation:
    """An explanation."""

    decision: AccessDecision = strawberry.field(description="How the check came out.")
    path: list[PermissionTuple] = strawberry.field(
        description="The tuples that decide: a proof where it is allowed, what excludes the user where that denies it."
    )
    would_grant: list[PermissionTuple] = strawberry.field(
        description="The fewest tuples that, added together, would allow what is denied; empty where none were found."
    )
    text: str = strawberry.field(description="The same in words.")
    model_id: strawberry.ID = strawberry.field(description="The authorization model that decided.")


@strawberry.type(description="An authorization model. One text is one model; tuples outlive it.")
class AuthorizationModel:
    """A model."""

    id: strawberry.ID = strawberry.field(description="Its id, which follows from its text.")
    source: strawberry.Private[str]
    created_at: datetime = strawberry.field(description="When it was first written.")
    live: bool = strawberry.field(description="Whether questions are answered by it.")

    @strawberry.field(description="The model in OpenFGA's modelling language; an error where only JSON can say it.")
    def dsl(self) -> str:
        """Return the model as DSL; one with modules comes as one text. Raises BadUserInput where it cannot be said."""
        try:
            return write_dsl(read_model(self.source).model)
        except errors.PermissionGraphError as error:
            raise BadUserInput(error.message, suggestion="Ask for `json` instead.") from error

    @strawberry.field(description="The model in OpenFGA's JSON.")
    def json(self) -> JSONObject:
        """Return the model as JSON."""
        return JSONObject(write_json(read_model(self.source).model))


@strawberry.type(description="Something wrong or doubtful in a model.")
class ModelProblem:
    """A problem of a model."""

    line: int = strawberry.field(description="The line, from 1; 0 where it is not known.")
    column: int = strawberry.field(description="The column, from 1; 0 where it is not known.")
    code: str = strawberry.field(description="What kind of fault, for programs, for example undefined-relation.")
    message: str = strawberry.field(description="What is wrong, in one sentence; of a module, behind its name.")
    suggestion: str | None = strawberry.field(description="What would mend it, where that is known.")


@strawberry.type(description="The model is not valid, or lacks what the service needs; nothing was changed.")
class AuthorizationModelRejected(Refusal):
    """A refused model."""

    problems: list[ModelProblem] = strawberry.field(description="Everything that is wrong with it.")


@strawberry.type(description="The access of one user to one object, before and after a change.")
class AccessDelta:
    """A change of access."""

    user: str = strawberry.field(description='The user, or "type:*" for everybody of the type.')
    relation: str = strawberry.field(description="The relation.")
    object: str = strawberry.field(description="The object.")
    before: AccessOutcome = strawberry.field(description="The outcome without the change.")
    after: AccessOutcome = strawberry.field(description="The outcome with it.")


@strawberry.type(description="What a change would do, before it is made. Users are those whom tuples name.")
class AccessPreview:
    """A preview."""

    gains: int = strawberry.field(description="Accesses that grow, such as from DENIED to ALLOWED or CONDITIONAL.")
    losses: int = strawberry.field(description="Accesses that shrink.")
    invalid_tuples: int = strawberry.field(description="Stored tuples that would not count.")
    warnings: list[ModelProblem] = strawberry.field(description="What is doubtful about the model.")
    revision: Revision = strawberry.field(description="The state it was worked out on.")
    deltas: strawberry.Private[Sequence[answers.AccessDelta]]

    @strawberry.field(description="The accesses that change, by object, relation and user.")
    def changes(
        self,
        info: PermissionInfo,
        limit: Annotated[
            int | None, strawberry.argument(description="The most to tell; `gains` and `losses` count all.")
        ] = 1000,
    ) -> list[AccessDelta]:
        """Return the first changes."""
        told = self.deltas[: 1000 if limit is None else max(0, limit)]
        info.context.count_rows(len(told))
        return [show_delta(each) for each in told]


@strawberry.type(description="The tuples were changed, all of them.")
class PermissionsChanged:
    """An outcome."""

    added: int = strawberry.field(description="Tuples added, or replaced with another condition or expiry.")
    removed: int = strawberry.field(description="Tuples removed.")
    unchanged: int = strawberry.field(description="Tuples that were as wanted before.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The model was written and is live, unless another one was written after it.")
class AuthorizationModelWritten:
    """An outcome."""

    model: AuthorizationModel = strawberry.field(description="The model.")
    invalid_tuples: int = strawberry.field(description="Stored tuples that do not count under it.")
    warnings: list[ModelProblem] = strawberry.field(description="What is doubtful about it.")
    revision: Revision = strawberry.field(description="The state in which it is live, or was replaced.")


def outcome_of(decision: Decision) -> AccessOutcome:
    """Return the outcome of a decision."""
    if isinstance(decision, Allowed):
        return AccessOutcome.ALLOWED
    return AccessOutcome.CONDITIONAL if isinstance(decision, Conditional) else AccessOutcome.DENIED


def show_decision(decision: Decision, revision: str) -> AccessDecision:
    """Show a decision."""
    return AccessDecision(
        outcome=outcome_of(decision),
        allowed=decision.allowed,
        missing_context=list(decision.missing) if isinstance(decision, Conditional) else [],
        error=None,
        revision=Revision(revision),
    )


def show_error(error: errors.PermissionGraphError, revision: str, *, suggests: bool) -> AccessDecision:
    """Show that a check could not be made; suggestions are names out of the model."""
    suggestion = error.suggestion if suggests else None
    told = PermissionError(code=error.code, message=error.message, suggestion=suggestion)
    return AccessDecision(
        outcome=AccessOutcome.ERROR, allowed=False, missing_context=[], error=told, revision=Revision(revision)
    )


def show_tuple(each: RelationshipTuple, source: TupleSource, *, valid: bool = True) -> PermissionTuple:
    """Show a tuple."""
    condition = each.condition
    return PermissionTuple(
        user=each.user,
        relation=each.relation,
        object=each.object,
        source=source,
        condition_name=condition.name if condition is not None else None,
        condition_context=JSONObject(dict(condition.context)) if condition is not None else None,
        expires_at=each.expires_at,
        valid=valid,
    )


def show_stored(each: StoredTuple) -> PermissionTuple:
    """Show a stored tuple."""
    return show_tuple(each.tuple, TupleSource(each.source.value), valid=each.valid)


def show_delta(each: answers.AccessDelta) -> AccessDelta:
    """Show a change of access."""
    return AccessDelta(
        user=each.user,
        relation=each.relation,
        object=each.object,
        before=outcome_of(each.before),
        after=outcome_of(each.after),
    )


def show_problems(problems: Iterable[errors.ModelProblem]) -> list[ModelProblem]:
    """Show what is wrong or doubtful in a model."""
    return [
        ModelProblem(
            line=one.line or 0,
            column=one.column or 0,
            code=one.name,
            message=f"{one.file}: {one.message}" if one.file else one.message,
            suggestion=one.suggestion,
        )
        for one in problems
    ]


def show_model(record: AuthorizationModelRecord, live: str | None) -> AuthorizationModel:
    """Show a model."""
    return AuthorizationModel(
        id=strawberry.ID(record.id), source=record.source, created_at=record.created_at, live=record.id == live
    )

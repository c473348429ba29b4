"""Streams of permission as GraphQL shows them: changes of tuples, and of the access that is watched."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from graph_api.organization.graphql.common import describe_enum, given
from graph_api.organization.graphql.scalars import JSONObject, Revision
from graph_api.permission import watches
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.graphql.arguments import refused
from graph_api.permission.graphql.request import PermissionRequest
from graph_api.permission.graphql.types import (
    AccessOutcome,
    PermissionTuple,
    TupleSource,
    outcome_of,
    show_tuple,
)
from graph_api.permission.guarding import SYSTEM
from graph_api.permission.streams import TupleTold
from graph_api.projection.stream import Message

_OVERFLOW = (
    "Too much changed at once or waited for too long, and nothing of it is told: list again, at this revision or a "
    "later one; everything after it follows."
)
_RESUME = "Where to resume: give it as `after`."


class ChangeOperation(Enum):
    """What happened to a tuple."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"


describe_enum(
    ChangeOperation,
    "What happened to a tuple.",
    {
        "ADDED": "It is there from this revision on.",
        "REMOVED": "It is not there any more. One that is replaced is removed and added.",
    },
)


@strawberry.type(description="A tuple that one command added or removed, or that follows from what it changed.")
class PermissionChange:
    """A change of a tuple."""

    operation: ChangeOperation = strawberry.field(description="What happened to it.")
    tuple: PermissionTuple = strawberry.field(
        description="The tuple as it is from this revision on, or was up to it; `valid` under the model of then."
    )
    actor: str | None = strawberry.field(description="Who asked for it; null where that was erased.")


@strawberry.type(
    description="All changes of tuples of one revision, explicit and derived, in the order of the commands. An empty "
    "message tells how far the stream is, as with organizationChanges."
)
class PermissionChanges:
    """The changes of a revision."""

    changes: list[PermissionChange] = strawberry.field(
        description="What changed, at most SWARMGRAPH_SUBSCRIPTION_CHANGES_MAX."
    )
    overflow: bool = strawberry.field(description=_OVERFLOW)
    at: datetime = strawberry.field(description="When that revision was committed.")
    revision: Revision = strawberry.field(description=_RESUME)


@strawberry.type(
    description='How an access came to differ by one commit. What happens to everybody of a type ("type:*") goes for '
    "all of the type who are not told apart in the same message; so those who keep what they had are told there too, "
    "with `before` and `after` alike."
)
class AccessChange:
    """A change of access."""

    user: str = strawberry.field(
        description='The user: the one who is watched, else whoever tuples name, or "type:*" for everybody of a type.'
    )
    relation: str = strawberry.field(description="The relation.")
    object: str = strawberry.field(description="The object.")
    before: AccessOutcome = strawberry.field(description="The outcome up to this revision.")
    after: AccessOutcome = strawberry.field(description="The outcome from this revision on.")
    cause: str = strawberry.field(
        description="The operation that caused it, for example changePermissions, assembleSwarm, expirePermissions, "
        "switchAuthorizationModel; of several in one commit, the last that changed a tuple on the way."
    )
    cause_ids: list[strawberry.ID] = strawberry.field(
        description="What it changed on the way: entities of the organization, objects of explicit tuples, a model. "
        "Those that the viewer may not see are left out."
    )
    actor: str | None = strawberry.field(
        description="Who asked for it; null where that was erased, or may not be seen."
    )


@strawberry.type(
    description="All changes by one revision of the access that is watched, by object and user. An empty message tells "
    "how far the stream is, as with organizationChanges."
)
class AccessChanges:
    """The changes of a revision."""

    changes: list[AccessChange] = strawberry.field(
        description="What differs, at most SWARMGRAPH_SUBSCRIPTION_CHANGES_MAX. Access ends by a commit and not by the "
        "clock: that of an expired tuple is told when the tuple is removed, an instant later."
    )
    overflow: bool = strawberry.field(description=_OVERFLOW)
    at: datetime = strawberry.field(description="When that revision was committed.")
    revision: Revision = strawberry.field(description=_RESUME)


@strawberry.input(one_of=True, description="What access to is watched.")
class AccessWatchTarget:
    """A target."""

    object: str | None = strawberry.field(default=strawberry.UNSET, description='One object, "type:id".')
    type: str | None = strawberry.field(default=strawberry.UNSET, description="All objects of a type.")


@strawberry.input(description="The access that is watched.")
class AccessWatchInput:
    """A watch."""

    user: str | None = strawberry.field(
        default=strawberry.UNSET,
        description='Whose: "type:id", "type:*" for everybody of a type, or a userset "type:id#relation". Left out: of '
        "all users whom tuples name.",
    )
    relation: str = strawberry.field(description="By which relation.")
    target: AccessWatchTarget = strawberry.field(description="To what.")
    context: JSONObject | None = strawberry.field(
        default=strawberry.UNSET, description="Parameters of conditions, by name; those stored with a tuple win."
    )


def watch_of(request: PermissionRequest, asked: AccessWatchInput) -> watches.Watch:
    """Read what is watched; raises BadUserInput where the live model knows no such thing."""
    try:
        return request.permissions.streams.watch(
            asked.relation,
            object=given(asked.target.object),
            type=given(asked.target.type),
            user=given(asked.user),
            context=given(asked.context),
        )
    except PermissionGraphError as error:
        raise refused(request, error) from error


def show_permission_changes(message: Message[TupleTold]) -> PermissionChanges:
    """Show what became of tuples by a revision."""
    changes = [
        PermissionChange(
            operation=ChangeOperation.ADDED if each.added else ChangeOperation.REMOVED,
            tuple=show_tuple(each.tuple, TupleSource(each.source.value), valid=each.valid),
            actor=each.actor,
        )
        for each in message.items
    ]
    return PermissionChanges(changes=changes, **_about(message))


def show_access_changes(request: PermissionRequest, message: Message[watches.AccessChange]) -> AccessChanges:
    """Show what became of access by a revision, as far as the viewer may see it."""
    return AccessChanges(changes=[_show_access(request, each) for each in message.items], **_about(message))


def _about(message: Message[Any]) -> dict[str, Any]:
    return {"overflow": message.overflow, "at": message.at, "revision": Revision(message.revision)}


def _show_access(request: PermissionRequest, each: watches.AccessChange) -> AccessChange:
    actor = each.actor
    return AccessChange(
        user=each.user,
        relation=each.relation,
        object=each.object,
        before=outcome_of(each.before),
        after=outcome_of(each.after),
        cause=each.cause,
        cause_ids=[strawberry.ID(name) for name in each.cause_ids if _may_be_named(request, name, each)],
        actor=actor if actor is None or actor.startswith(SYSTEM) or _may_be_named(request, actor, each) else None,
    )


def _may_be_named(request: PermissionRequest, name: str, each: watches.AccessChange) -> bool:
    """Tell whether the viewer may know of an entity: who watches himself sees not all that gave or took his access."""
    return name in (each.object, request.identity.id) or request.sees_models or request.sees(name)

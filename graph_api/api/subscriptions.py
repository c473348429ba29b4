"""Root fields that go on answering: what changed, one message a revision."""

import difflib
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final

import strawberry

from graph_api.api.announcements import KINDS, Announcement
from graph_api.api.request import ApiInfo, ApiRequest
from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.ids import split_id
from graph_api.organization.graphql.common import given, texts
from graph_api.organization.graphql.scalars import Revision
from graph_api.permission.graphql.streams import (
    AccessChanges,
    AccessWatchInput,
    PermissionChanges,
    show_access_changes,
    show_permission_changes,
    watch_of,
)
from graph_api.projection.stream import Message

_KIND_SHOWN_CHARACTERS: Final = 40
SEES: Final = "can_see"
"""What it takes to see an entity, of whatever type."""
_KINDS_TOLD: Final = ", ".join(KINDS)
RESUMED: Final = (
    "The revision of the last message that was seen: everything later is told first, from the log, then what comes. "
    "Left out: from now on. One that does not come within SWARMGRAPH_REVISION_WAIT_SECONDS: REVISION_TIMEOUT; one of "
    "another log, or too old: REVISION_GONE."
)
RECENT: Final = (
    "The revision of the last message that was seen: everything later is told first, then what comes. Left out: from "
    "now on. One that does not come within SWARMGRAPH_REVISION_WAIT_SECONDS: REVISION_TIMEOUT; one of another log, or "
    "older than what is kept in memory (SWARMGRAPH_PERMISSION_REVISIONS_KEPT_MAX, "
    "SWARMGRAPH_PERMISSION_CHANGES_KEPT_MAX, and not from before this replica's start): REVISION_GONE."
)
OVERFLOW: Final = (
    "Too many changes came at once or waited for too long, and none of them are told: list again, at this revision or "
    "a later one; everything after it follows. A new subscription after the last revision seen gets those that waited "
    "too long from the log."
)


@strawberry.type(description="One entity that one command changed.")
class OrganizationChange:
    """A change."""

    kind: str = strawberry.field(
        description="What happened, as webhooks name it. `saved` covers the entity's own values and the relationships "
        "that belong to it: a person's skills, units and manager; a task's skills, customer, predecessors and past "
        "workers; a swarm's members and task; what a knowledge item is about and who wrote, used or cited it. "
        f"One of: {_KINDS_TOLD}."
    )
    node_ids: list[strawberry.ID] = strawberry.field(
        description="The entity, then those that it was related to or parted from by this change."
    )
    actor: str | None = strawberry.field(
        description="Who asked for it; null where that was erased, or may not be seen."
    )


@strawberry.type(
    description="All matching changes of one revision, in order. An empty message tells how far the stream is: one "
    "comes when everything since `after` was told, and after SWARMGRAPH_SUBSCRIPTION_SILENCE_SECONDS without any other."
)
class OrganizationChanges:
    """The changes of a revision."""

    changes: list[OrganizationChange] = strawberry.field(
        description="What was changed, at most SWARMGRAPH_SUBSCRIPTION_CHANGES_MAX; an import is told once, whole, at "
        "the revision that closes it. Of a kind of which the live model hides some from the viewer, these are "
        "left out, and so are those that were removed."
    )
    overflow: bool = strawberry.field(description=OVERFLOW)
    at: datetime = strawberry.field(description="When that revision was committed.")
    revision: Revision = strawberry.field(description="Where to resume: give it as `after`.")


@strawberry.type(
    description="What can be followed over WebSocket, by the protocol graphql-transport-ws, at the same address. A "
    "stream that cannot go on ends with an error: FORBIDDEN where the right is lost, UNAVAILABLE where this replica "
    "has lost the log (subscribe again, after the last revision seen), REVISION_GONE where the log is another one "
    "(list again)."
)
class Subscription:
    """All root fields that go on answering."""

    @strawberry.subscription(description="What changes in the organization, one message a revision.")
    async def organization_changes(
        self,
        info: ApiInfo,
        kinds: Annotated[
            list[str] | None, strawberry.argument(description="Only these kinds of changes; left out: all.")
        ] = strawberry.UNSET,
        after: Annotated[Revision | None, strawberry.argument(description=RESUMED)] = strawberry.UNSET,
    ) -> AsyncGenerator[OrganizationChanges]:
        """Yield the changes of each revision."""
        request = info.context
        messages = request.announcements.messages(given(after), _kept(request, texts(kinds)))
        async with aclosing(messages):
            async for message in messages:
                request.note_streamed(message.revision)
                yield _show(request, message)

    @strawberry.subscription(
        description="What becomes of permission tuples, explicit and derived, one message a revision."
    )
    async def permission_changes(
        self,
        info: ApiInfo,
        after: Annotated[Revision | None, strawberry.argument(description=RECENT)] = strawberry.UNSET,
    ) -> AsyncGenerator[PermissionChanges]:
        """Yield the changes of tuples of each revision."""
        messages = info.context.permissions.streams.tuple_changes(given(after))
        async with aclosing(messages):
            async for message in messages:
                info.context.note_streamed(message.revision)
                yield show_permission_changes(message)

    @strawberry.subscription(
        description="Who gains and who loses access, for whatever reason, one message a revision. About oneself one "
        "may always ask. More than SWARMGRAPH_ACCESS_WATCHES_MAX on one replica: RATE_LIMITED."
    )
    async def access_changes(
        self,
        info: ApiInfo,
        watch: Annotated[AccessWatchInput, strawberry.argument(description="Whose access to what.")],
        after: Annotated[
            Revision | None,
            strawberry.argument(
                description=f"{RECENT} So is one before a change of the model, or too much since for this watch."
            ),
        ] = strawberry.UNSET,
    ) -> AsyncGenerator[AccessChanges]:
        """Yield the changes of access of each revision."""
        request = info.context
        messages = request.permissions.streams.access_changes(watch_of(request, watch), given(after))
        async with aclosing(messages):
            async for message in messages:
                request.note_streamed(message.revision)
                yield show_access_changes(request, message)


def _kept(request: ApiRequest, kinds: Collection[str] | None) -> Callable[[Announcement], bool] | None:
    """Return what is wanted; a message that told only of what is hidden would tell that it was changed, and when."""
    if kinds is None:
        return None
    wanted = frozenset(kinds)
    for kind in sorted(wanted.difference(KINDS)):
        shown = kind[:_KIND_SHOWN_CHARACTERS]
        near = difflib.get_close_matches(shown, KINDS, n=1)
        nearest = f"Did you mean {near[0]}? " if near else ""
        raise BadUserInput(
            f"There is no kind of change {shown!r}.",
            suggestion=f"{nearest}The kinds are {_KINDS_TOLD}.",
            place=("kinds",),
        )
    return lambda told: told.kind in wanted and (request.sees_everything or _sees(request, told.node_ids[0]))


def _seen(request: ApiRequest, told: Iterable[Announcement]) -> Iterable[Announcement]:
    """Return what the viewer may see of changes: a model may hide single entities from who sees all others."""
    return told if request.sees_everything else _visible(request, told)


def _visible(request: ApiRequest, told: Iterable[Announcement]) -> Iterator[Announcement]:
    for one in told:
        entity, *others = one.node_ids
        if _sees(request, entity):
            seen = (entity, *(each for each in others if _sees(request, each)))
            named = one.actor is not None and request.may_be_told(one.actor)
            yield Announcement(kind=one.kind, node_ids=seen, actor=one.actor if named else None)


def _sees(request: ApiRequest, entity: str) -> bool:
    return request.sees_all(split_id(entity)[0]) or request.allows(SEES, entity)


def _show(request: ApiRequest, message: Message[Announcement]) -> OrganizationChanges:
    return OrganizationChanges(
        changes=[
            OrganizationChange(
                kind=one.kind, node_ids=[strawberry.ID(node_id) for node_id in one.node_ids], actor=one.actor
            )
            for one in _seen(request, message.items)
        ],
        overflow=message.overflow,
        at=message.at,
        revision=Revision(message.revision),
    )

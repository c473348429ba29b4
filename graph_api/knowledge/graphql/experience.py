"""Notes, experiences and waivers as GraphQL asks for them, and what bookings show of them."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from graph_api.knowledge.experience import owed
from graph_api.knowledge.graphql.types import Knowledge, show_knowledge
from graph_api.knowledge.model import Note as NoteRecord
from graph_api.knowledge.model import NoteBy, NoteOf, Waived
from graph_api.organization.graphql.common import (
    After,
    Connection,
    First,
    InputRejected,
    Node,
    Refusal,
    connection,
    contribute,
    describe_enum,
    window,
)
from graph_api.organization.graphql.mutations import KEY
from graph_api.organization.graphql.queries import register_node
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, person_by_id
from graph_api.organization.paging import Listing
from graph_api.swarm.graphql.demand import optional
from graph_api.swarm.graphql.types import Swarm, SwarmMember, show_member, swarm_by_id
from graph_api.swarm.model import MemberOf
from graph_api.swarm.model import Swarm as SwarmRecord

describe_enum(
    owed.ExperienceState,
    "How far the experience of a member is.",
    {
        "NOT_REQUIRED": "Nothing is owed: the member still works, or never did on a booked day.",
        "OWED": "It is to be written down; of a DISSOLVED swarm: it never was.",
        "DRAFTED": "A draft that the viewer sees waits for the member's word.",
        "CONFIRMED": "The member stands for one.",
        "WAIVED": "Somebody answers for the loss: see `waiver`.",
    },
)


@strawberry.type(description="Why a member need not write down an experience, and who said so.")
class ExperienceWaiver:
    """A waiver."""

    reason: str = strawberry.field(description="Why.")
    by: strawberry.ID = strawberry.field(description="The actor who let the member off.")
    at: datetime = strawberry.field(description="When, UTC.")


@strawberry.type(description="What a member wrote down while the swarm worked. Only the swarm reads it.")
class Note(Node):
    """A note."""

    text: str = strawberry.field(description="What it says.")
    language: str | None = strawberry.field(description="BCP 47; null where unknown.")
    created_at: datetime = strawberry.field(description="When it was written, UTC.")

    @strawberry.field(description="Who wrote it.")
    def author(self, info: Info) -> Person | None:
        """Return the author."""
        graph = info.context.graph
        found = (person_by_id(graph, link.target) for link in graph.outgoing(NoteBy, self.id))
        return next((person for person in found if person is not None), None)

    @strawberry.field(description="The swarm it was written in.")
    def swarm(self, info: Info) -> Swarm | None:
        """Return the swarm."""
        graph = info.context.graph
        found = (swarm_by_id(graph, link.target) for link in graph.outgoing(NoteOf, self.id))
        return next((swarm for swarm in found if swarm is not None), None)


def show_note(note: NoteRecord) -> Note:
    """Show a note."""
    return Note(id=strawberry.ID(note.id), text=note.text, language=note.language, created_at=note.created_at)


register_node("note", lambda graph, one: (found := graph.node(NoteRecord, one)) and show_note(found))


@strawberry.input(description="Something to write down while a swarm works: experience is drafted from it.")
class AddNoteInput:
    """A note."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE or CLOSING swarm that the viewer is or was in.")
    text: str = strawberry.field(description="At most SWARMGRAPH_EXPERIENCE_BODY_MAX_BYTES bytes.")
    language: str | None = optional("BCP 47; left out: told by the script where it tells.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="What was learned in a swarm.")
class RecordExperienceInput:
    """An experience."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE or CLOSING swarm.")
    person_id: strawberry.ID | None = optional(
        "The member who learned it; left out: the viewer. Of anybody else it is a draft, for that member to confirm."
    )
    title: str = strawberry.field(description="What to call it, at most 500 characters.")
    body: str = strawberry.field(
        description="At least 40 characters (20 in Chinese, Japanese or Korean), at most "
        "SWARMGRAPH_EXPERIENCE_BODY_MAX_BYTES bytes; TOO_SHORT, FILLER, or NEAR_DUPLICATE where its character shingles "
        "have a Jaccard index above 0.9 with another text of the member."
    )
    skill_ids: list[strawberry.ID] | None = optional("Skills that it teaches, besides the roles of the member.")
    language: str | None = optional("BCP 47; left out: told by the script where it tells.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A draft to stand for.")
class ConfirmExperienceInput:
    """A draft."""

    knowledge_id: strawberry.ID = strawberry.field(description="A draft of the viewer's own.")
    title: str | None = optional("In place of its title.")
    body: str | None = optional("In place of its body; the same rules as for `recordExperience`.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="Whom to let off.")
class WaiveExperienceInput:
    """A waiver."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE or CLOSING swarm.")
    person_id: strawberry.ID = strawberry.field(description="A member who owes experience; never the viewer.")
    reason: str = strawberry.field(description="Why, at most 500 characters; kept for good.")
    idempotency_key: str | None = optional(KEY)


@strawberry.input(description="A swarm to end.")
class DissolveSwarmInput:
    """A swarm."""

    swarm_id: strawberry.ID = strawberry.field(description="An ACTIVE or CLOSING swarm.")
    idempotency_key: str | None = optional(KEY)


@strawberry.type(description="The note is kept.")
class NoteAdded:
    """A kept note."""

    note: Note = strawberry.field(description="The note.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The experience is kept. A CLOSING swarm that waited for it alone is DISSOLVED.")
class ExperienceRecorded:
    """A kept experience."""

    knowledge: Knowledge = strawberry.field(description="The experience; a DRAFT where it is another member's.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The member owes nothing any more. A CLOSING swarm that waited for it alone is DISSOLVED.")
class ExperienceWaived:
    """A waived experience."""

    member: SwarmMember = strawberry.field(description="The member.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(
    description="The swarm is over: its people and their rights are free. A task not closed is OPEN again."
)
class SwarmDissolved:
    """A dissolved swarm."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    revision: Revision = strawberry.field(description="The state that shows it.")


AddNoteOutcome: TypeAlias = Annotated[
    NoteAdded | InputRejected, strawberry.union("AddNoteOutcome", description="What became of a note.")
]
RecordExperienceOutcome: TypeAlias = Annotated[
    ExperienceRecorded | InputRejected,
    strawberry.union("RecordExperienceOutcome", description="What became of writing down."),
]
ConfirmExperienceOutcome: TypeAlias = Annotated[
    ExperienceRecorded | InputRejected,
    strawberry.union("ConfirmExperienceOutcome", description="What became of confirming."),
]
WaiveExperienceOutcome: TypeAlias = Annotated[
    ExperienceWaived | InputRejected,
    strawberry.union("WaiveExperienceOutcome", description="What became of letting off."),
]


@strawberry.type(description="The swarm is CLOSING: its people are free; it ends by itself once nobody owes.")
class ExperienceOwed(Refusal):
    """Owed experience."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    members: list[SwarmMember] = strawberry.field(description="Who owes, by person; see `drafts` of each.")


DissolveSwarmOutcome: TypeAlias = Annotated[
    SwarmDissolved | ExperienceOwed | InputRejected,
    strawberry.union("DissolveSwarmOutcome", description="What became of ending."),
]


def _state(info: Info, parent: strawberry.Parent[SwarmMember]) -> owed.ExperienceState:
    """Return how far the experience of a member is; that there are drafts is told to whom they are shown."""
    request = info.context
    swarm = request.graph.node(SwarmRecord, parent.swarm_id)
    booking = _booking(info, parent)
    if swarm is None or booking is None:
        return owed.ExperienceState.NOT_REQUIRED
    state = owed.experience_state(request.replica.graph, swarm, booking, request.today)
    is_drafted = state is owed.ExperienceState.DRAFTED
    shown = not is_drafted or bool(owed.drafts(request.graph, swarm.id, booking.source))
    return state if shown else owed.ExperienceState.OWED


def _experience(info: Info, parent: strawberry.Parent[SwarmMember]) -> Knowledge | None:
    """Return what a member stands for."""
    graph, booking = info.context.graph, _booking(info, parent)
    swarm = graph.node(SwarmRecord, parent.swarm_id)
    found = owed.kept(graph, swarm, booking.source) if booking and swarm else None
    return found and show_knowledge(graph, found)


def _drafts(info: Info, parent: strawberry.Parent[SwarmMember]) -> list[Knowledge]:
    """Return the drafts that wait for a member's word."""
    graph, booking = info.context.graph, _booking(info, parent)
    found = owed.drafts(graph, parent.swarm_id, booking.source) if booking else []
    info.context.count_rows(len(found))
    return [show_knowledge(graph, one) for one in found]


def _waiver(info: Info, parent: strawberry.Parent[SwarmMember]) -> ExperienceWaiver | None:
    """Return why a member was let off: to the swarm, to whoever may know when the member is free, and who may waive."""
    booking, request = _booking(info, parent), info.context
    rights = (("reader", parent.swarm_id), ("can_waive", parent.swarm_id))
    if booking is None or not any(
        request.allows(relation, target) for relation, target in (*rights, ("can_see_availability", booking.source))
    ):
        return None
    found = request.graph.link(Waived, booking.source, parent.swarm_id)
    return found and ExperienceWaiver(reason=found.reason, by=strawberry.ID(found.by), at=found.at)


def _booking(info: Info, parent: SwarmMember) -> MemberOf | None:
    person = parent.person
    return info.context.graph.link(MemberOf, person.id, parent.swarm_id) if person is not None else None


def notes_of_swarm(
    info: Info, parent: strawberry.Parent[Swarm], first: First = strawberry.UNSET, after: After = strawberry.UNSET
) -> Connection[Note]:
    """Return a page of a swarm's notes."""
    graph = info.context.graph
    notes = (graph.node(NoteRecord, link.source) for link in graph.incoming(NoteOf, parent.id))
    listing = Listing(
        sorted((note for note in notes if note is not None), key=_written), _written, tuple[float, str],
        f"notes of {parent.id}",
    )  # fmt: skip
    return connection(info.context, listing, window(first, after), show_note)


def _written(note: NoteRecord) -> tuple[float, str]:
    return (note.created_at.timestamp(), note.id)


contribute(SwarmMember, "experience_state", _state, "How far the member's experience is.")
contribute(
    SwarmMember,
    "experience",
    _experience,
    "The first experience of the swarm that the member stands for and that counts.",
)
contribute(SwarmMember, "drafts", _drafts, "Drafts for the member to confirm; seen by author and swarm only.")
contribute(
    SwarmMember,
    "waiver",
    _waiver,
    "Why the member was let off, to the swarm, to managers and to who may waive; else null.",
)
contribute(Swarm, "notes", notes_of_swarm, "What its members wrote down, oldest first; seen by author and swarm only.")


def member_of(info: Info, person_id: str, swarm_id: str) -> SwarmMember | None:
    """Show a booking, or None."""
    graph = info.context.graph
    booking = graph.link(MemberOf, person_id, swarm_id)
    return booking and show_member(graph, booking)

"""Root fields of the circuit-breaker: writing down, confirming, letting off, ending a swarm, and who owes."""

import asyncio
from typing import Annotated

import strawberry

from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.knowledge.experience import commands, decisions
from graph_api.knowledge.experience.checks import beside
from graph_api.knowledge.experience.listing import Owed, owed_pairs, owed_place
from graph_api.knowledge.experience.owed import swarm_of
from graph_api.knowledge.extraction.validity import flaw
from graph_api.knowledge.graphql.experience import (
    AddNoteInput,
    AddNoteOutcome,
    ConfirmExperienceInput,
    ConfirmExperienceOutcome,
    DissolveSwarmInput,
    DissolveSwarmOutcome,
    ExperienceOwed,
    ExperienceRecorded,
    ExperienceWaived,
    NoteAdded,
    RecordExperienceInput,
    RecordExperienceOutcome,
    SwarmDissolved,
    WaiveExperienceInput,
    WaiveExperienceOutcome,
    member_of,
    show_note,
)
from graph_api.knowledge.graphql.types import knowledge_by_id
from graph_api.knowledge.model import Knowledge, Note
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import (
    After,
    Connection,
    First,
    InputRejected,
    connection,
    given,
    texts,
    window,
)
from graph_api.organization.graphql.mutations import rejected_input, submit
from graph_api.organization.graphql.request import Info
from graph_api.organization.paging import Listing
from graph_api.swarm.booking import new_id
from graph_api.swarm.graphql.types import SwarmMember, show_member, swarm_by_id
from graph_api.swarm.model import Swarm
from graph_api.swarm.slices import read_in_slices


@strawberry.type
class ExperienceQuery:
    """What can be asked of owed experience."""

    @strawberry.field(
        description="Who owes experience, of swarms that closed and of members who left one at work; oldest first."
    )
    async def experience_owed(
        self,
        info: Info,
        unit_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only people who belong to one of these units today."),
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> Connection[SwarmMember] | None:
        """Return a page of those who owe."""
        request, units = info.context, texts(unit_ids)
        check_length("unitIds", units or (), request.settings.list_entries_max)
        found = await read_in_slices(request.replica, lambda: owed_pairs(request.graph, request.today, units))
        rows = sorted((one for one in found if one is not None), key=owed_place)
        listing = Listing(rows, owed_place, tuple[int, str, str], f"experience owed in {sorted(units or ())}")
        return connection(request, listing, window(first, after), lambda one: _shown(info, one))


def _shown(info: Info, one: Owed) -> SwarmMember:
    return show_member(info.context.graph, one.booking)


@strawberry.type
class ExperienceMutation:
    """What keeps experience, and ends swarms."""

    @strawberry.mutation(description="Write something down while a swarm lives.")
    async def add_note(
        self, info: Info, input: Annotated[AddNoteInput, strawberry.argument(description="The note.")]
    ) -> AddNoteOutcome | None:
        """Keep a note."""
        request, operation = info.context, decisions.ADD_NOTE
        command = commands.AddNote(
            note_id=_new(info, Note.entity_type, operation, input.idempotency_key),
            swarm_id=input.swarm_id,
            text=input.text,
            language=given(input.language),
            text_bytes_max=request.settings.experience_body_max_bytes,
            notes_max=request.settings.notes_a_member_max,
        )
        answer = await submit(info, operation, command, input.idempotency_key, commands.NoteAdded)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        note = request.graph.node(Note, answer[0].note_id)
        if note is None:
            raise request.not_shown(f"{answer[0].note_id} was written")
        return NoteAdded(note=show_note(note), revision=answer[1])

    @strawberry.mutation(description="Write down what was learned in a swarm.")
    async def record_experience(
        self, info: Info, input: Annotated[RecordExperienceInput, strawberry.argument(description="The experience.")]
    ) -> RecordExperienceOutcome | None:
        """Keep an experience."""
        settings, operation = info.context.settings, decisions.RECORD_EXPERIENCE
        skills = texts(input.skill_ids)
        check_length("skillIds", skills or (), settings.list_entries_max)
        command = commands.RecordExperience(
            knowledge_id=_new(info, Knowledge.entity_type, operation, input.idempotency_key),
            swarm_id=input.swarm_id,
            person_id=given(input.person_id),
            title=input.title,
            body=input.body,
            skill_ids=skills,
            language=given(input.language),
            body_bytes_max=settings.experience_body_max_bytes,
            experiences_max=settings.experiences_a_member_max,
        )
        swarm = info.context.replica.graph.node(Swarm, command.swarm_id)
        await _looked_at(info, command.body, command.person_id, swarm)
        return await _recorded(info, operation, command, input.idempotency_key)

    @strawberry.mutation(description="Stand for a draft of one's own, as it is or altered: it is published.")
    async def confirm_experience(
        self, info: Info, input: Annotated[ConfirmExperienceInput, strawberry.argument(description="The draft.")]
    ) -> ConfirmExperienceOutcome | None:
        """Confirm a draft."""
        graph = info.context.replica.graph
        draft = graph.node(Knowledge, input.knowledge_id)
        if draft is not None:
            await _looked_at(info, given(input.body) or draft.body, None, swarm_of(graph, draft.id))
        command = commands.ConfirmExperience(
            knowledge_id=input.knowledge_id,
            title=given(input.title),
            body=given(input.body),
            body_bytes_max=info.context.settings.experience_body_max_bytes,
        )
        return await _recorded(info, decisions.CONFIRM_EXPERIENCE, command, input.idempotency_key)

    @strawberry.mutation(description="Let a member off who owes experience, for a reason that is kept for good.")
    async def waive_experience(
        self, info: Info, input: Annotated[WaiveExperienceInput, strawberry.argument(description="Whom.")]
    ) -> WaiveExperienceOutcome | None:
        """Let a member off."""
        command = commands.WaiveExperience(swarm_id=input.swarm_id, person_id=input.person_id, reason=input.reason)
        key = input.idempotency_key
        answer = await submit(info, decisions.WAIVE_EXPERIENCE, command, key, commands.ExperienceWaived)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        member = member_of(info, answer[0].person_id, answer[0].swarm_id)
        if member is None:
            raise info.context.not_shown(f"The experience of {input.person_id} was waived")
        return ExperienceWaived(member=member, revision=answer[1])

    @strawberry.mutation(
        description="End a swarm for good. Where members owe experience it is CLOSING instead: its people are free at "
        "once, a task not closed is OPEN again, and it ends by itself when the last has written down or was let off."
    )
    async def dissolve_swarm(
        self, info: Info, input: Annotated[DissolveSwarmInput, strawberry.argument(description="The swarm.")]
    ) -> DissolveSwarmOutcome | None:
        """End a swarm."""
        command = commands.DissolveSwarm(swarm_id=input.swarm_id)
        key = input.idempotency_key
        answer = await submit(info, decisions.DISSOLVE_SWARM, command, key, commands.SwarmEnding)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        ending, revision = answer
        swarm = swarm_by_id(info.context.graph, ending.swarm_id)
        if swarm is None:
            raise info.context.not_shown(f"{ending.swarm_id} was changed")
        if not ending.owing:
            return SwarmDissolved(swarm=swarm, revision=revision)
        members = [member for one in ending.owing if (member := member_of(info, one, ending.swarm_id)) is not None]
        info.context.count_rows(len(members))
        message = f"{ending.swarm_id} is closing: {len(ending.owing)} of its members owe experience."
        return ExperienceOwed(message=message, swarm=swarm, members=members)


async def _looked_at(info: Info, body: str, person_id: str | None, swarm: Swarm | None) -> None:
    """Judge a text beside the loop and before the lock, where it is judged again: what is worked out here is kept."""
    if len(body) <= info.context.settings.experience_body_max_bytes:
        person = person_id or info.context.identity.id
        await asyncio.to_thread(flaw, body, *beside(info.context.replica.graph, person, swarm))


async def _recorded(
    info: Info, operation: AnyOperation, command: Command, key: str | None
) -> ExperienceRecorded | InputRejected:
    answer = await submit(info, operation, command, key, commands.ExperienceRecorded)
    if isinstance(answer, Refused):
        return rejected_input(info, answer)
    kept = knowledge_by_id(info.context.graph, answer[0].knowledge_id)
    if kept is None:
        raise info.context.not_shown(f"{answer[0].knowledge_id} was kept")
    return ExperienceRecorded(knowledge=kept, revision=answer[1])


def _new(info: Info, entity_type: str, operation: AnyOperation, key: str | None) -> str:
    return new_id(entity_type, info.context.identity.id, operation.name, given(key))

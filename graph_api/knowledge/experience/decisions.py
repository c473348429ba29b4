"""Notes, experiences, waivers and the end of a swarm: pure decisions on the exact state."""

from collections.abc import Iterator
from datetime import UTC
from typing import Final

from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import upsert
from graph_api.knowledge.experience.checks import (
    author_problems,
    booking_problems,
    owed_problems,
    reference_problems,
    text_problems,
    validity_problems,
)
from graph_api.knowledge.experience.commands import (
    AddNote,
    ConfirmExperience,
    DissolveSwarm,
    DraftsRecorded,
    ExperienceRecorded,
    ExperienceWaived,
    NewDraft,
    NoteAdded,
    RecordDrafts,
    RecordExperience,
    SwarmEnding,
    WaiveExperience,
)
from graph_api.knowledge.experience.owed import drafts, experiences, owing, swarm_of
from graph_api.knowledge.experience.settling import Linked, linked, met
from graph_api.knowledge.extraction.languages import language_of
from graph_api.knowledge.model import (
    Knowledge,
    KnowledgeMethod,
    KnowledgeState,
    Note,
    NoteBy,
    NoteOf,
    Waived,
    quotes_text,
)
from graph_api.swarm.decisions import LIVING
from graph_api.swarm.life.closing import closed, closing, dissolved, waiting
from graph_api.swarm.life.swarms import found
from graph_api.swarm.model import Swarm, SwarmState

EXPERIENCE: Final = "experience"
"""The kind of items that members write down of their swarms."""


def decide_add_note(view: GraphView, command: AddNote, context: Context) -> Decision:
    """Keep a note of a member, while the swarm lives."""
    swarm, problems = found(view, command.swarm_id, LIVING)
    problems += text_problems(("text",), command.text, command.text_bytes_max)
    problems += booking_problems(view, swarm, context.actor, ("swarmId",))
    problems += _many_notes(view, command, context.actor)
    if swarm is None or problems:
        return Refused(rejected(problems))
    note = Note(
        id=command.note_id,
        text=command.text,
        language=command.language or language_of(command.text),
        created_at=context.at,
    )
    links = (NoteOf(source=note.id, target=swarm.id), NoteBy(source=note.id, target=context.actor))
    return Accepted(tuple(map(upsert, (note, *links))), NoteAdded(note.id))


def _many_notes(view: GraphView, command: AddNote, actor: str) -> Iterator[Problem]:
    written = {link.source for link in view.incoming(NoteOf, command.swarm_id)}
    own = sum(link.source in written for link in view.incoming(NoteBy, actor)) if written else 0
    if own >= command.notes_max:
        message = f"{actor} has written {own} notes in {command.swarm_id}."
        yield Problem(("swarmId",), "TOO_MANY", message, f"At most {command.notes_max} are kept; record an experience.")


def decide_record_experience(view: GraphView, command: RecordExperience, context: Context) -> Decision:
    """Keep an experience, and end the swarm where it was the last that was owed; of another it is a draft only."""
    swarm, problems = found(view, command.swarm_id, LIVING)
    person_id = command.person_id or context.actor
    problems += author_problems(view, swarm, person_id, context, named=command.person_id is not None)
    problems += text_problems(("body",), command.body, command.body_bytes_max)
    problems += reference_problems(view, command)
    problems += validity_problems(view, command.body, person_id, swarm)
    problems += _many_experiences(view, command, person_id, is_draft=person_id != context.actor)
    if swarm is None or problems:
        return Refused(rejected(problems))
    by_member = person_id == context.actor
    item = Knowledge(
        id=command.knowledge_id,
        title=command.title,
        body=command.body,
        characters=len(command.body),
        kind=EXPERIENCE,
        language=command.language or language_of(command.body),
        state=KnowledgeState.CONFIRMED if by_member else KnowledgeState.DRAFT,
        method=KnowledgeMethod.WRITTEN,
        created_at=context.at,
        confirmed_at=context.at if by_member else None,
    )
    one = Linked(item=item, author_id=person_id, swarm_id=swarm.id, skill_ids=command.skill_ids or ())
    after = met(view, swarm, person_id, context) if by_member else ()
    return Accepted((*linked(view, one), *after), ExperienceRecorded(item.id))


def _many_experiences(
    view: GraphView, command: RecordExperience, person_id: str, *, is_draft: bool
) -> Iterator[Problem]:
    """Yield a problem beyond the limit; drafts have one of their own, so that nobody's keep a member from writing."""
    found = experiences(view, command.swarm_id, person_id)
    count = sum((one.state is KnowledgeState.DRAFT) is is_draft for one in found)
    if count >= command.experiences_max:
        what = "drafts" if is_draft else "experiences"
        message = f"There are {count} {what} of {person_id} in {command.swarm_id}."
        yield Problem(("swarmId",), "TOO_MANY", message, f"At most {command.experiences_max} are kept.")


def decide_confirm_experience(view: GraphView, command: ConfirmExperience, context: Context) -> Decision:
    """Publish a draft under its author's name, and end the swarm where it was the last that was owed."""
    draft = view.node(Knowledge, command.knowledge_id)
    problems = [*_draft_problems(draft, command, view, context)]
    if draft is None or problems:
        return Refused(rejected(problems))
    item = replace(
        draft,
        title=command.title if command.title is not None else draft.title,
        body=command.body if command.body is not None else draft.body,
        state=KnowledgeState.CONFIRMED,
        confirmed_at=context.at,
    )
    edited = (item.title, item.body) != (draft.title, draft.body) and draft.method is KnowledgeMethod.EXTRACTED
    method = KnowledgeMethod.EXTRACTED_AND_EDITED if edited else draft.method
    item = replace(item, method=method, characters=len(item.body))
    swarm = swarm_of(view, draft.id)
    after = met(view, swarm, context.actor, context, besides=draft.id) if swarm is not None else ()
    return Accepted((upsert(item), *after), ExperienceRecorded(item.id))


def _draft_problems(
    draft: Knowledge | None, command: ConfirmExperience, view: GraphView, context: Context
) -> Iterator[Problem]:
    if draft is None:
        yield Problem(("knowledgeId",), "UNKNOWN_REFERENCE", f"There is no knowledge {command.knowledge_id!r}.")
        return
    if draft.state is not KnowledgeState.DRAFT:
        yield Problem(("knowledgeId",), "NOT_DRAFT", f"{draft.id} is {draft.state}.", "Name a draft of your own.")
        return
    if command.title is not None:
        yield from reference_problems(view, command)
    body = command.body if command.body is not None else draft.body
    yield from text_problems(("body",), body, command.body_bytes_max)
    yield from validity_problems(view, body, context.actor, swarm_of(view, draft.id))


def decide_waive_experience(view: GraphView, command: WaiveExperience, context: Context) -> Decision:
    """Let a member off, and end the swarm where it was the last that was owed."""
    swarm, problems = found(view, command.swarm_id, LIVING)
    problems += owed_problems(view, swarm, command, context)
    if swarm is None or problems:
        return Refused(rejected(problems))
    waiver = Waived(source=command.person_id, target=swarm.id, reason=command.reason, by=context.actor, at=context.at)
    after = met(view, swarm, command.person_id, context)
    return Accepted((upsert(waiver), *after), ExperienceWaived(swarm.id, command.person_id))


def decide_dissolve_swarm(view: GraphView, command: DissolveSwarm, context: Context) -> Decision:
    """End a swarm where nobody owes experience of it; else let its people go, and wait."""
    swarm, problems = found(view, command.swarm_id, LIVING)
    if swarm is None or problems:
        return Refused(rejected(problems))
    owed = owing(view, closed(swarm, context), context.at.astimezone(UTC).date())
    ending = SwarmEnding(swarm.id, tuple(link.source for link in owed))
    if not owed:
        return Accepted(tuple(dissolved(view, swarm, context)), ending)
    if swarm.state is SwarmState.CLOSING:
        return Accepted((), ending)
    return Accepted((*closing(swarm, context), *waiting(view, swarm, context)), ending)


def decide_record_drafts(view: GraphView, command: RecordDrafts, context: Context) -> Decision:
    """Keep the drafts of those who still owe and have none; a swarm of which nobody owes anything is over."""
    swarm = view.node(Swarm, command.swarm_id)
    if swarm is None or swarm.state is not SwarmState.CLOSING:
        return Accepted((), DraftsRecorded(command.swarm_id, ()))
    owed = {link.source for link in owing(view, swarm, context.at.astimezone(UTC).date())}
    if not owed:
        return Accepted(tuple(dissolved(view, swarm, context)), DraftsRecorded(swarm.id, ()))
    coming = [one for one in command.drafts if one.person_id in owed and not drafts(view, swarm.id, one.person_id)]
    changes = [change for draft in coming for change in linked(view, _drafted(draft, swarm, context))]
    return Accepted(tuple(changes), DraftsRecorded(swarm.id, tuple(draft.knowledge_id for draft in coming)))


def _drafted(draft: NewDraft, swarm: Swarm, context: Context) -> Linked:
    item = Knowledge(
        id=draft.knowledge_id,
        title=draft.title,
        body=draft.body,
        characters=len(draft.body),
        kind=EXPERIENCE,
        language=draft.language,
        state=KnowledgeState.DRAFT,
        method=KnowledgeMethod.EXTRACTED,
        created_at=context.at,
        extractor=draft.extractor,
        confidence=draft.confidence,
        quotes=quotes_text(draft.quotes),
    )
    return Linked(
        item=item,
        author_id=draft.person_id,
        swarm_id=swarm.id,
        skill_ids=draft.skill_ids,
        customer_ids=draft.customer_ids,
    )


ADD_NOTE: Final = Operation("addNote", AddNote, decide_add_note, NoteAdded)
RECORD_EXPERIENCE: Final = Operation("recordExperience", RecordExperience, decide_record_experience, ExperienceRecorded)
CONFIRM_EXPERIENCE: Final = Operation(
    "confirmExperience", ConfirmExperience, decide_confirm_experience, ExperienceRecorded
)
WAIVE_EXPERIENCE: Final = Operation("waiveExperience", WaiveExperience, decide_waive_experience, ExperienceWaived)
DISSOLVE_SWARM: Final = Operation("dissolveSwarm", DissolveSwarm, decide_dissolve_swarm, SwarmEnding)
RECORD_DRAFTS: Final = Operation("recordDrafts", RecordDrafts, decide_record_drafts, DraftsRecorded)

"""The reaction to a swarm that stops working: what each member may have learned is drafted by itself (R7)."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import msgspec

from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.graph import GraphView
from graph_api.knowledge.experience.checks import others_of
from graph_api.knowledge.experience.commands import NewDraft, RecordDrafts
from graph_api.knowledge.experience.decisions import EXPERIENCE, RECORD_DRAFTS
from graph_api.knowledge.experience.owed import drafts, owing
from graph_api.knowledge.extraction.dictionary import Dictionary, Known
from graph_api.knowledge.extraction.frequencies import Frequencies, frequencies
from graph_api.knowledge.extraction.port import Extraction, Extractor, Source, SourceText
from graph_api.knowledge.model import From, Knowledge, KnowledgeState, Note, NoteBy, NoteOf, Quote
from graph_api.organization.model import Customer, Skill, Task
from graph_api.projection.reactions import REACTOR
from graph_api.projection.records import Reaction
from graph_api.swarm.booking import new_id
from graph_api.swarm.model import Swarm, SwarmState
from graph_api.swarm.read_model import task_of

_COUNTED_CHARACTERS: Final = 5000
"""Of a longer text its beginning is counted, so that a corpus of any texts is counted within a reaction's time."""
_GROWTH: Final = 1.1
"""The corpus is counted anew once there are a tenth more texts: rarity hardly moves before."""


class _Asked(msgspec.Struct, frozen=True):
    """A member, and what a draft may be made of."""

    person_id: str
    source: Source


class Extracting:
    """Answers reactions by drafts of an extractor; what it knows of the organization is kept from one to the next."""

    def __init__(self, extractor: Extractor, corpus_texts_max: int, clock: Callable[[], datetime]) -> None:
        self._extractor = extractor
        self._known = _Known(corpus_texts_max)
        self._clock = clock

    async def __call__(self, reaction: Reaction, view: GraphView) -> tuple[AnyOperation, Command]:
        """Draft for everybody who owes; without notes and documents there is nothing to draft from."""
        asked = await self._asked(view, reaction.subject)
        made = await asyncio.gather(*(self._extractor.extract(one.source) for one in asked))
        found = (_draft(reaction, one.person_id, each) for one, each in zip(asked, made, strict=True) if each.body)
        return RECORD_DRAFTS, RecordDrafts(swarm_id=reaction.subject, drafts=tuple(found))

    async def _asked(self, view: GraphView, swarm_id: str) -> list[_Asked]:
        swarm = view.node(Swarm, swarm_id)
        if swarm is None or swarm.state is not SwarmState.CLOSING:
            return []
        today = self._clock().astimezone(UTC).date()
        people = [link.source for link in owing(view, swarm, today) if not drafts(view, swarm.id, link.source)]
        read = [_Asked(person, source_of(view, swarm, person)) for person in people]
        told = [one for one in read if one.source.texts]
        if not told:
            return []
        dictionary, corpus = self._known.dictionary(view), await self._known.corpus(view)
        return [
            _Asked(one.person_id, msgspec.structs.replace(one.source, dictionary=dictionary, corpus=corpus))
            for one in told
        ]


def source_of(view: GraphView, swarm: Swarm, person_id: str) -> Source:
    """Return a member's notes of a swarm, oldest first, the documents of its task, and what they stand beside."""
    task = task_of(view, swarm.id)
    return Source(
        notes=tuple(SourceText(note.id, note.text) for note in notes_of(view, swarm.id, person_id)),
        documents=tuple(SourceText(item.id, item.body) for item in _documents(view, task)) if task else (),
        task_title=task.title if task else "",
        others=tuple(others_of(view, person_id)),
    )


def notes_of(view: GraphView, swarm_id: str, person_id: str) -> list[Note]:
    """Return what a member noted in a swarm, oldest first."""
    ids = (link.source for link in view.incoming(NoteOf, swarm_id))
    notes = (view.node(Note, one) for one in ids if view.link(NoteBy, one, person_id) is not None)
    return sorted((note for note in notes if note is not None), key=lambda note: (note.created_at, note.id))


def _documents(view: GraphView, task: Task) -> Iterator[Knowledge]:
    """Yield what was written on a task besides experiences, by id; experiences are their authors' own."""
    for one in sorted(link.source for link in view.incoming(From, task.id)):
        item = view.node(Knowledge, one)
        if item is not None and item.body and item.kind != EXPERIENCE and item.state is KnowledgeState.CONFIRMED:
            yield item


def _draft(reaction: Reaction, person_id: str, made: Extraction) -> NewDraft:
    return NewDraft(
        # The same on every replica, so that two that draft at once mean the same item.
        knowledge_id=new_id(Knowledge.entity_type, REACTOR, RECORD_DRAFTS.name, f"{reaction.id}/{person_id}"),
        person_id=person_id,
        title=made.title,
        body=made.body,
        language=made.language,
        skill_ids=made.skill_ids,
        customer_ids=made.customer_ids,
        extractor=made.made_by,
        confidence=made.confidence,
        quotes=tuple(Quote(claim.source_id, claim.start, claim.end) for claim in made.claims),
    )


class _Known:
    """The names and the words of an organization, taken up again where they changed."""

    def __init__(self, texts_max: int) -> None:
        self._texts_max = texts_max
        self._dictionary = Dictionary()
        self._corpus: Frequencies | None = None
        self._counted = 0

    def dictionary(self, view: GraphView) -> Dictionary:
        skills = tuple(Known(skill.id, (skill.name, *skill.aliases)) for skill in view.nodes(Skill))
        customers = tuple(Known(customer.id, (customer.name,)) for customer in view.nodes(Customer))
        if (skills, customers) != (self._dictionary.skills, self._dictionary.customers):
            self._dictionary = Dictionary(skills, customers)
        return self._dictionary

    async def corpus(self, view: GraphView) -> Frequencies:
        count = view.count(Knowledge) + view.count(Task)
        if self._corpus is None or count > _GROWTH * self._counted:
            self._corpus = await asyncio.to_thread(frequencies, list(islice(_texts(view), self._texts_max)))
            self._counted = count
        return self._corpus


def _texts(view: GraphView) -> Iterator[str]:
    """Yield what the organization wrote: items that are open, then the titles of its tasks."""
    for item in view.nodes(Knowledge):
        if item.state is not KnowledgeState.DRAFT:
            yield f"{item.title}\n{item.body[:_COUNTED_CHARACTERS]}"
    yield from (task.title for task in view.nodes(Task))

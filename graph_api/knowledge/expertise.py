"""Who knows about something, by evidence on record: what was recorded and used, skills held, tasks worked on.

It is evidence and no rating: it says where to ask, and nothing of how good somebody is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from heapq import nlargest
from typing import Final

import msgspec

from graph_api.kernel.graph import Readable
from graph_api.knowledge.model import Knowledge, RecordedBy, Teaches, Used
from graph_api.knowledge.search.marking import spans
from graph_api.knowledge.search.searching import Found
from graph_api.organization.model import Person, Requires, Skill, Task, WorkedOn
from graph_api.organization.read_model import holdings

RECORDED_WEIGHT: Final = 3.0
USED_WEIGHT: Final = 1.0
LEVEL_WEIGHT: Final = 0.6
WORKED_WEIGHT: Final = 0.5
ROWS_A_SKILL_MAX: Final = 1000


class EvidenceKind(StrEnum):
    """What speaks for it that somebody knows about something."""

    RECORDED = "RECORDED"
    USED = "USED"
    HOLDS_SKILL = "HOLDS_SKILL"
    WORKED_ON = "WORKED_ON"


class Evidence(msgspec.Struct, frozen=True):
    """One thing on record, the entity it is about, and what it weighs."""

    kind: EvidenceKind
    node_id: str
    weight: float


class Holder(msgspec.Struct, frozen=True):
    """A person with all evidence, the weightiest first, and its sum."""

    person: Person
    weight: float
    evidence: tuple[Evidence, ...]


def who_knows(
    graph: Readable, found: Sequence[Found], words: tuple[str, ...], skill_ids: Iterable[str], today: date
) -> list[Holder]:
    """Return who knows about what was found by words, or about skills: the most evidence first, then by id."""
    skills = dict.fromkeys([*skill_ids, *_named(graph, words)])
    told: dict[str, dict[tuple[EvidenceKind, str], float]] = defaultdict(dict)
    for person, one in (*_of_items(graph, _relevance(graph, found, skills)), *_of_skills(graph, skills)):
        key = (one.kind, one.node_id)
        told[person][key] = max(one.weight, told[person].get(key, 0.0))
    holders = (_holder(graph, person, pieces, today) for person, pieces in told.items())
    return sorted((one for one in holders if one is not None), key=lambda one: (-one.weight, one.person.id))


def _named(graph: Readable, words: tuple[str, ...]) -> Iterator[str]:
    """Yield the skills in one name of which every word stands."""
    for skill in graph.nodes(Skill) if words else ():
        if any(all(spans(name, (word,), 1) for word in words) for name in (skill.name, *skill.aliases)):
            yield skill.id


def _relevance(graph: Readable, found: Sequence[Found], skills: Iterable[str]) -> dict[str, float]:
    """Return what items weigh: 1 for the best that was found, others in proportion, 1 for what teaches a skill."""
    best = max((one.score for one in found), default=0.0) or 1.0
    weights = {one.item.id: one.score / best for one in found}
    taught = (link.source for skill in skills for link in graph.incoming(Teaches, skill))
    return weights | {one: 1.0 for one in taught if graph.node(Knowledge, one) is not None}


def _of_items(graph: Readable, weights: dict[str, float]) -> Iterator[tuple[str, Evidence]]:
    for item, weight in weights.items():
        for link in graph.outgoing(RecordedBy, item):
            yield link.target, Evidence(EvidenceKind.RECORDED, item, RECORDED_WEIGHT * weight)
        for use in graph.incoming(Used, item):
            yield use.source, Evidence(EvidenceKind.USED, item, USED_WEIGHT * weight)


def _of_skills(graph: Readable, skills: Iterable[str]) -> Iterator[tuple[str, Evidence]]:
    for skill in skills:
        for link in holdings(graph, skill, 1)[:ROWS_A_SKILL_MAX]:
            yield link.source, Evidence(EvidenceKind.HOLDS_SKILL, skill, LEVEL_WEIGHT * link.level)
        for task in _latest(graph, skill):
            for work in graph.incoming(WorkedOn, task.id):
                yield work.source, Evidence(EvidenceKind.WORKED_ON, task.id, WORKED_WEIGHT)


def _latest(graph: Readable, skill: str) -> list[Task]:
    """Return the tasks opened last of those that require a skill."""
    ids = (link.source for link in graph.incoming(Requires, skill))
    tasks = (task for one in ids if (task := graph.node(Task, one)) is not None)
    return nlargest(
        ROWS_A_SKILL_MAX, tasks, key=lambda task: (task.opened_at.timestamp() if task.opened_at else 0.0, task.id)
    )


def _holder(
    graph: Readable, person_id: str, pieces: dict[tuple[EvidenceKind, str], float], today: date
) -> Holder | None:
    person = graph.node(Person, person_id)
    if person is None or person.kind != "person" or (person.last_day is not None and person.last_day < today):
        return None
    evidence = [Evidence(kind, node_id, weight) for (kind, node_id), weight in pieces.items()]
    evidence.sort(key=lambda one: (-one.weight, one.kind, one.node_id))
    return Holder(person, round(sum(one.weight for one in evidence), 6), tuple(evidence))

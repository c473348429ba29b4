"""Knowledge items: written after tasks, cited by later ones, used by the crews of later tasks."""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from graph_api.generate.scale import chance
from graph_api.generate.skills import SKILL_BY_KEY
from graph_api.generate.work import Job, at_hour
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Record
from graph_api.knowledge.model import (
    About,
    Cites,
    From,
    Knowledge,
    KnowledgeMethod,
    RecordedBy,
    Teaches,
    Used,
)

TASKS_AN_ITEM: Final = 4
USES_MAX: Final = 3
REACH_TASKS: Final = 30
KINDS: Final = ("experience", "checklist", "playbook")
_LANGUAGES: Final = {"CN": "zh", "MX": "es", "DE": "de", "ID": "id"}


def knowledge_records(jobs: list[Job], seed: int, today: date) -> Iterator[Record]:
    """Yield items, each from one task of the crew's own, and their later uses and citations; all before today."""
    rng = chance(seed, "knowledge")
    families: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        families[job.family.key].append(job)
    opened = {family: [job.opened_on for job in of_family] for family, of_family in families.items()}
    written: dict[str, tuple[str, date]] = {}
    chosen = sorted(rng.sample(range(len(jobs)), k=len(jobs) // TASKS_AN_ITEM))
    for number, index in enumerate(chosen, start=1):
        job = jobs[index]
        created_on = min(job.closed_on + timedelta(days=rng.randint(0, 6)), today - timedelta(days=1))
        item = entity_id("knowledge", f"k{number:06}")
        yield from _item(item, number, job, created_on, rng)
        later = families[job.family.key][bisect_right(opened[job.family.key], created_on) :][:REACH_TASKS]
        yield from _uses(item, later, rng)
        yield from _citation(item, created_on, written.get(job.family.key), rng)
        written[job.family.key] = (item, created_on)


def _item(item: str, number: int, job: Job, created_on: date, rng: random.Random) -> Iterator[Record]:
    author = rng.choice(job.crew)
    kind = KINDS[number % len(KINDS)]
    yield Knowledge(
        id=item,
        title=f"{kind.capitalize()}: {job.family.title.lower()} for {job.client.name}",
        kind=kind,
        language=_LANGUAGES.get(author.place.country, "en"),
        method=KnowledgeMethod.WRITTEN,
        created_at=at_hour(created_on, 20),
        characters=rng.randint(200, 6000),
    )
    yield RecordedBy(source=item, target=author.id)
    yield From(source=item, target=job.id)
    yield About(source=item, target=job.client.id)
    yield Teaches(source=item, target=SKILL_BY_KEY[rng.choice(job.needs)].id)


def _uses(item: str, later: list[Job], rng: random.Random) -> Iterator[Used]:
    for job in rng.sample(later, k=min(len(later), rng.randint(0, USES_MAX))):
        user = rng.choice(job.crew)
        yield Used(source=user.id, target=item, task=job.id, at=at_hour(job.opened_on, 12), basis="recorded")


def _citation(item: str, created_on: date, earlier: tuple[str, date] | None, rng: random.Random) -> Iterator[Cites]:
    if earlier is not None and earlier[1] <= created_on and rng.random() < 1 / 3:
        yield Cites(source=item, target=earlier[0], at=at_hour(created_on, 20), basis="recorded")

"""Historic tasks: what arrived, what it needed, who worked on it with whom."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from graph_api.generate.families import FAMILIES, RARE_FAMILIES, SECOND_AUTHORITIES, Family
from graph_api.generate.market import Arrivals, Client
from graph_api.generate.places import local_amount
from graph_api.generate.scale import HISTORY_DAYS, Scale, chance
from graph_api.generate.skills import SKILL_BY_KEY
from graph_api.generate.workforce import Colleague, Team, Workforce
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Record
from graph_api.organization.model import For, Precedes, Requires, Task, TaskState, WorkedOn

FAMILY_TASKS_MIN: Final = 5
COUPLED_ROUNDS: Final = 2
NEAR: Final = 0.55
PARTNER: Final = 0.8
RESULTS: Final = ("DELIVERED", "LOST", "CANCELLED")
RESULT_WEIGHTS: Final = (90, 6, 4)


@dataclass(slots=True)
class Job:
    """A task in the making; `coupled` names a technical and a commercial person who hand it to and fro."""

    id: str
    number: int
    family: Family
    client: Client
    opened_on: date
    closed_on: date
    needs: list[str]
    crew: list[Colleague]
    regulations: tuple[str, ...]
    yuan: int
    result: str
    coupled: tuple[Colleague, Colleague] | None = None
    after: "Job | None" = None


class Dispatcher:
    """Puts crews together so that the same people meet again: own team first, then two partner teams, then anybody."""

    def __init__(self, workforce: Workforce, rng: random.Random) -> None:
        self._workforce = workforce
        self._rng = rng
        self._partners = {team.id: rng.sample(workforce.teams, k=2) for team in workforce.teams}
        self._near = {team.id: _holders_in([team]) for team in workforce.teams}
        self._far = {team: _holders_in(partners) for team, partners in self._partners.items()}

    def crew(self, family: Family, needs: list[str]) -> list[Colleague]:
        """Choose a lead and a holder for each need; a pillar joins wherever the own team works."""
        team = self._rng.choice(self._workforce.teams_of[family.division])
        chosen = {(lead := self._rng.choice(team.members)).id: lead}
        for need in needs:
            person = self._holder(team, need)
            chosen.setdefault(person.id, person)
        for person in tuple(chosen.values()):
            if (pillar := person.team.pillar) is not None:
                chosen.setdefault(pillar.id, pillar)
        return list(chosen.values())

    def _holder(self, team: Team, skill: str) -> Colleague:
        draw = self._rng.random()
        near = self._near[team.id].get(skill) if draw < NEAR else None
        far = self._far[team.id].get(skill) if draw < PARTNER else None
        return self._rng.choice(near or far or self._workforce.holders[skill])


def _holders_in(teams: list[Team]) -> dict[str, list[Colleague]]:
    holders: dict[str, list[Colleague]] = {}
    for person in (person for team in teams for person in team.members):
        for skill in person.skills:
            holders.setdefault(skill, []).append(person)
    return holders


def build_jobs(scale: Scale, seed: int, today: date, workforce: Workforce, clients: list[Client]) -> list[Job]:
    """Make the history, oldest first; all of it ends before today."""
    rng = chance(seed, "jobs")
    arrivals = Arrivals(today - timedelta(days=HISTORY_DAYS), HISTORY_DAYS)
    dispatcher = Dispatcher(workforce, rng)
    drawn: list[tuple[date, date, Family]] = []
    for family in _families(scale.tasks, rng):
        duration = rng.randint(*family.days)
        opened_on = arrivals.draw(duration + 1, rng)
        drawn.append((opened_on, opened_on + timedelta(days=duration), family))
    drawn.sort(key=lambda entry: (entry[0], entry[1], entry[2].key))
    abroad = _clients_by_country(clients)
    return [
        _job(number, entry, _client(entry[2], clients, abroad, rng), dispatcher, rng)
        for number, entry in enumerate(drawn, start=1)
    ]


def _families(tasks: int, rng: random.Random) -> list[Family]:
    rare = [family for family in RARE_FAMILIES for _ in range(family.weight)]
    least = [family for family in FAMILIES for _ in range(FAMILY_TASKS_MIN)]
    more = tasks - len(rare) - len(least)
    return rare + least + rng.choices(FAMILIES, [family.weight for family in FAMILIES], k=more)


def _clients_by_country(clients: list[Client]) -> dict[str, list[Client]]:
    by_country: dict[str, list[Client]] = {}
    for client in clients:
        by_country.setdefault(client.place.country.lower(), []).append(client)
    return by_country


def _client(family: Family, clients: list[Client], abroad: dict[str, list[Client]], rng: random.Random) -> Client:
    authority = family.regulations[0] if family.regulations else ""
    return rng.choice(abroad.get(authority.partition("-")[0], clients))


def _job(
    number: int, drawn: tuple[date, date, Family], client: Client, dispatcher: Dispatcher, rng: random.Random
) -> Job:
    opened_on, closed_on, family = drawn
    needs = sorted(rng.sample(family.skills, k=rng.randint(2, len(family.skills))))
    return Job(
        id=entity_id("task", f"t{number:06}"),
        number=number,
        family=family,
        client=client,
        opened_on=opened_on,
        closed_on=closed_on,
        needs=needs,
        crew=dispatcher.crew(family, needs),
        regulations=family.regulations,
        yuan=rng.randint(*family.yuan),
        result=rng.choices(RESULTS, RESULT_WEIGHTS)[0],
    )


def second_authority(job: Job, rng: random.Random) -> str:
    """Return a regulation of an authority that the job does not have to do with yet."""
    known = {regulation.partition(":")[0] for regulation in job.regulations}
    return rng.choice([other for other in SECOND_AUTHORITIES if other.partition(":")[0] not in known])


def link_sequels(jobs: list[Job], seed: int) -> None:
    """Let some jobs follow the customer's last one that was closed before they opened."""
    rng = chance(seed, "sequels")
    last: dict[str, Job] = {}
    for job in jobs:
        before = last.get(job.client.id)
        if before is not None and before.closed_on < job.opened_on and rng.random() < 1 / 4:
            job.after = before
        if before is None or before.closed_on < job.closed_on:
            last[job.client.id] = job


def at_hour(day: date, hour: int) -> datetime:
    """Return an hour of a UTC day."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def job_records(job: Job) -> Iterator[Record]:
    """Yield a task and everything that starts or ends at it."""
    days = (job.closed_on - job.opened_on).days
    place = job.client.place
    slack = job.number % 7 - 4
    yield Task(
        id=job.id,
        title=f"{job.family.title} for {job.client.name}, {job.opened_on:%Y-%m}",
        state=TaskState.CLOSED,
        kind="order",
        result=job.result,
        value=Decimal(local_amount(job.yuan, place)),
        currency=place.currency,
        effort_days=float(max(1, len(job.crew) * days * (3 + job.number % 4) // 10)),
        opened_at=at_hour(job.opened_on, 1 + job.number % 9),
        due_at=at_hour(max(job.opened_on, job.closed_on + timedelta(days=slack)), 16),
        closed_at=at_hour(job.closed_on, 11 + job.number % 9),
        family=job.family.key,
        regulations=job.regulations,
    )
    yield For(source=job.id, target=job.client.id)
    if job.after is not None:
        yield Precedes(source=job.after.id, target=job.id)
    for place_in_list, need in enumerate(job.needs):
        yield Requires(
            source=job.id, target=SKILL_BY_KEY[need].id, level=1 + job.number % 3, weight=3 - min(2, place_in_list)
        )
    yield from _work(job)


def _work(job: Job) -> Iterator[WorkedOn]:
    pair = job.coupled or ()
    if job.coupled is not None:
        yield from _to_and_fro(job, job.coupled)
    for index, person in enumerate(job.crew):
        if person not in pair:
            role = "member" if index else "lead"
            yield WorkedOn(source=person.id, target=job.id, role=role, since=job.opened_on, until=job.closed_on)


def _to_and_fro(job: Job, pair: tuple[Colleague, Colleague]) -> Iterator[WorkedOn]:
    turns = COUPLED_ROUNDS * len(pair)
    days = (job.closed_on - job.opened_on).days
    starts = [job.opened_on + timedelta(days=days * turn // turns) for turn in range(turns)]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), job.closed_on]
    for turn, (since, until) in enumerate(zip(starts, ends, strict=True)):
        side = ("technical", "commercial")[turn % 2]
        role = f"{side} {turn // 2 + 1}"
        yield WorkedOn(source=pair[turn % 2].id, target=job.id, role=role, since=since, until=until)

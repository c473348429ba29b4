"""Random small organizations with tasks and swarms that work, and the best reorganisation, found by trying all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from random import Random
from typing import Any

from msgspec.structs import replace

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days, Money
from graph_api.kernel.records import Record
from graph_api.organization.model import Customer, For, HasSkill, Person, Requires, Skill, Task, TaskState, WorkedOn
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.demand import resolved
from graph_api.swarm.facts import Rules
from graph_api.swarm.model import Demand, MemberOf, Staffs, Swarm
from graph_api.swarm.problem import AssemblyProblem
from graph_api.swarm.reorganising.movers import Mover, Tariff, demand_of_rest, demand_of_today, mover_of
from graph_api.swarm.reorganising.worth import weights_of, worth_of
from graph_api.swarm.snapshot import SnapshotReading, customer_of
from graph_api.swarm.terms import terms_of
from tests.support.memory_replica import MemoryReplica
from tests.swarm.oracle import worth

TODAY = date(2026, 3, 4)
AT = datetime(2026, 3, 4, 9, tzinfo=UTC)
SKILLS = ("skill:a", "skill:b", "skill:c")
TARIFF = Tariff(currency="CNY", handover_days=Decimal(2), threshold=Decimal(0))
RULES = Rules()
TARGET = "task:new"


def world(seed: int) -> MemoryReplica:
    """Some people, up to three swarms of two at work, and one task that waits."""
    chance = Random(seed)
    people = [f"person:{number}" for number in range(chance.randint(6, 9))]
    records: list[Record] = [Skill(id=skill, name=skill) for skill in SKILLS]
    records.append(Customer(id="customer:c", name="C", timezone="America/Mexico_City"))
    for person in people:
        records.append(_person(chance, person))
        held = chance.sample(SKILLS, chance.randint(1, 3))
        records += [HasSkill(source=person, target=skill, level=chance.randint(1, 5)) for skill in held]
        records += [WorkedOn(source=person, target="task:old", role="member")] if chance.random() < 0.3 else []
    records.append(Task(id="task:old", title="Old", state=TaskState.CLOSED, closed_at=datetime(2026, 1, 5, tzinfo=UTC)))
    records += _task(chance, TARGET, TaskState.OPEN, chance.randint(1, 3))
    free = list(people)
    chance.shuffle(free)
    for number in range(chance.randint(1, 3)):
        records += _swarm(chance, number, [free.pop(), free.pop()] if len(free) > 3 else [free.pop()])
    return MemoryReplica(*records)


def _person(chance: Random, person: str) -> Person:
    zone = chance.choice(["Asia/Shanghai", "America/Mexico_City", None])
    rate = chance.choice([Decimal(100), Decimal(500), None])
    return Person(
        id=person, name=person, timezone=zone, day_rate=rate, currency="CNY" if rate else None,
        absences=("2026-03-10/2026-03-10",) if chance.random() < 0.1 else (),
    )  # fmt: skip


def _task(chance: Random, task: str, state: TaskState, skills: int) -> list[Record]:
    value = Decimal(chance.choice([0, 1000, 5000, 20000, 100000]))
    asked = chance.sample(SKILLS, skills)
    return [
        Task(id=task, title=task, state=state, value=value, currency="CNY", due_at=AT + timedelta(days=13)),
        For(source=task, target="customer:c"),
        *(
            Requires(source=task, target=skill, level=chance.choice([1, 1, 2, 3]), weight=chance.randint(1, 3))
            for skill in asked
        ),
    ]


def _swarm(chance: Random, number: int, people: list[str]) -> list[Record]:
    swarm, task = f"swarm:{number}", f"task:{number}"
    first = TODAY - timedelta(days=chance.randint(0, 3))
    last = TODAY + timedelta(days=chance.randint(0, 20))
    roles = chance.sample(SKILLS, len(people))
    made: list[Record] = [
        *_task(chance, task, TaskState.STAFFED, len(people)),
        Swarm(id=swarm, formed_at=AT, starts_on=first, ends_on=last),
        Staffs(source=swarm, target=task),
    ]
    for person, role in zip(people, roles, strict=True):
        made.append(HasSkill(source=person, target=role, level=chance.randint(1, 5)))
        made.append(MemberOf(source=person, target=swarm, roles=(role,), since=first, until=last, share_permille=1000))
    return made


def _problem(view: GraphView, task: str, demand: Demand, kept: frozenset[str] = frozenset()) -> AssemblyProblem:
    taken = SnapshotReading(
        view, demand, customer_id=customer_of(view, task), today=TODAY, rules=RULES, kept_ids=kept
    ).at_once()  # fmt: skip
    return problem_of(taken, terms_of(demand))


def _best(problem: AssemblyProblem, barred: frozenset[str] = frozenset()) -> Iterator[tuple[int, frozenset[str]]]:
    """Every team of the right size that is one, with its points."""
    places = [at for at, one in enumerate(problem.candidates) if one.person_id not in barred]
    for team in combinations(places, problem.headcount):
        points = worth(problem, team)
        if points is not None:
            yield points, frozenset(problem.candidates[at].person_id for at in team)


def best_gain(state: MemoryReplica, value: Money, tariff: Tariff = TARIFF) -> tuple[Decimal, int] | None:
    """What the best reorganisation gains over the best free team, and how many it moves; None where none is possible.

    Everything is tried: every team, and every way to re-plan all of the left swarms at once.
    """
    view = state.graph
    demand = resolved(view, None, view.node(Task, TARGET), TODAY, RULES)
    weights = weights_of(terms_of(demand))
    assert demand.days is not None
    movers = {one.id: found for one in view.nodes(Person) if (found := _mover(view, one.id, demand.days, tariff))}
    free = max((points for points, _ in _best(_problem(view, TARGET, demand))), default=0)
    stripped = _problem(_Without(view, movers), TARGET, demand)  # pyright: ignore[reportArgumentType]  # a view in part
    best: tuple[Decimal, int] | None = None
    for points, team in _best(stripped):
        moved = [movers[one] for one in sorted(team & movers.keys())]
        if not moved or len({mover.swarm_id for mover in moved}) < len(moved):
            continue
        cost = _least_cost(view, moved, team)
        if cost is None:
            continue
        gain = worth_of(value.amount, points - free, weights) - cost
        best = max(best, (gain, len(moved))) if best else (gain, len(moved))
    return best


def _mover(view: GraphView, person_id: str, days: Days, tariff: Tariff) -> Mover | None:
    return mover_of(view, person_id, days, TODAY, tariff)


class _Without:
    """A view in which those who may be moved are booked by nobody on the days."""

    def __init__(self, view: GraphView, movers: dict[str, Mover]) -> None:
        self._view = view
        self._movers = movers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def outgoing(self, kind: Any, source: str) -> Any:
        links = self._view.outgoing(kind, source)
        if kind is not MemberOf or source not in self._movers:
            return links
        # The booking still counts as a seat that was taken lately; it only holds no day.
        return [replace(link, until=link.since - timedelta(days=1)) if link.left_at is None else link for link in links]


def _least_cost(view: GraphView, moved: list[Mover], team: frozenset[str]) -> Decimal | None:
    def rest(at: int, taken: frozenset[str]) -> Decimal | None:
        if at == len(moved):
            return Decimal(0)
        mover, least = moved[at], None
        for newcomer, cost in _replans(view, mover, taken):
            after = rest(at + 1, taken | {newcomer})
            if after is not None and (least is None or cost + after < least):
                least = cost + after
        return least

    return rest(0, team)


def _replans(view: GraphView, mover: Mover, taken: frozenset[str]) -> Iterator[tuple[str, Decimal]]:
    before, kept = demand_of_today(view, mover.vacancy)
    after, stayers = demand_of_rest(view, mover.vacancy, taken)
    now = max((points for points, _ in _best(_problem(view, mover.task_id, before, kept))), default=None)
    if now is None:
        return
    weights = weights_of(terms_of(before))
    for points, team in _best(_problem(view, mover.task_id, after, stayers), taken - stayers):
        lost = worth_of(mover.task_value, now - points, weights)
        yield next(iter(team - stayers)), mover.handover + max(Decimal(0), lost)

"""Giving a member's seat to another, and letting people go: exactly the best one, in one commit, or nothing at all."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.commands import InputRejected
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.ops.settings import load_settings
from graph_api.organization.model import Customer, For, HasSkill, Person, Requires, Skill, Task, TaskState
from graph_api.permission.derivation import DerivedTable
from graph_api.swarm.assembly import MemberReplaced, PersonEnded, Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.facts import Rules
from graph_api.swarm.life.swarms import RESCHEDULE_SWARM, RescheduleSwarm, SwarmChanged
from graph_api.swarm.life.vacancies import Vacancy, demand_of
from graph_api.swarm.model import LeaveReason, MemberOf, Staffs, Swarm
from graph_api.swarm.roles import seated
from graph_api.swarm.service import Assembly
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, booking, replica
from tests.swarm.test_life import decide

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
DURING = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)


def swarm(*members: tuple[str, str], days: Days = DAYS, swarm: str = "swarm:s", task: str = "task:new") -> list[Record]:
    """A swarm for the task in Mexico: who holds which skill."""
    return [
        Swarm(id=swarm, formed_at=NOW, starts_on=days.starts_on, ends_on=days.ends_on),
        Staffs(source=swarm, target=task),
        *(
            MemberOf(
                source=f"person:{one}", target=swarm, roles=(role,), since=days.starts_on, until=days.ends_on,
                share_permille=1000,
            )
            for one, role in members
        ),
    ]  # fmt: skip


def service(state: MemoryReplica, pool: SolverPool, at: datetime = NOW) -> Assembly:
    return Assembly(state, pool, load_settings(mutation_seconds=30.0), lambda: at)


async def replace(state: MemoryReplica, pool: SolverPool, person: str, at: datetime = NOW, **asked: Any) -> Any:
    state.start = at
    given: dict[str, Any] = {
        "swarm_id": "swarm:s", "person_id": f"person:{person}", "replacement_id": None, "starts_on": None,
        "reason": LeaveReason.UNAVAILABLE, "actor": "user:a", "idempotency_key": None,
    }  # fmt: skip
    return (await service(state, pool, at).replace_member(**{**given, **asked})).value


async def end(state: MemoryReplica, pool: SolverPool, person: str, last_day: date, **asked: Any) -> Any:
    state.start = NOW
    given: dict[str, Any] = {"actor": "user:a", "idempotency_key": None}
    asked = {**given, **asked}
    return (await service(state, pool).end_person(person_id=f"person:{person}", last_day=last_day, **asked)).value


def bookings(state: MemoryReplica, swarm: str = "swarm:s") -> dict[str, tuple[tuple[str, ...], date, date, bool]]:
    links = state.graph.incoming(MemberOf, swarm)
    return {
        link.source.removeprefix("person:"): (link.roles, link.since, link.until, link.left_at is None)
        for link in links
    }


def codes(refusal: object) -> set[str]:
    assert isinstance(refusal, InputRejected), refusal
    return {problem.code for problem in refusal.problems}


async def test_the_best_of_those_who_are_free_takes_the_seat(pool: SolverPool) -> None:
    """Di is nearer to the customer than Cy, though no better at customs in points of skill alone."""
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    assert await replace(state, pool, "cy") == MemberReplaced(swarm_id="swarm:s", replacement_id="person:di")
    first, last = DAYS.starts_on, DAYS.ends_on
    assert bookings(state) == {"ada": ((TAX,), first, last, True), "di": ((CUSTOMS,), first, last, True)}
    assert not list(bookings_held(state.graph, "person:cy")), "who never began is free, and owes nothing"


async def test_who_began_keeps_the_days_that_were_worked_and_the_other_comes_today(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    await replace(state, pool, "cy", DURING)
    assert bookings(state)["cy"] == ((CUSTOMS,), DAYS.starts_on, date(2026, 3, 10), False)
    assert bookings(state)["di"] == ((CUSTOMS,), date(2026, 3, 11), DAYS.ends_on, True)
    link = state.graph.link(MemberOf, "person:cy", "swarm:s")
    assert link is not None
    assert link.left_at is not None
    assert (link.left_at.date(), link.left_because) == (DURING.date(), LeaveReason.UNAVAILABLE)
    held = {each.relation for each in TABLE.derive(state.graph, link.key, DURING.date()).tuples}
    assert "recorder" in held, "who left writes down what was learned"


async def test_who_leaves_later_works_until_then(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    await replace(state, pool, "cy", DURING, starts_on=date(2026, 3, 13))
    assert bookings(state)["cy"] == ((CUSTOMS,), DAYS.starts_on, date(2026, 3, 12), False)
    assert bookings(state)["di"] == ((CUSTOMS,), date(2026, 3, 13), DAYS.ends_on, True)
    assert len(list(bookings_held(state.graph, "person:cy"))) == 1, "the days until then are not free"
    assert codes(await replace(state, pool, "cy", DURING)) == {"NOT_A_MEMBER"}


async def test_those_who_stay_need_not_be_free_a_second_time_and_may_change_roles(pool: SolverPool) -> None:
    """Bo can do tax and live; when Eve, who streams, leaves, nobody but Bo streams, and Ada takes over tax."""
    state = replica(*swarm(("bo", TAX), ("eve", LIVE)), Person(id="person:eve", name="Eve", kind="bot"))
    assert isinstance(await replace(state, pool, "eve"), MemberReplaced)
    assert {who: roles for who, (roles, *_) in bookings(state).items()} == {"bo": (LIVE,), "ada": (TAX,)}


async def test_the_one_who_is_named_takes_the_seat_or_it_is_told_why_not(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("di", CUSTOMS)))
    told = await replace(state, pool, "di", replacement_id="person:eve")
    assert isinstance(told, Shortage)
    assert any(one.person_id == "person:eve" for one in told.conflict)
    assert await replace(state, pool, "di", replacement_id="person:cy") == MemberReplaced(
        swarm_id="swarm:s", replacement_id="person:cy"
    )


BO_IS_BOOKED = booking("person:bo", DAYS, 1000, swarm="swarm:y")


async def test_where_nobody_can_take_the_seat_it_says_why_and_changes_nothing(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("di", CUSTOMS)), *booking("person:cy", DAYS, 1000), *BO_IS_BOOKED)
    before = bookings(state)
    assert isinstance(await replace(state, pool, "di"), Shortage)
    assert bookings(state) == before


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"swarm_id": "swarm:none"}, {"UNKNOWN_REFERENCE", "NOT_A_MEMBER"}),
        ({"person_id": "person:none"}, {"UNKNOWN_REFERENCE"}),
        ({"person_id": "person:bo"}, {"NOT_A_MEMBER"}),
        ({"replacement_id": "person:ada"}, {"CONTRADICTION"}),
        ({"replacement_id": "person:none"}, {"UNKNOWN_REFERENCE"}),
        ({"starts_on": date(2026, 3, 14)}, {"OUT_OF_RANGE"}),
        ({"starts_on": date(2026, 3, 8)}, {"OUT_OF_RANGE"}),
    ],
)
async def test_what_is_wrong_with_it_is_told(pool: SolverPool, asked: dict[str, Any], expected: set[str]) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    assert codes(await replace(state, pool, "cy", **asked)) == expected


async def test_an_overdue_swarm_is_rescheduled_first(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    after = datetime(2026, 3, 20, 9, tzinfo=UTC)
    assert codes(await replace(state, pool, "cy", after)) == {"OUT_OF_RANGE"}


async def test_the_same_key_replaces_once(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    first = await replace(state, pool, "cy", idempotency_key="k")
    number = state.number
    assert await replace(state, pool, "cy", idempotency_key="k") == first
    assert state.number == number


async def test_a_swarm_is_moved_with_who_leaves_and_who_comes_later(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    await replace(state, pool, "cy", DURING, starts_on=date(2026, 3, 13))
    longer = RescheduleSwarm(swarm_id="swarm:s", days=Days(DAYS.starts_on, date(2026, 3, 17)))
    assert isinstance(decide(state.graph, RESCHEDULE_SWARM, longer, DURING), SwarmChanged)
    assert bookings(state)["cy"][2] == date(2026, 3, 12)
    assert bookings(state)["di"][1:3] == (date(2026, 3, 13), date(2026, 3, 17))
    shorter = RescheduleSwarm(swarm_id="swarm:s", days=Days(DAYS.starts_on, date(2026, 3, 12)))
    decide(state.graph, RESCHEDULE_SWARM, shorter, DURING)
    assert bookings(state)["cy"] == ((CUSTOMS,), DAYS.starts_on, date(2026, 3, 12), True), "nobody has to leave it"
    assert "di" not in bookings(state)


async def test_who_leaves_the_organization_is_replaced_everywhere_in_one_commit(pool: SolverPool) -> None:
    state = replica(
        *swarm(("ada", TAX), ("di", CUSTOMS)),
        *swarm(("ada", TAX), days=Days(date(2026, 3, 16), date(2026, 3, 20)), swarm="swarm:t", task="task:old"),
        Task(id="task:old", title="Another", state=TaskState.STAFFED),
    )
    number = state.number
    done = await end(state, pool, "ada", date(2026, 3, 11))
    assert done == PersonEnded(person_id="person:ada", swarm_ids=("swarm:s", "swarm:t"))
    assert state.number == number + 1
    assert bookings(state)["ada"] == ((TAX,), DAYS.starts_on, date(2026, 3, 11), False)
    assert bookings(state)["bo"] == ((TAX,), date(2026, 3, 12), DAYS.ends_on, True)
    assert set(bookings(state, "swarm:t")) == {"bo"}, "the days of the two seats do not overlap"
    person = state.graph.node(Person, "person:ada")
    assert person is not None
    assert person.last_day == date(2026, 3, 11)


async def test_nobody_takes_two_seats_on_the_same_days(pool: SolverPool) -> None:
    """Only Bo can do tax beside Ada: the second seat stays empty, so nothing is changed."""
    state = replica(
        *swarm(("ada", TAX), ("di", CUSTOMS)),
        *swarm(("ada", TAX), swarm="swarm:t", task="task:old"),
        Task(id="task:old", title="Another", state=TaskState.STAFFED),
    )
    before = bookings(state)
    assert isinstance(await end(state, pool, "ada", date(2026, 3, 11)), Shortage)
    assert bookings(state) == before
    person = state.graph.node(Person, "person:ada")
    assert person is not None
    assert person.last_day is None


async def test_who_hands_over_a_seat_later_stays_until_then(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    await replace(state, pool, "cy", starts_on=date(2026, 3, 12))
    assert codes(await end(state, pool, "cy", date(2026, 3, 10))) == {"CONTRADICTION"}
    assert await end(state, pool, "cy", date(2026, 3, 11)) == PersonEnded(person_id="person:cy", swarm_ids=())


async def test_a_swarm_that_is_overdue_is_ended_or_moved_before_its_people_leave(pool: SolverPool) -> None:
    last = Days(date(2026, 2, 2), date(2026, 2, 6))
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS), days=last))
    assert codes(await end(state, pool, "ada", date(2026, 3, 4))) == {"CONTRADICTION"}


async def test_the_last_of_all_days_is_a_last_day_too(pool: SolverPool) -> None:
    state = replica(*swarm(("ada", TAX), ("cy", CUSTOMS)))
    assert await end(state, pool, "ada", date.max) == PersonEnded(person_id="person:ada", swarm_ids=())


async def test_who_is_in_no_swarm_just_gets_a_last_day(pool: SolverPool) -> None:
    state = replica()
    assert await end(state, pool, "bo", date(2026, 3, 1)) == PersonEnded(person_id="person:bo", swarm_ids=())
    assert codes(await end(state, pool, "none", date(2026, 3, 1))) == {"UNKNOWN_REFERENCE"}


def crowd(random: Random) -> MemoryReplica:
    """A swarm of three, and some who could take a seat, booked here and there."""
    skills = (TAX, CUSTOMS, LIVE)
    people = [f"person:{number:02}" for number in range(random.randint(5, 12))]
    records: list[Record] = [Skill(id=skill, name=skill) for skill in skills]
    records += [Customer(id="customer:c", name="C", timezone="America/Mexico_City")]
    records += [Task(id="task:new", title="New", state=TaskState.STAFFED), For(source="task:new", target="customer:c")]
    records += [Requires(source="task:new", target=skill, level=1, weight=random.randint(1, 3)) for skill in skills]
    zones = ("Asia/Shanghai", "America/Mexico_City", "Europe/Madrid", None)
    for person in people:
        records.append(Person(id=person, name=person, timezone=random.choice(zones)))
        held = [skill for skill in skills if random.random() < 0.6]
        records += [HasSkill(source=person, target=skill, level=random.randint(1, 5)) for skill in held]
    for place, role in enumerate(skills):
        records.append(HasSkill(source=people[place], target=role, level=random.randint(1, 5)))
    records += swarm(*((people[place].removeprefix("person:"), role) for place, role in enumerate(skills)))
    for number, person in enumerate(people[3:]):
        if random.random() < 0.4:
            start = DAYS.starts_on + timedelta(days=random.randint(-3, 6))
            booked = booking(person, Days(start, start + timedelta(days=2)), 1000, swarm=f"swarm:x{number}")
            records += booked
    return MemoryReplica(*records)


def tried(state: MemoryReplica, leaver: str) -> dict[str, int]:
    """Milli-points of the team of those who stay and one more, by each who could be it."""
    link = state.graph.link(MemberOf, leaver, "swarm:s")
    assert link is not None
    vacancy = Vacancy(booking=link, first_day=DAYS.starts_on, reason=LeaveReason.OTHER)
    demand = demand_of(state.graph, vacancy)
    stayers = frozenset(demand.pinned_ids or ())
    taken = SnapshotReading(
        state.graph, demand, customer_id="customer:c", today=NOW.date(), rules=Rules(), kept_ids=stayers
    ).at_once()
    problem = problem_of(taken, terms_of(demand))
    places = problem.positions
    pinned = [places[one] for one in sorted(stayers)]
    teams = {one: seated(problem, [*pinned, place]) for one, place in places.items() if one not in stayers}
    return {one: team.objective for one, team in teams.items() if team is not None}


@pytest.mark.parametrize("seed", range(40))
async def test_the_substitute_is_the_best_of_all_who_were_tried(pool: SolverPool, seed: int) -> None:
    random = Random(seed)
    state = crowd(random)
    leaver = random.choice(("person:00", "person:01", "person:02"))
    worth = tried(state, leaver)
    before = {who for who, (*_, stays) in bookings(state).items() if stays}
    done = await replace(state, pool, leaver.removeprefix("person:"))
    if not worth:
        assert isinstance(done, Shortage)
        return
    assert isinstance(done, MemberReplaced)
    assert worth[done.replacement_id] == max(worth.values())
    now = {who for who, (*_, stays) in bookings(state).items() if stays}
    assert (now - before, before - now) == ({done.replacement_id[7:]}, {leaver[7:]})

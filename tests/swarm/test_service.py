"""The assembler on a replica in memory, with real solver processes: propose, open, assemble."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from graph_api.kernel.commands import InputRejected
from graph_api.kernel.errors import Conflict, Unavailable
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.ops.settings import load_settings
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task, TaskState
from graph_api.projection.revision import token
from graph_api.swarm.assembly import (
    Assembled,
    Booked,
    ConstraintKind,
    NewTask,
    NotDecided,
    Proposed,
    Shortage,
    TaskOpened,
)
from graph_api.swarm.checks import TeamMember, team_faults
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Swarm
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.service import Assembly
from graph_api.swarm.worker import SolverPool
from tests.support.commands import PUT, Put
from tests.support.memory_replica import LOG_ID, MemoryReplica
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, booking, demand, replica

LONG_MS = 20_000


def clock() -> datetime:
    return datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def service(state: MemoryReplica, pool: SolverPool) -> Assembly:
    return Assembly(state, pool, load_settings(mutation_seconds=30.0), clock)


async def propose(state: MemoryReplica, pool: SolverPool, **asked: Any) -> Any:
    given: dict[str, Any] = {"task_id": None, "demand": demand(), "alternatives": 0, "deadline_ms": LONG_MS}
    return (await service(state, pool).propose(**{**given, **asked})).value


async def assemble(state: MemoryReplica, pool: SolverPool, **asked: Any) -> Any:
    given: dict[str, Any] = {
        "task_id": "task:new", "demand": None, "person_ids": None, "actor": "user:a", "idempotency_key": None,
    }  # fmt: skip
    return (await service(state, pool).assemble(**{**given, **asked})).value


async def test_the_best_team_is_proposed_with_a_proof_and_alternatives(pool: SolverPool) -> None:
    """Di is nearest to the customer and the best at customs; Ada is the best at tax."""
    state = replica()
    found = await propose(state, pool, task_id="task:new", demand=None, alternatives=5)
    assert isinstance(found, Proposed)
    team = found.proposal.team
    assert {seat.person_id: seat.roles for seat in team.seats} == {"person:ada": (TAX,), "person:di": (CUSTOMS,)}
    assert team.objective == 2 * 1000 - 300 + 1000
    assert found.proposal.certificate.status is CertificateStatus.PROVED
    assert found.proposal.certificate.candidates == 4
    others = [one.objective for one in found.proposal.alternatives]
    assert others == sorted(others, reverse=True)
    assert len(others) == 4, "of the pairs only Ada and Bo with customs by Ada, and Bo or Ada with the two others"
    assert found.elapsed_ms > 0
    assert state.number == 1, "nothing was changed"


@pytest.mark.parametrize("moves", [0, 1, 1000])
async def test_everybody_is_read_in_slices_and_all_of_one_state(
    pool: SolverPool, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Whoever comes while it is read why nobody suffices is in the answer, or the answer is of the state before."""
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    state, turns = replica(*(Person(id=f"person:more{number:03}", name="More") for number in range(200))), 0
    asked = demand(skills=(SkillDemand(skill_id=TAX), SkillDemand(skill_id="skill:new")))
    await state.submit(PUT, Put(records=(Skill(id="skill:new", name="New"),)), actor="user:a")

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            if turns <= moves:
                level = HasSkill(source=f"person:more{turns % 200:03}", target="skill:new", level=1 + turns % 5)
                await state.submit(PUT, Put(records=(level,)), actor="user:a")
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    answer = await service(state, pool).propose(task_id=None, demand=asked, alternatives=0, deadline_ms=LONG_MS)
    beside.cancel()
    assert turns > 100, "others had their turn while everybody was read"
    if isinstance(answer.value, Shortage):
        assert answer.revision == token(LOG_ID, 2), "by the first move somebody holds it"
    else:
        assert isinstance(answer.value, Proposed)
        assert moves > 0


async def test_a_demand_that_cannot_be_met_says_why_and_what_would_mend_it(pool: SolverPool) -> None:
    asked = demand(skills=(SkillDemand(skill_id=TAX, minimum_level=4), SkillDemand(skill_id=LIVE, minimum_level=5)))
    found = await propose(replica(), pool, demand=asked)
    assert isinstance(found, Shortage)
    assert {(one.kind, one.skill_id) for one in found.conflict} == {
        (ConstraintKind.SKILL, LIVE),
        (ConstraintKind.LEVEL, LIVE),
    }
    assert {(one.relaxes.kind, one.relaxed_to) for one in found.repairs} == {
        (ConstraintKind.SKILL, None),
        (ConstraintKind.LEVEL, "4"),
    }
    assert LIVE in found.message


async def test_a_shortage_knows_those_who_were_no_candidates(pool: SolverPool) -> None:
    """Both who do customs are booked; the repairs free them by days, or by a share."""
    state = replica(
        *booking("person:cy", Days(date(2026, 3, 12), date(2026, 3, 13)), 600),
        *booking("person:di", DAYS, 1000, swarm="swarm:y"),
    )
    asked = demand(skills=(SkillDemand(skill_id=CUSTOMS, minimum_level=4),), headcount=1)
    found = await propose(state, pool, demand=asked)
    assert isinstance(found, Shortage)
    assert {one.kind for one in found.conflict} >= {ConstraintKind.SKILL, ConstraintKind.DAYS}
    relaxed = {(repair.relaxes.kind, repair.relaxed_to, repair.objective) for repair in found.repairs}
    assert (ConstraintKind.DAYS, "2026-03-09/2026-03-11", 800 - 100) in relaxed


async def test_a_deadline_without_an_answer_is_told(pool: SolverPool) -> None:
    found = await propose(replica(), pool, deadline_ms=0)
    assert isinstance(found, NotDecided)
    assert found.upper_bound is None or found.upper_bound >= 2000


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"task_id": "task:nwe"}, ("taskId",)),
        ({"demand": demand(share=2.0)}, ("demand", "share")),
        ({"demand": None}, ("demand", "skills")),
        ({"task_id": "task:new", "demand": Demand(headcount=3)}, ("demand", "headcount")),
    ],
)
async def test_what_is_asked_wrongly_is_rejected(pool: SolverPool, asked: dict[str, Any], path: tuple[str]) -> None:
    found = await propose(replica(), pool, **asked)
    assert isinstance(found, InputRejected)
    assert [problem.path for problem in found.problems] == [path]


async def test_a_task_with_more_than_eight_seats_says_the_limit(pool: SolverPool) -> None:
    state = replica(Requires(source="task:new", target=TAX, seats=9))
    found = await propose(state, pool, task_id="task:new", demand=None)
    assert isinstance(found, InputRejected)
    assert "the limit of 8 slots" in found.problems[0].message


async def test_a_stale_replica_does_not_answer(pool: SolverPool) -> None:
    state = replica()
    state.is_fresh = False
    with pytest.raises(Unavailable):
        await propose(state, pool)


async def test_assembling_books_the_best_team_in_one_commit(pool: SolverPool) -> None:
    state = replica()
    proposed = await propose(state, pool, task_id="task:new", demand=None)
    done = await assemble(state, pool)
    assert isinstance(done, Assembled)
    assert done.proposed.proposal == proposed.proposal
    assert [name for name, _, _ in state.commits] == ["assembleSwarm"]
    swarm = state.graph.node(Swarm, done.swarm_id)
    assert swarm is not None
    assert (swarm.starts_on, swarm.ends_on) == (date(2026, 3, 4), date(2026, 3, 20))
    assert swarm.ties_as_of == date(2026, 3, 2), "the Monday of the week, kept so that the proof can be repeated"
    members = {link.source for link in state.graph.incoming(MemberOf, done.swarm_id)}
    assert members == {"person:ada", "person:di"}
    again = await assemble(state, pool)
    assert isinstance(again, InputRejected)
    assert again.problems[0].code == "STAFFED"


async def test_a_given_team_gets_its_best_roles(pool: SolverPool) -> None:
    state = replica(HasSkill(source="person:bo", target=CUSTOMS, level=5))
    done = await assemble(state, pool, person_ids=("person:bo", "person:ada"))
    assert isinstance(done, Assembled)
    assert {seat.person_id: seat.roles for seat in done.proposed.proposal.team.seats} == {
        "person:ada": (TAX,),
        "person:bo": (CUSTOMS,),
    }


async def test_a_given_team_that_cannot_do_it_is_refused_with_reasons(pool: SolverPool) -> None:
    found = await assemble(replica(), pool, person_ids=("person:bo", "person:eve"))
    assert isinstance(found, Shortage)
    kinds = {one.kind for one in found.conflict}
    assert ConstraintKind.PINNED in kinds or ConstraintKind.SKILL in kinds


@pytest.mark.parametrize(
    ("person_ids", "asked", "path"),
    [
        ((), None, ("personIds",)),
        (("person:ada", "person:ada"), None, ("personIds", "1")),
        (("person:ada", "person:zoe"), None, ("personIds", "1")),
        (("person:ada",), Demand(headcount=2), ("personIds",)),
        (("person:ada",), Demand(pinned_ids=("person:di",)), ("personIds",)),
        (("person:bo", "person:ada"), Demand(excluded_ids=("person:ada",)), ("personIds", "1")),
        (("person:ada", "person:bo", "person:di"), None, ("personIds",)),
    ],
)
async def test_a_team_named_wrongly_is_rejected(
    pool: SolverPool, person_ids: tuple[str, ...], asked: Demand | None, path: tuple[str, ...]
) -> None:
    found = await assemble(replica(), pool, person_ids=person_ids, demand=asked)
    assert isinstance(found, InputRejected)
    assert path in {problem.path for problem in found.problems}


def pinning(person_id: str) -> MemoryReplica:
    """A replica whose task asks for one person."""
    stored = msgspec.json.encode(Demand(pinned_ids=(person_id,))).decode()
    state = replica()
    task = state.graph.node(Task, "task:new")
    assert task is not None
    state.graph.apply([upsert(msgspec.structs.replace(task, demand=stored))])
    return state


async def test_a_team_named_without_somebody_whom_the_task_pins_is_rejected(pool: SolverPool) -> None:
    found = await assemble(pinning("person:cy"), pool, person_ids=("person:ada", "person:di"))
    assert isinstance(found, InputRejected)
    assert "person:cy must be a member" in found.problems[0].message


async def test_an_empty_list_takes_away_what_the_task_asks_and_nothing_keeps_it(pool: SolverPool) -> None:
    state = pinning("person:cy")
    kept = await propose(state, pool, task_id="task:new", demand=Demand())
    free = await propose(state, pool, task_id="task:new", demand=Demand(pinned_ids=()))
    assert isinstance(kept, Proposed)
    assert isinstance(free, Proposed)
    assert "person:cy" in kept.proposal.team.person_ids
    assert "person:cy" not in free.proposal.team.person_ids
    nobody = await propose(state, pool, task_id="task:new", demand=Demand(skills=()))
    assert isinstance(nobody, InputRejected)
    assert nobody.problems[0].path == ("demand", "skills")


async def test_who_waits_for_a_turn_longer_than_the_deadline_is_told_so() -> None:
    async with SolverPool(processes=1, solves_max=4) as pool, pool.turn(1.0):
        waiting = await propose(replica(), pool, deadline_ms=50)
        assert isinstance(waiting, NotDecided)
        assert "was not begun" in waiting.message


class Interfering(MemoryReplica):
    """A replica on which somebody else books people just before a command is decided."""

    def __init__(self, *before: Record, thieves: list[list[Record]]) -> None:
        super().__init__(*before)
        self.thieves = thieves

    async def submit(self, *given: Any, **named: Any) -> Any:
        if self.thieves:
            self.graph.apply([upsert(record) for record in self.thieves.pop(0)])
            self.number += 1
        return await super().submit(*given, **named)


def interfering(*thieves: list[Record]) -> Interfering:
    return Interfering(*replica().graph.records(), thieves=list(thieves))  # pyright: ignore[reportArgumentType]  # all are records


async def test_people_booked_meanwhile_make_it_solve_again(pool: SolverPool) -> None:
    state = interfering(booking("person:di", DAYS, 1000))
    done = await assemble(state, pool)
    assert isinstance(done, Assembled)
    assert done.proposed.proposal.team.person_ids == ("person:ada", "person:cy")


async def test_after_three_more_tries_the_conflict_is_told(pool: SolverPool) -> None:
    people = [
        Person(id=f"person:z{number}", name="Z", city="Monterrey", timezone="America/Monterrey") for number in range(6)
    ]
    skills = [HasSkill(source=person.id, target=CUSTOMS, level=5) for person in people]

    class Thief(Interfering):
        """Takes the very person whom the command wants."""

        async def submit(self, *given: Any, **named: Any) -> Any:
            wanted = given[1].proposed.proposal.team.person_ids[-1]
            self.thieves = [booking(wanted, DAYS, 1000, swarm=f"swarm:{wanted.partition(':')[2]}")]
            return await super().submit(*given, **named)

    state = Thief(*replica().graph.records(), *people, *skills, thieves=[])  # pyright: ignore[reportArgumentType]  # unpacked records are nodes and links
    found = await assemble(state, pool)
    assert isinstance(found, Booked)
    assert len(found.person_ids) == 1
    assert state.commits == []
    assert sum(1 for _ in state.graph.nodes(Swarm)) == 4


async def test_the_same_key_gets_the_same_swarm_and_another_input_a_conflict(pool: SolverPool) -> None:
    state = replica()
    first = await assemble(state, pool, idempotency_key="k")
    again = await assemble(state, pool, idempotency_key="k")
    assert isinstance(first, Assembled)
    assert again == first
    assert len(state.commits) == 1
    with pytest.raises(Conflict):
        await assemble(state, pool, idempotency_key="k", person_ids=("person:ada", "person:cy"))


async def test_opening_gives_an_id_once_a_key(pool: SolverPool) -> None:
    state = replica()
    task = NewTask(title="Customs", demand=Demand(skills=(SkillDemand(skill_id=TAX),)))
    opened = service(state, pool).open_task
    first = await opened(task, actor="user:a", idempotency_key="k")
    assert isinstance(first.value, TaskOpened)
    assert (await opened(task, actor="user:a", idempotency_key="k")) == first
    other = await opened(task, actor="user:a", idempotency_key=None)
    assert isinstance(other.value, TaskOpened)
    assert other.value.task_id != first.value.task_id
    named = await opened(msgspec.structs.replace(task, id="task:new"), actor="user:a", idempotency_key=None)
    assert isinstance(named.value, InputRejected)
    done = await assemble(state, pool, task_id=first.value.task_id)
    assert isinstance(done, Assembled)
    stored = state.graph.node(Task, first.value.task_id)
    assert stored is not None
    assert stored.state is TaskState.STAFFED


async def test_many_at_once_never_book_anybody_twice(pool: SolverPool) -> None:
    """Twelve tasks want a quarter of a day each of the same few people, and each person has one day."""
    state = replica(*(Task(id=f"task:{number}", title="t") for number in range(12)))
    asked = demand(share=0.25)
    answers = await asyncio.gather(
        *(assemble(state, pool, task_id=f"task:{number}", demand=asked) for number in range(12))
    )
    made = [answer for answer in answers if isinstance(answer, Assembled)]
    assert len(made) == 8, "tax is done by Ada and Bo, four quarters each"
    assert all(isinstance(answer, Shortage | Booked) for answer in answers if answer not in made)
    for person in state.graph.nodes(Person):
        booked = sum(link.share_permille for link in state.graph.outgoing(MemberOf, person.id))
        assert booked <= 1000
    for answer in made:
        seats = answer.proposed.proposal.team.seats
        team = [TeamMember(seat.person_id, seat.roles) for seat in seats]
        assert all("free" in fault.message for fault in team_faults(state.graph, asked, team))


async def test_a_crowd_is_assembled_one_after_the_other_as_long_as_there_are_people(pool: SolverPool) -> None:
    """Each of eight tasks would like the same best pair best; there are eight pairs."""
    holders = [(f"person:{name}{number}", skill) for number in range(8) for name, skill in (("t", TAX), ("c", CUSTOMS))]
    people: list[Record] = [Person(id=who, name=who, city="Shenzhen", country="CN") for who, _ in holders]
    levels: list[Record] = [HasSkill(source=who, target=skill, level=4) for who, skill in holders]
    tasks: list[Record] = [Task(id=f"task:{number}", title="t") for number in range(8)]
    state = replica(*people, *levels, *tasks)
    crowd = [assemble(state, pool, task_id=f"task:{number}", demand=demand()) for number in range(8)]
    answers = await asyncio.gather(*crowd)
    assert [type(answer) for answer in answers] == [Assembled] * 8

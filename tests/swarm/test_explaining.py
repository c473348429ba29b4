"""Explanations are exact solves: each equals what is proposed for the demand that it stands for, asked by itself."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from graph_api.kernel.commands import InputRejected
from graph_api.kernel.errors import NotFound, TimedOut
from graph_api.kernel.quantities import Days
from graph_api.organization.model import HasSkill, Person
from graph_api.swarm.assembly import Answered, ConstraintKind, Proposed, Shortage, WhyNot
from graph_api.swarm.demand import demand_problems
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.explaining.explained import Explained, substitute_of
from graph_api.swarm.explaining.variation import Variation
from graph_api.swarm.explaining.verifying import Verification
from graph_api.swarm.explaining.why_not import shortfall
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow
from graph_api.swarm.problem import CertificateStatus, Points, Solution, certificate
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.solver import Proposal, Short, Undecided
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.swarm.changing_worlds import ChangingWorld
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, booking, demand, replica
from tests.swarm.test_indexed_service import LONG_MS, SETTINGS, at, clock_of

SECONDS = 60.0


async def answer(assembly: Assembly, asked: Demand | None, task_id: str | None = None) -> Answered[Any]:
    return await assembly.propose(task_id=task_id, demand=asked, alternatives=0, deadline_ms=LONG_MS)


def variations(asked: Demand, found: Proposed, people: list[str]) -> Iterator[tuple[Variation, Demand | None]]:
    """Each variation with the demand that says the same; None where that would be no demand."""
    pinned, excluded = asked.pinned_ids or (), asked.excluded_ids or ()
    for seat in found.proposal.team.seats:
        kept = tuple(one for one in pinned if one != seat.person_id)
        demand = replace(asked, pinned_ids=kept, excluded_ids=(*excluded, seat.person_id))
        yield Variation(without=seat.person_id), demand
    for person in people:
        if person not in pinned and person not in excluded:
            yield Variation(also=person), replace(asked, pinned_ids=(*pinned, person))
    assert asked.skills is not None
    assert asked.headcount is not None
    for skill in asked.skills:
        fewer = [replace(one, seats=one.seats - 1) if one is skill else one for one in asked.skills]
        left = tuple(one for one in fewer if one.seats)
        seats = sum(one.seats for one in left)
        smaller = replace(asked, skills=left, headcount=min(asked.headcount, seats)) if left else None
        yield Variation(fewer_seats_of=skill.skill_id), smaller
    if asked.headcount > 1:
        yield Variation(fewer_members=1), replace(asked, headcount=asked.headcount - 1)


def agree(said: Any, expected: Any) -> bool:
    if isinstance(expected, Shortage | InputRejected):
        return isinstance(said, Short)
    assert isinstance(expected, Proposed)
    assert isinstance(said, Proposal)
    assert said.certificate.status is expected.proposal.certificate.status is CertificateStatus.PROVED
    return said.team.objective == expected.proposal.team.objective


@pytest.mark.parametrize("seed", range(8))
async def test_a_variation_is_what_the_demand_it_stands_for_gives(
    seed: int, pool: SolverPool, threads: SearchThreads
) -> None:
    world, compared = ChangingWorld(seed), 0
    async with open_index(world.replica, rules_of(SETTINGS), lambda: world.today) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        slow = Assembly(world.replica, pool, SETTINGS, clock_of(world))
        quick = Assembly(world.replica, pool, SETTINGS, clock_of(world), IndexedSearch(index, threads))
        while compared < 20:
            world.step()
            asked, _ = world.demand()
            if demand_problems(world.replica.graph, asked, ()):
                continue
            first, second = await answer(slow, asked), await answer(quick, asked)
            if not isinstance(first.value, Proposed):
                continue
            for found in (first, second):
                assert found.again is not None
                told = await found.again.verify(found.value.proposal.team, SECONDS)
                assert told.holds, told.faults
            others = [person.id for person in world.replica.graph.nodes(Person)][:6]
            for variation, varied in variations(asked, first.value, others):
                expected = (await answer(slow, varied)).value if varied else Shortage(message="", conflict=())
                if isinstance(expected, InputRejected) and variation.also is None:
                    continue  # fewer cities or people than are asked for: such a demand is refused, not solved
                for again in (first.again, second.again):
                    assert again is not None
                    compared += 1
                    assert agree(await again.solve(variation, SECONDS), expected), (variation, asked)


def service(state: MemoryReplica, pool: SolverPool) -> Assembly:
    return Assembly(state, pool, SETTINGS, at)


async def explained(state: MemoryReplica, pool: SolverPool, task_id: str = "task:new") -> tuple[Proposed, Explained]:
    found = await answer(service(state, pool), None, task_id)
    assert isinstance(found.value, Proposed)
    return found.value, Explained(found.value.proposal, found.again, SECONDS)


async def test_each_member_is_worth_what_the_team_loses_and_the_substitute_is_who_comes(pool: SolverPool) -> None:
    """Without Ada, Bo does tax at level 3 of 5, of weight 2; nobody else is as near as Di, who does customs best."""
    found, told = await explained(replica(), pool)
    team = found.proposal.team
    assert await told.marginal_value("person:ada") == 2 * 200 * 2
    assert substitute_of(team, await told.without("person:ada"), "person:ada") == "person:bo"
    without = await told.without("person:di")
    assert without is not None
    assert await told.marginal_value("person:di") == team.objective - without.objective > 0
    assert substitute_of(team, without, "person:di") in without.person_ids


async def test_who_cannot_be_done_without_has_no_marginal_value(pool: SolverPool) -> None:
    state = replica(*booking("person:bo", DAYS, 1000))
    asked = demand(skills=(SkillDemand(skill_id=TAX, minimum_level=3), SkillDemand(skill_id=CUSTOMS)))
    found = await answer(service(state, pool), asked)
    assert isinstance(found.value, Proposed)
    told = Explained(found.value.proposal, found.again, SECONDS)
    assert await told.marginal_value("person:ada") is None
    assert substitute_of(found.value.proposal.team, None, "person:ada") is None


async def test_prices_are_what_a_seat_and_a_member_bring(pool: SolverPool) -> None:
    found, told = await explained(replica(), pool)
    alone = await told.member_price()
    assert alone is not None, "Ada can do both"
    prices = {skill: await told.skill_price(skill) for skill in (TAX, CUSTOMS)}
    assert prices[TAX] == 2000 - 300, "without its seat Ada goes, and with her tax at level 5 and her distance"
    assert found.proposal.team.objective == 2700


async def test_nothing_is_measured_against_what_is_not_proved_or_not_there(pool: SolverPool) -> None:
    found = await answer(service(replica(), pool), None, "task:new")
    assert isinstance(found.value, Proposed)
    proposal = found.value.proposal
    with pytest.raises(NotFound):
        await Explained(proposal, None, SECONDS).marginal_value("person:ada")
    unproved = replace(proposal, certificate=certificate(1, 2, 3, is_proved=False))
    with pytest.raises(TimedOut):
        await Explained(unproved, found.again, SECONDS).marginal_value("person:ada")
    with pytest.raises(TimedOut):
        await Explained(proposal, _Undecided(), SECONDS).marginal_value("person:ada")


class _Undecided:
    async def solve(self, variation: Variation, seconds: float) -> Undecided:
        return Undecided(None)

    async def verify(self, answer: Solution, seconds: float) -> Verification:
        raise AssertionError("nobody asks for it")


async def why_not(state: MemoryReplica, pool: SolverPool, person: str, **asked: Any) -> WhyNot:
    given: dict[str, Any] = {"task_id": "task:new", "demand": None, "deadline_ms": LONG_MS}
    found = await service(state, pool).why_not(person_id=f"person:{person}", **{**given, **asked})
    assert isinstance(found.value, WhyNot)
    return found.value


async def test_who_is_eligible_falls_short_by_the_points_of_the_best_team_with_him(pool: SolverPool) -> None:
    told = await why_not(replica(), pool, "bo")
    assert told.violates == ()
    assert told.best is not None
    assert told.best_with is not None
    assert "person:bo" in told.best_with.proposal.team.person_ids
    lacks = told.best.proposal.team.objective - told.best_with.proposal.team.objective
    assert told.shortfall is not None
    assert told.shortfall.total == lacks > 0
    assert told.shortfall == shortfall(told.best.proposal.team, told.best_with.proposal.team)


async def test_who_is_in_the_best_team_falls_short_of_nothing(pool: SolverPool) -> None:
    told = await why_not(replica(), pool, "ada")
    assert (told.best_with, told.shortfall) == (told.best, Points())


async def test_every_constraint_that_is_broken_alone_is_told(pool: SolverPool) -> None:
    state = replica(
        *booking("person:cy", Days(DAYS.starts_on, DAYS.starts_on), 500),
        Person(id="person:cy", name="Cy", timezone="Asia/Shanghai", absences=("2026-03-10/2026-03-10",)),
        HasSkill(source="person:cy", target=TAX, level=1),
    )
    asked = demand(
        skills=(SkillDemand(skill_id=TAX, minimum_level=3), SkillDemand(skill_id=LIVE)),
        pinned_ids=("person:ada", "person:bo"),
        excluded_ids=("person:cy",),
        separated_pairs=(("person:cy", "person:ada"),),
        timezone_window=TimezoneWindow(timezone="America/Mexico_City", maximum_offset_hours=2.0),
    )
    told = await why_not(state, pool, "cy", task_id=None, demand=asked)
    assert {one.kind for one in told.violates} == {
        ConstraintKind.DAYS, ConstraintKind.CAPACITY, ConstraintKind.TIMEZONE, ConstraintKind.EXCLUDED,
        ConstraintKind.SEPARATED, ConstraintKind.HEADCOUNT, ConstraintKind.LEVEL, ConstraintKind.SKILL,
    }  # fmt: skip
    assert {one.skill_id for one in told.violates if one.kind is ConstraintKind.SKILL} == {LIVE}
    assert (told.best_with, told.shortfall) == (None, None)
    assert {one.kind for one in (await why_not(state, pool, "robot")).violates} == {ConstraintKind.EXCLUDED}


async def test_nobody_is_asked_about_in_vain(pool: SolverPool) -> None:
    found = await service(replica(), pool).why_not(
        task_id="task:new", demand=None, person_id="person:none", deadline_ms=LONG_MS
    )
    assert isinstance(found.value, InputRejected)


async def test_a_check_that_nobody_waits_for_ends_with_its_process() -> None:
    async with SolverPool(processes=1, solves_max=8) as own:
        found = await answer(service(replica(), own), None, "task:new")
        assert isinstance(found.value, Proposed)
        assert found.again is not None
        before = own.process_ids
        checking = asyncio.create_task(found.again.verify(found.value.proposal.team, SECONDS))
        await asyncio.sleep(0)
        checking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await checking
        told = await found.again.verify(found.value.proposal.team, SECONDS)
        assert told.holds
        assert len(own.process_ids) == len(before)

"""A seat that is given away ahead of time: until the day itself nobody who stays is given another role."""

import asyncio
from datetime import date
from random import Random

import pytest
from msgspec import structs

from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import HasSkill, Task
from graph_api.swarm.assembly import Booked, MemberReplaced, PersonEnded, Proposed, Shortage
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.clock import Deadline
from graph_api.swarm.demand import task_demand
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.facts import Rules
from graph_api.swarm.finding import TeamFinder, Wish
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.life.replacing import REPLACE_MEMBER, ReplaceMember, Replacing
from graph_api.swarm.life.vacancies import Vacancy, demand_of
from graph_api.swarm.model import LeaveReason, MemberOf
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.snapshot import SnapshotReading
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool
from tests.support.memory_replica import MemoryReplica
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.organization import CUSTOMS, LIVE, TAX, replica
from tests.swarm.test_life import decide
from tests.swarm.test_replacing import DURING, NOW, bookings, crowd, replace, service, swarm

TODAY, LATER = date(2026, 3, 11), date(2026, 3, 12)


def versed(*more: Record) -> MemoryReplica:
    """Bo does tax though he is better at streaming; of those who are free Cy alone can do both."""
    return replica(
        *swarm(("bo", TAX), ("di", CUSTOMS), ("eve", LIVE)),
        HasSkill(source="person:cy", target=LIVE, level=1),
        HasSkill(source="person:cy", target=TAX, level=4),
        *more,
    )


def roles(state: MemoryReplica) -> dict[str, tuple[str, ...]]:
    return {who: held for who, (held, *_) in bookings(state).items()}


@pytest.mark.parametrize(("day", "changes"), [(TODAY, True), (LATER, False)])
async def test_roles_of_those_who_stay_change_on_the_day_itself_and_never_before(
    pool: SolverPool, day: date, changes: bool
) -> None:
    """Eve leaves: best were Bo at streaming and Cy at tax, which cannot be while Eve is still there."""
    state = versed()
    done = await replace(state, pool, "eve", DURING, starts_on=day, replacement_id="person:cy")
    assert done == MemberReplaced(swarm_id="swarm:s", replacement_id="person:cy")
    bo, cy = ((LIVE,), (TAX,)) if changes else ((TAX,), (LIVE,))
    assert roles(state) == {"bo": bo, "di": (CUSTOMS,), "cy": cy, "eve": (LIVE,)}


async def test_roles_stay_while_somebody_who_takes_one_up_is_still_to_come(pool: SolverPool) -> None:
    """Else Bo would stream beside Eve, and nobody would do tax until Cy comes."""
    state = versed()
    await replace(state, pool, "eve", DURING, starts_on=LATER, replacement_id="person:cy")
    await replace(state, pool, "di", DURING, replacement_id="person:ada")
    held = roles(state)
    assert (held["bo"], held["cy"], held["ada"], held["eve"]) == ((TAX,), (LIVE,), (CUSTOMS,), (LIVE,))


async def test_roles_stay_until_the_day_where_somebody_leaves_the_organization(pool: SolverPool) -> None:
    state = versed()
    state.start = DURING
    assembly = service(state, pool, DURING)
    done = await assembly.end_person(person_id="person:eve", last_day=TODAY, actor="user:a", idempotency_key=None)
    assert done.value == PersonEnded(person_id="person:eve", swarm_ids=("swarm:s",))
    assert roles(state)["bo"] == (TAX,)
    assert bookings(state)["cy"][:2] == ((LIVE,), LATER)


async def test_before_the_first_day_of_all_roles_may_change(pool: SolverPool) -> None:
    """Nobody works yet, so that nothing is changed before the day: the one on which all begin."""
    state = versed()
    await replace(state, pool, "eve", NOW, replacement_id="person:cy")
    assert roles(state) == {"bo": (LIVE,), "di": (CUSTOMS,), "cy": (TAX,)}


async def test_whoever_could_come_only_into_another_role_does_not_come_ahead(pool: SolverPool) -> None:
    """Ada cannot stream: she can come where Bo streams from now on, but not while Eve is there."""
    state = replica(*swarm(("bo", TAX), ("eve", LIVE)))
    told = await replace(state, pool, "eve", DURING, starts_on=LATER, replacement_id="person:ada")
    assert isinstance(told, Shortage)
    assert any(one.skill_id == LIVE for one in told.conflict)
    assert told.message.endswith("Until the first of the days those who stay keep their roles.")
    assert isinstance(await replace(state, pool, "eve", DURING, replacement_id="person:ada"), MemberReplaced)
    assert roles(state)["bo"] == (LIVE,)


async def test_who_has_no_role_yet_is_given_one_though_the_day_is_ahead(pool: SolverPool) -> None:
    state = replica(*swarm(("bo", TAX), ("eve", LIVE)))
    for who, held in (("bo", ()), ("eve", (LIVE, TAX))):
        link = state.graph.link(MemberOf, f"person:{who}", "swarm:s")
        assert link is not None
        state.graph.apply([upsert(structs.replace(link, roles=held))])
    done = await replace(state, pool, "eve", DURING, starts_on=LATER)
    assert done == MemberReplaced(swarm_id="swarm:s", replacement_id="person:ada")
    assert roles(state) == {"bo": (LIVE,), "ada": (TAX,), "eve": (LIVE, TAX)}


def test_a_team_that_would_change_roles_too_early_is_not_booked() -> None:
    state = versed()
    held = {"bo": LIVE, "di": CUSTOMS, "cy": TAX}
    command = ReplaceMember(
        swarm_id="swarm:s", person_id="person:eve", starts_on=LATER, reason=LeaveReason.OTHER,
        team=tuple(TeamMember(f"person:{who}", (role,)) for who, role in held.items()),
    )  # fmt: skip
    told = decide(state.graph, REPLACE_MEMBER, command, DURING)
    assert isinstance(told, Booked)
    assert "person:bo" in told.person_ids


def test_no_task_can_ask_for_fixed_roles() -> None:
    state = replica()
    task = next(iter(state.graph.nodes(Task)))
    asked = structs.replace(task, demand='{"fixed_roles":[{"person_id":"person:bo","skill_ids":["skill:tax"]}]}')
    assert task_demand(state.graph, asked).fixed_roles is None


def tried(state: MemoryReplica, leaver: str) -> dict[str, int]:
    """Milli-points of the team in which those who stay keep their roles, by each who could take the vacated one."""
    link = state.graph.link(MemberOf, leaver, "swarm:s")
    assert link is not None
    demand = demand_of(state.graph, Vacancy(booking=link, first_day=LATER, reason=LeaveReason.OTHER))
    assert demand.fixed_roles is None
    stayers = frozenset(demand.pinned_ids or ())
    taken = SnapshotReading(
        state.graph, demand, customer_id="customer:c", today=NOW.date(), rules=Rules(), kept_ids=stayers
    ).at_once()
    problem = problem_of(taken, terms_of(demand))
    places, held = problem.positions, {**roles(state), leaver[7:]: ()}
    worths: dict[str, int] = {}
    for one in places.keys() - stayers:
        filled = {**{each: held[each[7:]] for each in stayers}, one: link.roles}
        levels = [
            (slot.weight, problem.candidates[places[each]].levels[slot.skill])
            for each, skills in filled.items()
            for slot in problem.slots
            if problem.skill_ids[slot.skill] in skills
        ]
        assert len(levels) == len(problem.slots)
        team = {places[each] for each in filled}
        ties = sum(bonus for first, other, bonus in problem.pairs if {first, other} <= team)
        if all(level for _, level in levels):
            skill = sum(200 * weight * level for weight, level in levels)
            worths[one] = skill + ties - sum(problem.candidates[place].penalty for place in team)
    return worths


@pytest.mark.parametrize("seed", range(40))
async def test_whoever_comes_ahead_is_the_best_beside_roles_that_stay(
    seed: int, pool: SolverPool, threads: SearchThreads
) -> None:
    chance = Random(seed)
    state = crowd(chance)
    leaver = chance.choice(("person:00", "person:01", "person:02"))
    worth, before = tried(state, leaver), bookings(state)
    command = ReplaceMember(swarm_id="swarm:s", person_id=leaver, starts_on=LATER, reason=LeaveReason.OTHER)
    async with open_index(state, Rules(), lambda: NOW.date()) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        finder = TeamFinder(state, pool, Rules(), lambda: NOW, IndexedSearch(index, threads))
        wish = Replacing(command, None).next(state.graph, NOW.date(), ())
        assert isinstance(wish, Wish)
        found = (await finder.find(wish, Deadline(30.0))).value
    done = await replace(state, pool, leaver[7:], starts_on=LATER)
    if not worth:
        assert isinstance(found, Shortage)
        assert isinstance(done, Shortage)
        return
    assert isinstance(found, Proposed)
    assert isinstance(done, MemberReplaced)
    assert worth[done.replacement_id] == max(worth.values()) == found.proposal.team.objective
    assert found.proposal.certificate.status is CertificateStatus.PROVED
    stay = before.keys() - {leaver[7:]}
    assert {who: bookings(state)[who] for who in stay} == {who: before[who] for who in stay}

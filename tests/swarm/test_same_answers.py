"""The same revision gives the same team on every replica, also where people came while its index was there already."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from graph_api.kernel.quantities import Days
from graph_api.ops.settings import load_settings
from graph_api.organization.commands import PersonInput, SavePeople, SaveSkills, SkillInput, SkillLevel
from graph_api.organization.decisions import SAVE_PEOPLE, SAVE_SKILLS
from graph_api.projection.replica import Replica
from graph_api.swarm.assembly import Proposed
from graph_api.swarm.index.searching import indexed_search
from graph_api.swarm.model import Demand, SkillDemand
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.service import Assembly, rules_of
from graph_api.swarm.worker import SolverPool
from tests.support.replicas import Site

SETTINGS = load_settings(mutation_seconds=60.0)
SKILLS = tuple(f"skill:{name}" for name in "abc")
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
DAYS = Days(date(2026, 3, 9), date(2026, 3, 13))
PEOPLE, AT_ONCE, WAIT_SECONDS = 60, 12, 240.0


def people(chance: Random) -> list[PersonInput]:
    """Most are worth the same, so that many teams are."""
    made = [
        PersonInput(
            id=f"person:{number:02d}",
            name=f"P{number}",
            skills=tuple(SkillLevel(skill_id=skill, level=4) for skill in chance.sample(SKILLS, 2)),
        )
        for number in range(PEOPLE)
    ]
    chance.shuffle(made)
    return made


async def opened(stack: AsyncExitStack, replica: Replica, pool: SolverPool) -> Assembly:
    indexed = await stack.enter_async_context(indexed_search(replica, rules_of(SETTINGS), NOW.date, 1))
    await asyncio.wait_for(indexed.ready(), WAIT_SECONDS)
    return Assembly(replica, pool, SETTINGS, lambda: NOW, indexed)


async def proposed(assembly: Assembly, seed: int) -> Any:
    chance = Random(seed)
    skills = tuple(SkillDemand(skill_id=skill, minimum_level=chance.choice([1, 4])) for skill in SKILLS)
    demand = Demand(skills=skills, headcount=chance.choice([2, 3]), share=0.5, days=DAYS)
    found = (await assembly.propose(task_id=None, demand=demand, alternatives=0, deadline_ms=20_000)).value
    assert isinstance(found, Proposed)
    assert found.proposal.certificate.status is CertificateStatus.PROVED
    return found.proposal


async def test_same_revision_gives_the_same_team_on_every_replica_and_after_a_cold_load(
    site: Site, pool: SolverPool
) -> None:
    async with AsyncExitStack() as stack:
        first, second = await stack.enter_async_context(site.two_replicas())
        skills = tuple(SkillInput(id=skill, name=skill) for skill in SKILLS)
        await first.submit(SAVE_SKILLS, SaveSkills(skills=skills), actor="user:a")
        there = people(Random(1))
        await first.submit(SAVE_PEOPLE, SavePeople(people=tuple(there[:AT_ONCE])), actor="user:a")
        early = await opened(stack, first, pool)
        revision = first.revision
        for start in range(AT_ONCE, PEOPLE, AT_ONCE):
            done = await first.submit(
                SAVE_PEOPLE, SavePeople(people=tuple(there[start : start + AT_ONCE])), actor="user:a"
            )
            revision = getattr(done, "revision", revision)
        await second.wait_for(revision)
        late = await opened(stack, second, pool)
        cold = await opened(stack, await stack.enter_async_context(site.replica()), pool)
        for seed in range(10):
            teams = [await proposed(assembly, seed) for assembly in (early, late, cold)]
            assert teams[0] == teams[1] == teams[2]

"""Where the best reorganisation is hard to find, one that pays is enough; else it is looked for while there is time."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from graph_api.kernel.quantities import Money
from graph_api.kernel.records import Record
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task, TaskState
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.index.index import open_index
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from graph_api.swarm.problem import CertificateStatus
from graph_api.swarm.reorganising import teams
from graph_api.swarm.reorganising.model import Evaluation
from graph_api.swarm.reorganising.trigger import Trigger
from graph_api.swarm.solver import Undecided
from tests.support.memory_replica import MemoryReplica
from tests.support.seeds import seeds
from tests.swarm.conftest import WAIT_SECONDS
from tests.swarm.reorganising.test_trigger import SECONDS, VALUES
from tests.swarm.reorganising.worlds import AT, RULES, TARGET, TARIFF, TODAY, best_gain, world

LAST = TODAY + timedelta(days=13)


class Tiring(IndexedSearch):
    """A search whose time is over after so many answers."""

    left = 0
    asked = 0

    async def decided(self, *asked: Any, **named: Any) -> Any:
        self.asked += 1
        self.left -= 1
        return Undecided(None) if self.left < 0 else await super().decided(*asked, **named)


async def evaluated(
    state: MemoryReplica, threads: SearchThreads, values: tuple[Money, ...], answers: int = 10**6
) -> list[tuple[Evaluation, int]]:
    """What is found at each value, and how many answers it took."""
    told: list[tuple[Evaluation, int]] = []
    async with open_index(state, RULES, lambda: TODAY) as index:
        await asyncio.wait_for(index.ready(), WAIT_SECONDS)
        search = Tiring(index, threads)
        trigger = Trigger(state, search, RULES, TARIFF, lambda: TODAY)
        for value in values:
            search.left, search.asked = answers, 0
            told.append((await trigger.evaluate(TARGET, value, SECONDS), search.asked))
    return told


def net(told: Evaluation) -> Decimal:
    assert told.benefit is not None
    assert told.cost is not None
    return told.benefit.amount - told.cost.amount


@pytest.mark.parametrize("seed", seeds(16, 40))
async def test_with_the_least_patience_it_fires_where_it_does_with_much(
    seed: int, threads: SearchThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = world(seed)
    patient = await evaluated(state, threads, VALUES)
    monkeypatch.setattr(teams, "ROUNDS", 1)
    monkeypatch.setattr(teams, "RANKED", 1)
    hasty = await evaluated(state, threads, VALUES)
    assert not any(told.is_late for told, _ in [*patient, *hasty])
    assert [told.fires for told, _ in patient] == [told.fires for told, _ in hasty]
    for (one, _), (other, _) in zip(patient, hasty, strict=True):
        assert one.break_even == other.break_even
        if one.fires:
            assert net(other) <= net(one) + Decimal("0.02")


@pytest.mark.parametrize("seed", seeds(12, 30))
async def test_whenever_the_time_is_over_it_fires_only_where_the_best_of_all_gains(
    seed: int, threads: SearchThreads
) -> None:
    state = world(seed)
    value = VALUES[seed % 3 + 2]
    ((whole, needed),) = await evaluated(state, threads, (value,))
    best = best_gain(state, value)
    fires: list[bool] = []
    for answers in range(min(needed, 25)):
        ((told, _),) = await evaluated(state, threads, (value,), answers)
        fires.append(told.fires)
        if told.fires:
            assert best is not None
            assert 0 < net(told) <= best[0] + Decimal("0.02")
            assert whole.fires
            assert not told.is_late
            assert told.premises is not None
        else:
            assert told.is_late or not whole.fires, "a no is said only where it is known"
    assert fires == sorted(fires), "with more time it does not think better of it"


def contended(pairs: int) -> MemoryReplica:
    """Two skills are asked, each held by as many busy people as there are pairs, all of whom one person replaces best.

    Everybody is as good as everybody else, so there are pairs * pairs best teams, of which none can be had at its cost.
    """
    records: list[Record] = [Skill(id=f"skill:{one}", name=one) for one in "ab"]
    records += [
        Task(id=TARGET, title="New", value=Decimal(10_000), currency="CNY", due_at=AT + timedelta(days=13)),
        *(Requires(source=TARGET, target=f"skill:{one}") for one in "ab"),
    ]
    for skill in "ab":
        for number in range(pairs):
            records += _busy(f"{skill}{number}", f"skill:{skill}")
    for name, level in (("best", 5), ("second", 1), ("third", 1)):
        records.append(Person(id=f"person:{name}", name=name, day_rate=Decimal(10), currency="CNY"))
        records += [HasSkill(source=f"person:{name}", target=f"skill:{one}", level=level) for one in "ab"]
    return MemoryReplica(*records)


def _busy(name: str, skill: str) -> list[Record]:
    task, swarm, person = f"task:{name}", f"swarm:{name}", f"person:{name}"
    return [
        Person(id=person, name=name, day_rate=Decimal(10), currency="CNY"),
        HasSkill(source=person, target=skill, level=5),
        Task(id=task, title=name, state=TaskState.STAFFED, value=Decimal(1000), currency="CNY"),
        Requires(source=task, target=skill),
        Swarm(id=swarm, formed_at=AT, starts_on=TODAY, ends_on=LAST),
        Staffs(source=swarm, target=task),
        MemberOf(source=person, target=swarm, roles=(skill,), since=TODAY, until=LAST, share_permille=1000),
    ]


@pytest.mark.parametrize("amount", [100, 1500, 2000, 2100, 2500, 10_000])
async def test_many_teams_that_want_the_same_person_are_decided(amount: int, threads: SearchThreads) -> None:
    state, value = contended(6), Money(Decimal(amount), "CNY")
    ((told, _),) = await evaluated(state, threads, (value,))
    best = best_gain(state, value)
    assert best is not None
    assert not told.is_late
    assert told.fires == (best[0] > 0)
    assert told.break_even is not None
    if told.fires:
        assert net(told) <= best[0] + Decimal("0.02")


async def test_a_team_that_is_enough_is_not_said_to_be_the_best(threads: SearchThreads) -> None:
    ((told, _),) = await evaluated(contended(6), threads, (Money(Decimal(10_000), "CNY"),))
    assert told.fires
    assert "at least" in told.reason
    assert told.free is not None
    assert told.free.certificate.status is CertificateStatus.BOUNDED
    assert told.free.certificate.lower == told.free.team.objective <= told.free.certificate.upper
    assert sum(seat.points.move for seat in told.free.team.seats) > 0


async def test_without_any_time_nothing_is_known(threads: SearchThreads) -> None:
    ((told, _),) = await evaluated(contended(2), threads, (Money(Decimal(10_000), "CNY"),), answers=0)
    assert (told.fires, told.is_late, told.is_decided) == (False, True, False)

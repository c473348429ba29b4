"""What is found is recorded once, and carried out as one: nobody is double-booked, and every left swarm is whole."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected, Refused
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import PERMILLE, Days, Money
from graph_api.kernel.records import upsert
from graph_api.organization.model import Person, Task, TaskState
from graph_api.swarm.assembly import Booked
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.exact.threads import SearchThreads
from graph_api.swarm.model import Demand, MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of
from graph_api.swarm.reorganising.decisions import (
    APPLY,
    DECLINE,
    RECORD,
    ApplyReorganization,
    DeclineReorganization,
    RecordReorganization,
    ReorganizationDecided,
)
from graph_api.swarm.reorganising.model import (
    Evaluation,
    Reorganization,
    ReorganizationPolicy,
    ReorganizationState,
)
from graph_api.swarm.reorganising.premises import standing
from tests.support.memory_replica import MemoryReplica
from tests.swarm.reorganising.test_trigger import evaluate
from tests.swarm.reorganising.worlds import AT, TARGET, TODAY, best_gain, world

DEAR = Money(Decimal(10_000_000), "CNY")
ID = "reorganization:r"
SWARM = "swarm:new"
APPLIED = ApplyReorganization(reorganization_id=ID, swarm_id=SWARM)


def decide(state: Graph, operation: AnyOperation, command: Command, after: timedelta = timedelta()) -> Any:
    decision = operation.decide(state, command, Context(at=AT + after, actor="user:a", revision=2))
    if isinstance(decision, Refused):
        return decision.refusal
    assert isinstance(decision, Accepted)
    state.apply(decision.changes)
    return decision.outcome


def recorded(found: Evaluation, policy: ReorganizationPolicy = ReorganizationPolicy.PROPOSE) -> RecordReorganization:
    return RecordReorganization(reorganization_id=ID, swarm_id=SWARM, found=found, policy=policy)


def dear(seed: int) -> MemoryReplica:
    """A world whose task is worth a great deal."""
    state = world(seed)
    task = state.graph.node(Task, TARGET)
    assert task is not None
    state.graph.apply([upsert(replace(task, value=DEAR.amount))])
    return state


async def firing(threads: SearchThreads, first: int = 0) -> tuple[MemoryReplica, Evaluation]:
    """The first world of which the trigger fires."""
    for seed in range(first, first + 50):
        state = dear(seed)
        (found,) = await evaluate(state, threads, None)
        if found.fires:
            return state, found
    raise AssertionError("no world fires")


def state_of(graph: Graph) -> ReorganizationState:
    record = graph.node(Reorganization, ID)
    assert record is not None
    return standing(graph, record, TODAY)


def overbooked(graph: Graph) -> list[str]:
    """People who are booked for more than there is of them on some day."""
    found: list[str] = []
    for person in graph.nodes(Person):
        days: Counter[int] = Counter()
        for link in bookings_held(graph, person.id):
            for day in range(link.since.toordinal(), link.until.toordinal() + 1):
                days[day] += link.share_permille
        if any(share > person.capacity * PERMILLE for share in days.values()):
            found.append(person.id)
    return found


def roles(graph: Graph, swarm: str) -> Counter[str]:
    return Counter(role for link in graph.incoming(MemberOf, swarm) if link.left_at is None for role in link.roles)


@pytest.mark.parametrize("seed", range(60))
async def test_what_is_applied_leaves_nobody_double_booked_and_every_left_swarm_whole(
    seed: int, threads: SearchThreads
) -> None:
    state = dear(seed)
    graph = state.graph
    (found,) = await evaluate(state, threads, None)
    before = {swarm.id: roles(graph, swarm.id) for swarm in graph.nodes(Swarm)}
    decide(graph, RECORD, recorded(found))
    if not found.fires:
        assert graph.node(Reorganization, ID) is None
        return
    done = decide(graph, APPLY, APPLIED)
    assert isinstance(done, ReorganizationDecided)
    assert done.swarm_ids == (SWARM, *sorted(move.booking.target for move in found.moves))
    assert overbooked(graph) == []
    assert {swarm: roles(graph, swarm) for swarm in before} == before
    assert state_of(graph) is ReorganizationState.APPLIED
    task = graph.node(Task, TARGET)
    assert task is not None
    assert task.state is TaskState.STAFFED
    assert found.free is not None
    team = {link.source for link in graph.incoming(MemberOf, SWARM)}
    assert team == set(found.free.team.person_ids)
    for move in found.moves:
        link = graph.link(MemberOf, move.booking.source, move.booking.target)
        assert link is None or link.left_at is not None


async def test_policy_apply_does_it_in_the_commit_that_records_it(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    decide(state.graph, RECORD, recorded(found, ReorganizationPolicy.APPLY))
    assert state_of(state.graph) is ReorganizationState.APPLIED
    assert state.graph.node(Swarm, SWARM) is not None


async def test_recording_a_second_time_changes_nothing(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    decide(state.graph, RECORD, recorded(found))
    decision = RECORD.decide(state.graph, recorded(found), Context(at=AT, actor="user:b", revision=9))
    assert isinstance(decision, Accepted)
    assert decision.changes == ()


async def test_what_was_changed_while_it_was_evaluated_is_evaluated_anew(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    left = state.graph.node(Swarm, found.moves[0].booking.target)
    assert left is not None
    state.graph.apply([upsert(replace(left, state=SwarmState.CLOSING))])
    with pytest.raises(Conflict):
        decide(state.graph, RECORD, recorded(found))


async def test_it_is_stale_once_what_it_rests_on_is_gone(threads: SearchThreads) -> None:
    for what in ("task", "value", "swarm", "booking", "left task"):
        state, found = await firing(threads)
        graph, move = state.graph, found.moves[0]
        decide(graph, RECORD, recorded(found))
        assert state_of(graph) is ReorganizationState.PROPOSED
        task, left = graph.node(Task, TARGET), graph.node(Swarm, move.booking.target)
        left_task = task_of(graph, move.booking.target)
        assert task is not None
        assert left is not None
        assert left_task is not None
        change = {
            "task": replace(task, state=TaskState.CLOSED),
            "value": replace(task, value=Decimal(1)),
            "left task": replace(left_task, value=Decimal(10) ** 9),
            "swarm": replace(left, state=SwarmState.CLOSING),
            "booking": replace(move.booking, until=move.booking.until + timedelta(days=1)),
        }[what]
        graph.apply([upsert(change)])
        assert state_of(graph) is ReorganizationState.STALE, what
        assert isinstance(decide(graph, APPLY, APPLIED), InputRejected)
        assert isinstance(decide(graph, DECLINE, DeclineReorganization(reorganization_id=ID)), ReorganizationDecided)
        assert state_of(graph) is ReorganizationState.DECLINED


async def test_it_is_stale_after_the_last_day(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    decide(state.graph, RECORD, recorded(found))
    record = state.graph.node(Reorganization, ID)
    assert record is not None
    assert standing(state.graph, record, TODAY + timedelta(days=60)) is ReorganizationState.STALE


async def test_somebody_of_the_team_who_is_booked_meanwhile_is_told(threads: SearchThreads) -> None:
    for first in range(0, 400, 10):
        state, found = await firing(threads, first)
        assert found.free is not None
        movers = {move.booking.source for move in found.moves}
        others = [one for one in found.free.team.person_ids if one not in movers]
        if not others:
            continue
        decide(state.graph, RECORD, recorded(found))
        away = state.graph.node(Person, others[0])
        assert away is not None
        state.graph.apply([upsert(replace(away, absences=(f"{TODAY}/{TODAY + timedelta(days=30)}",)))])
        before = list(state.graph.records())
        told = decide(state.graph, APPLY, APPLIED)
        assert isinstance(told, Booked)
        assert told.person_ids == (others[0],)
        assert list(state.graph.records()) == before
        return
    raise AssertionError("no team had somebody free in it")


async def test_it_is_decided_once(threads: SearchThreads) -> None:
    state, found = await firing(threads)
    decide(state.graph, RECORD, recorded(found))
    decide(state.graph, DECLINE, DeclineReorganization(reorganization_id=ID, reason="Not now"))
    record = state.graph.node(Reorganization, ID)
    assert record is not None
    assert (record.state, record.reason, record.decided_by) == (ReorganizationState.DECLINED, "Not now", "user:a")
    for operation, command in ((APPLY, APPLIED), (DECLINE, DeclineReorganization(reorganization_id=ID))):
        told = decide(state.graph, operation, command)
        assert isinstance(told, InputRejected)
        assert {problem.code for problem in told.problems} == {"NOT_PROPOSED"}


@pytest.mark.parametrize("policy", [ReorganizationPolicy.PROPOSE, ReorganizationPolicy.APPLY])
async def test_a_task_that_was_closed_meanwhile_gets_nothing(
    policy: ReorganizationPolicy, threads: SearchThreads
) -> None:
    state, found = await firing(threads)
    task = state.graph.node(Task, TARGET)
    assert task is not None
    state.graph.apply([upsert(replace(task, state=TaskState.CLOSED))])
    decision = RECORD.decide(state.graph, recorded(found, policy), Context(at=AT, actor="system:x", revision=2))
    assert isinstance(decision, Accepted)
    assert decision.changes == ()


async def test_a_move_ahead_leaves_those_who_stay_their_roles_until_then(threads: SearchThreads) -> None:
    fired = 0
    days = Days(TODAY + timedelta(days=2), TODAY + timedelta(days=13))
    for seed in range(60):
        state = dear(seed)
        task = state.graph.node(Task, TARGET)
        assert task is not None
        state.graph.apply([upsert(replace(task, demand=msgspec.json.encode(Demand(days=days)).decode()))])
        (found,) = await evaluate(state, threads, None)
        gain = best_gain(state, DEAR)
        assert not found.fires or (gain is not None and gain[0] > 0)
        assert gain is None or gain[1] > 1 or found.fires == (gain[0] > 0)
        if not found.fires:
            continue
        fired += 1
        before = {link.key: link.roles for swarm in state.graph.nodes(Swarm) for link in members(state.graph, swarm.id)}
        decide(state.graph, RECORD, recorded(found))
        assert isinstance(decide(state.graph, APPLY, APPLIED), ReorganizationDecided)
        for move in found.moves:
            for link in members(state.graph, move.booking.target):
                expected = move.booking.roles if link.source == move.replacement_id else before[link.key]
                assert sorted(link.roles) == sorted(expected)
    assert fired > 5


def members(graph: Graph, swarm_id: str) -> list[MemberOf]:
    return [link for link in graph.incoming(MemberOf, swarm_id) if link.left_at is None]

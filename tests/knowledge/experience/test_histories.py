"""Whatever happens, in whatever order: no swarm is over while somebody owes, and the figures are a plain count."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from graph_api.exchange.drafting import Planned
from graph_api.exchange.endings import ended_owing
from graph_api.exchange.importing import STAGE_RECORDS
from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record
from graph_api.knowledge.experience import commands
from graph_api.knowledge.experience.capture import Asked, pairs, reused
from graph_api.knowledge.experience.decisions import (
    CONFIRM_EXPERIENCE,
    DISSOLVE_SWARM,
    RECORD_DRAFTS,
    RECORD_EXPERIENCE,
    WAIVE_EXPERIENCE,
)
from graph_api.knowledge.experience.rates import CaptureRate, capture_rate
from graph_api.knowledge.merging import MERGE_KNOWLEDGE, MergeKnowledge
from graph_api.knowledge.model import (
    About,
    ExperienceOf,
    From,
    Knowledge,
    KnowledgeMethod,
    KnowledgeState,
    Merged,
    RecordedBy,
    Used,
    Waived,
)
from graph_api.knowledge.wilson import wilson
from graph_api.organization.model import BelongsTo, Customer, For, HasSkill, PartOf, Task, TaskState, Unit
from graph_api.projection.imports import StageImport
from graph_api.projection.records import Reaction
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.life.replacing import REPLACE_MEMBER, ReplaceMember
from graph_api.swarm.life.swarms import CANCEL_SWARM, CancelSwarm
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import LeaveReason, MemberOf, Staffs, Swarm, SwarmState, TaskResult
from tests.knowledge.experience.world import decide, drafted
from tests.swarm.organization import TAX, graph

ROLE = TAX
PEOPLE = ("person:ada", "person:bo", "person:cy", "person:di")
TEXTS = (
    "ok",
    "The customs broker in Veracruz opens at eleven, so send the papers the evening before the ship arrives.",
    "The customs broker in Veracruz opens at eleven, so send the papers the evening before the ship arrives!",
    "直播前要先确认保税仓库存，否则墨西哥客户下单后两周都发不出货。",
    "SAT in Mexico wants the pedimento number on each invoice, else the refund is blocked for many weeks.",
    "nothing nothing nothing nothing nothing nothing nothing nothing",
)
FIRST = date(2026, 3, 2)


def a_world(chance: Random) -> Graph:
    """Three swarms of one to three people on two tasks, some of them booked late, some gone early."""
    parts: list[Record] = [Task(id=f"task:{n}", title=f"Task {n}", state=TaskState.STAFFED) for n in range(3)]
    parts += [HasSkill(source=person, target=ROLE, level=3) for person in PEOPLE]
    for number in range(3):
        start = FIRST + timedelta(days=chance.randint(0, 6))
        swarm = f"swarm:{number}"
        parts += [
            Swarm(id=swarm, formed_at=_at(FIRST), starts_on=start, ends_on=start + timedelta(days=4)),
            Staffs(source=swarm, target=f"task:{number}"),
        ]
        parts += [_booking(chance, person, swarm, start) for person in chance.sample(PEOPLE, chance.randint(1, 3))]
    return graph(*parts)


def _booking(chance: Random, person: str, swarm: str, start: date) -> MemberOf:
    since = start + timedelta(days=chance.choice([0, 0, 3]))
    left = chance.choice([None, None, since + timedelta(days=1)])
    return MemberOf(
        source=person, target=swarm, roles=(ROLE,), since=since, until=start + timedelta(days=4), share_permille=300,
        left_at=left and _at(left),
    )  # fmt: skip


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def step(chance: Random, state: Graph, number: int) -> tuple[AnyOperation, Command, str]:
    swarm, person = f"swarm:{chance.randrange(3)}", chance.choice(PEOPLE)
    others = (None, *PEOPLE)
    record = commands.RecordExperience(
        knowledge_id=f"knowledge:{number}", swarm_id=swarm, person_id=chance.choice(others), title="What I learned",
        body=chance.choice(TEXTS), body_bytes_max=20_000, experiences_max=50,
    )  # fmt: skip
    waiting = [item for item in state.nodes(Knowledge) if item.state is KnowledgeState.DRAFT]
    reactions = [one for one in state.nodes(Reaction) if one.reaction == EXTRACT]
    found: list[tuple[AnyOperation, Command, str]] = [
        (RECORD_EXPERIENCE, record, person),
        (RECORD_EXPERIENCE, record, person),
        (WAIVE_EXPERIENCE, commands.WaiveExperience(swarm_id=swarm, person_id=person, reason="Gone"), "user:boss"),
        (DISSOLVE_SWARM, commands.DissolveSwarm(swarm_id=swarm), "user:boss"),
        (CANCEL_SWARM, CancelSwarm(swarm_id=swarm), "user:boss"),
        (UPDATE_TASK, UpdateTask(task_id=f"task:{chance.randrange(3)}", close_as=TaskResult.LOST), "user:boss"),
    ]
    found += [(REPLACE_MEMBER, replacing(chance, state, swarm), "user:boss")] * 2
    open_items = [item.id for item in state.nodes(Knowledge) if item.state is KnowledgeState.CONFIRMED]
    if len(open_items) > 1:
        keep, duplicate = chance.sample(open_items, 2)
        found.append((MERGE_KNOWLEDGE, MergeKnowledge(keep_id=keep, duplicate_ids=(duplicate,)), "user:boss"))
    for draft in waiting[:1]:
        (author,) = (link.target for link in state.outgoing(RecordedBy, draft.id))
        confirm = commands.ConfirmExperience(
            knowledge_id=draft.id, body=chance.choice([None, *TEXTS]), body_bytes_max=20_000
        )
        found += [(CONFIRM_EXPERIENCE, confirm, author)] * 2
    for reaction in reactions[:1]:
        drafts = (
            replace(drafted("person:ada", f"draft{number}{one[-2:]}", chance.choice(TEXTS)), person_id=one)
            for one in PEOPLE
        )
        answer = commands.RecordDrafts(swarm_id=reaction.subject, drafts=tuple(drafts))
        found.append((RECORD_DRAFTS, answer, "system:reactions"))
    return chance.choice(found)


def replacing(chance: Random, state: Graph, swarm: str) -> ReplaceMember:
    """Give somebody's seat to another, as a reorganisation or somebody's end does too, today or some days ahead."""
    links = list(state.incoming(MemberOf, swarm))
    gone, new = chance.choice(links).source, chance.choice(PEOPLE)
    stay = [link.source for link in links if link.left_at is None and link.source != gone]
    team = tuple(TeamMember(person_id=one, roles=(ROLE,)) for one in (*stay, new))
    starts = chance.choice([None, FIRST + timedelta(days=chance.randint(0, 10))])
    return ReplaceMember(
        swarm_id=swarm, person_id=gone, starts_on=starts, reason=chance.choice(list(LeaveReason)), team=team
    )


def imported(chance: Random, state: Graph, at: datetime) -> None:
    """Load what a file says of a swarm, or of a text of somebody about it, as far as an import takes it."""
    swarm, person = state.node(Swarm, f"swarm:{chance.randrange(3)}"), chance.choice(PEOPLE)
    assert swarm is not None
    over = Planned(replace(swarm, state=chance.choice(list(SwarmState))), frozenset({"state"}))
    item = Knowledge(id=f"knowledge:loaded-{swarm.id[6:]}-{person[7:]}", title="x", body=chance.choice(TEXTS))
    links = (
        RecordedBy(source=item.id, target=person), ExperienceOf(source=item.id, target=swarm.id),
        From(source=item.id, target=f"task:{swarm.id[6:]}"),
    )  # fmt: skip
    text = [Planned(record, frozenset()) for record in (item, *links[: chance.randint(2, 3)])]
    planned = chance.choice([[over], text])
    # Only the ways to an end are looked at: nothing is brought back to life, and no text that stands is altered.
    is_over = swarm.state in (SwarmState.DISSOLVED, SwarmState.CANCELLED)
    if not is_over and not ended_owing(state, planned):
        decide(state, STAGE_RECORDS, StageImport(changes=tuple(planned)), "system:import", at)


def unmet(state: Graph, swarm: Swarm) -> list[str]:
    """Who worked in a swarm and left nothing, counted day by day; what was loaded needs its task."""
    return [
        booking.source
        for booking in state.incoming(MemberOf, swarm.id)
        if worked_days(swarm, booking) and not stands_for_something(state, swarm, booking.source)
        and state.link(Waived, booking.source, swarm.id) is None
    ]  # fmt: skip


def worked_days(swarm: Swarm, booking: MemberOf) -> int:
    at = swarm.closed_at or swarm.dissolved_at
    end = swarm.ends_on if at is None else at.date()
    return sum(
        day <= end and (booking.left_at is None or day <= booking.left_at.date())
        for day in (booking.since + timedelta(days=n) for n in range((booking.until - booking.since).days + 1))
    )


def stands_for_something(state: Graph, swarm: Swarm, person: str) -> bool:
    return any(
        item.state is not KnowledgeState.DRAFT
        and state.link(RecordedBy, item.id, person) is not None
        and state.link(ExperienceOf, item.id, swarm.id) is not None
        and len(item.body) >= 20
        and (item.method is not KnowledgeMethod.IMPORTED or state.link(From, item.id, f"task:{swarm.id[6:]}"))
        for item in state.nodes(Knowledge)
    )


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_no_history_leaves_a_dissolved_swarm_with_a_pair_that_is_neither_met_nor_waived(seed: int) -> None:
    chance = Random(seed)
    state = a_world(chance)
    day = FIRST
    for number in range(40):
        if chance.random() < 0.1:
            imported(chance, state, _at(day))
        operation, command, actor = step(chance, state, number)
        decide(state, operation, command, actor, _at(day))
        day += timedelta(days=chance.choice([0, 0, 0, 1]))
        for swarm in state.nodes(Swarm):
            if swarm.state is SwarmState.DISSOLVED:
                assert unmet(state, swarm) == []
            elif swarm.state is SwarmState.CLOSING and not unmet(state, swarm):
                assert any(one.subject == swarm.id for one in state.nodes(Reaction)), "else it is over"
        kept = {link.source for swarm in state.nodes(Swarm) for link in state.incoming(ExperienceOf, swarm.id)}
        drafts = [item.id for item in state.nodes(Knowledge) if item.state is KnowledgeState.DRAFT]
        assert kept.issuperset(drafts)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_capture_rate_is_a_plain_count(seed: int) -> None:
    chance = Random(seed)
    state, now = measured_world(chance), _at(FIRST + timedelta(days=200))
    asked = Asked(
        since=chance.choice([None, FIRST + timedelta(days=30)]),
        until=chance.choice([None, FIRST + timedelta(days=150)]),
        unit_id=chance.choice([None, "unit:top", "unit:low"]),
        customer_id=chance.choice([None, "customer:kep"]),
    )
    found = [pair for pair in pairs(state, asked, now) if pair is not None]
    rate = capture_rate(found, list(reused(state, found, now)))
    expected = counted(state, asked, now)
    assert (rate.pairs, rate.captured, rate.waived, rate.overdue) == expected[:4]
    assert rate.reuse_share == expected[4]
    check_interval(rate)


def check_interval(rate: CaptureRate) -> None:
    if rate.pairs == 0:
        assert (rate.rate, rate.low95, rate.high95) == (None, None, None)
        return
    low, high = wilson(rate.captured, rate.pairs)
    assert rate.rate == rate.captured / rate.pairs
    assert (rate.low95, rate.high95) == (low, high)


def measured_world(chance: Random) -> Graph:
    """Swarms that are over, or close, with what some of their members left."""
    parts: list[Record] = [
        Unit(id="unit:top", name="Top"), Unit(id="unit:low", name="Low"), PartOf(source="unit:low", target="unit:top"),
        Customer(id="customer:kep", name="Kep"),
        BelongsTo(source="person:ada", target="unit:top"),
        BelongsTo(source="person:bo", target="unit:low", until=FIRST + timedelta(days=chance.randint(20, 150))),
    ]  # fmt: skip
    for number in range(12):
        parts += _ended(chance, number)
    return graph(*parts)


def _ended(chance: Random, number: int) -> list[Record]:
    swarm, task, start = f"swarm:{number:02}", f"task:{number:02}", FIRST + timedelta(days=chance.randint(0, 190))
    closed = start + timedelta(days=5)
    over = chance.choice([SwarmState.DISSOLVED, SwarmState.DISSOLVED, SwarmState.CLOSING, SwarmState.ACTIVE])
    parts: list[Record] = [
        Task(id=task, title=f"Task {number}", state=TaskState.CLOSED),
        Swarm(
            id=swarm, state=over, formed_at=_at(start), starts_on=start, ends_on=closed,
            closed_at=None if over is SwarmState.ACTIVE else _at(closed),
            dissolved_at=_at(closed + timedelta(days=3)) if over is SwarmState.DISSOLVED else None,
        ),
        Staffs(source=swarm, target=task),
    ]  # fmt: skip
    if chance.random() < 0.5:
        parts.append(For(source=task, target="customer:kep"))
    for person in chance.sample(PEOPLE, 2):
        since = start + timedelta(days=chance.choice([0, 0, 0, 9]))
        until = max(since, closed)
        parts.append(MemberOf(source=person, target=swarm, roles=(), since=since, until=until, share_permille=9))
        parts += chance.choice([[], [Waived(source=person, target=swarm, reason="x", by="user:b", at=_at(closed))]])
        parts += _left(chance, person, swarm, task, closed) if chance.random() < 0.7 else []
    return parts


def _left(chance: Random, person: str, swarm: str, task: str, closed: date) -> list[Record]:
    key = f"knowledge:{person[7:]}-{swarm[6:]}"
    item = Knowledge(
        id=key, title="x", state=chance.choice([KnowledgeState.CONFIRMED, KnowledgeState.DRAFT]), body=TEXTS[1],
        method=chance.choice([KnowledgeMethod.WRITTEN, KnowledgeMethod.EXTRACTED, KnowledgeMethod.IMPORTED]),
        confirmed_at=_at(closed + timedelta(days=chance.choice([0, 1, 5]))),
    )  # fmt: skip
    parts: list[Record] = [item, RecordedBy(source=key, target=person), ExperienceOf(source=key, target=swarm)]
    parts += [From(source=key, target=task)] if chance.random() < 0.9 else []
    parts += [About(source=key, target="customer:kep")] if chance.random() < 0.9 else []
    used = _at(closed + timedelta(days=chance.choice([2, 20, 120])))
    parts += chance.choice([[], [Used(source=chance.choice(PEOPLE), target=key, at=used)]])
    return parts


def counted(state: Graph, asked: Asked, now: datetime) -> tuple[Any, ...]:
    """Count anew, from the words of the definition."""
    total = captured = waived = overdue = taken = old = 0
    for swarm in state.nodes(Swarm):
        closed = swarm.closed_at
        if closed is None or swarm.state not in (SwarmState.DISSOLVED, SwarmState.CLOSING):
            continue
        late = swarm.state is SwarmState.CLOSING
        if late and (now.date() - closed.date()).days <= 14:
            continue
        if (asked.since and closed.date() < asked.since) or (asked.until and closed.date() > asked.until):
            continue
        (task,) = (link.target for link in state.outgoing(Staffs, swarm.id))
        customers = [link.target for link in state.outgoing(For, task)]
        if asked.customer_id and asked.customer_id not in customers:
            continue
        for booking in state.incoming(MemberOf, swarm.id):
            if worked_days(swarm, booking) == 0 or not in_unit(state, booking.source, asked.unit_id, closed.date()):
                continue
            total += 1
            item = state.node(Knowledge, f"knowledge:{booking.source[7:]}-{swarm.id[6:]}")
            kept = (
                item is not None and item.state is KnowledgeState.CONFIRMED and item.confirmed_at is not None
                and (swarm.dissolved_at is None or item.confirmed_at <= swarm.dissolved_at)
                and (item.method is not KnowledgeMethod.IMPORTED
                     or (state.link(From, item.id, task) is not None
                         and all(state.link(About, item.id, one) for one in customers)))
            )  # fmt: skip
            excused = state.link(Waived, booking.source, swarm.id) is not None
            captured += kept
            waived += excused and not kept
            overdue += late and not kept and not excused
            if kept and item is not None and item.confirmed_at is not None:
                since = item.confirmed_at
                old += since <= now - timedelta(days=90)
                taken += since <= now - timedelta(days=90) and any(
                    use.at is not None and since <= use.at <= since + timedelta(days=90)
                    for use in state.incoming(Used, item.id) if use.source != booking.source
                )  # fmt: skip
    return total, captured, waived, overdue, taken / old if old else None


def in_unit(state: Graph, person: str, unit: str | None, day: date) -> bool:
    wanted = {None: set[str](), "unit:top": {"unit:top", "unit:low"}, "unit:low": {"unit:low"}}[unit]
    return unit is None or any(
        link.target in wanted and (link.until is None or day <= link.until)
        for link in state.outgoing(BelongsTo, person)
    )


@pytest.mark.parametrize(
    ("user", "days", "expected"), [("person:bo", 30, 1.0), ("person:ada", 30, 0.0), ("person:bo", 91, 0.0)]
)
def test_what_is_used_of_a_duplicate_is_used_of_the_item_that_stands_for_it(
    user: str, days: int, expected: float
) -> None:
    used = Used(source=user, target="knowledge:twin", at=_at(FIRST + timedelta(days=days)))
    state = graph(
        Swarm(id="swarm:s", state=SwarmState.DISSOLVED, formed_at=_at(FIRST), starts_on=FIRST, ends_on=FIRST,
              closed_at=_at(FIRST), dissolved_at=_at(FIRST)),
        MemberOf(source="person:ada", target="swarm:s", roles=(), since=FIRST, until=FIRST, share_permille=9),
        Knowledge(id="knowledge:a", title="x", body=TEXTS[1], confirmed_at=_at(FIRST)),
        RecordedBy(source="knowledge:a", target="person:ada"), ExperienceOf(source="knowledge:a", target="swarm:s"),
        Knowledge(id="knowledge:twin", title="x", body=TEXTS[2], state=KnowledgeState.RETIRED),
        Merged(source="knowledge:twin", target="knowledge:a"), used,
    )  # fmt: skip
    now = _at(FIRST + timedelta(days=200))
    found = [pair for pair in pairs(state, Asked(), now) if pair is not None]
    assert capture_rate(found, list(reused(state, found, now))).reuse_share == expected


def test_a_share_of_nothing_is_unknown() -> None:
    rate = capture_rate([], [])
    assert (rate.pairs, rate.rate, rate.machine_only_share, rate.duplicate_share) == (0, None, None, None)


def test_what_only_a_machine_wrote_and_what_says_the_same_stand_beside_the_rate() -> None:
    state = graph(
        Swarm(id="swarm:s", state=SwarmState.DISSOLVED, formed_at=_at(FIRST), starts_on=FIRST, ends_on=FIRST,
              closed_at=_at(FIRST), dissolved_at=_at(FIRST)),
        *(
            record
            for person, method, body in (
                ("person:ada", KnowledgeMethod.EXTRACTED, TEXTS[1]),
                ("person:bo", KnowledgeMethod.WRITTEN, TEXTS[2]),
                ("person:cy", KnowledgeMethod.EXTRACTED_AND_EDITED, TEXTS[4]),
            )
            for record in (
                MemberOf(source=person, target="swarm:s", roles=(), since=FIRST, until=FIRST, share_permille=9),
                Knowledge(id=f"knowledge:{person[7:]}", title="x", method=method, body=body, confirmed_at=_at(FIRST)),
                RecordedBy(source=f"knowledge:{person[7:]}", target=person),
                ExperienceOf(source=f"knowledge:{person[7:]}", target="swarm:s"),
            )
        ),
    )  # fmt: skip
    found = [pair for pair in pairs(state, Asked(), _at(FIRST)) if pair is not None]
    rate = capture_rate(found, list(reused(state, found, _at(FIRST))))
    assert (rate.captured, rate.machine_only_share, rate.duplicate_share) == (3, 1 / 3, 2 / 3)
    assert rate.reuse_share is None

"""Who is free and who is idle, against counting day by day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import HasSkill, Person, Skill
from graph_api.swarm.dispatch import capacity
from graph_api.swarm.dispatch.capacity import Held, Holder, bookings, free_person_days, holders, idle_share
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.swarm.organization import TAX

MONDAY = date(2026, 3, 2)
WEEK = Days(MONDAY, MONDAY + timedelta(days=6))
FORMED = datetime(2026, 3, 1, tzinfo=UTC)
SPANS = st.lists(st.tuples(st.integers(-5, 25), st.integers(0, 9)), max_size=3)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def interval(first: int, last: int) -> str:
    return f"{day(first)}/{day(last)}"


@st.composite
def people_held(draw: st.DrawFn) -> list[Holder]:
    found: list[Holder] = []
    for number in range(draw(st.integers(0, 4))):
        person = Person(
            id=f"person:{number}",
            name="P",
            capacity=draw(st.sampled_from([0.0, 0.5, 0.8, 1.0])),
            absences=tuple(interval(first, first + more) for first, more in draw(SPANS)),
            last_day=draw(st.none() | st.integers(-3, 25).map(day)),
        )
        held = tuple(
            Held(person.id, day(first).toordinal(), day(first + more).toordinal(), draw(st.sampled_from([300, 1000])))
            for first, more in draw(SPANS)
        )
        found.append(Holder(person, held))
    return found


def free_on(holder: Holder, when: date) -> float:
    """What one person has free on one day, from the definition."""
    person = holder.person
    if person.last_day is not None and when > person.last_day:
        return 0.0
    if any(text[:10] <= when.isoformat() <= text[11:] for text in person.absences):
        return 0.0
    booked = sum(one.share_permille for one in holder.held if one.first <= when.toordinal() <= one.last)
    return max(0.0, person.capacity - booked / 1000)


@given(people_held(), st.integers(1, 3))
def test_free_days_are_what_every_person_has_free_on_every_day(people: list[Holder], weeks: int) -> None:
    wanted = [sum(free_on(one, day(7 * week + each)) for one in people for each in range(7)) for week in range(weeks)]
    assert free_person_days(people, MONDAY, weeks) == pytest.approx(wanted)


def test_people_are_added_up_over_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "CHUNK_PEOPLE", 2)
    people = [Holder(Person(id=f"person:{number}", name="P"), ()) for number in range(5)]
    assert free_person_days(people, MONDAY, 2) == [35.0, 35.0]


def graph_of(*records: Record) -> Graph:
    graph = Graph()
    graph.apply(upsert(one) for one in records)
    return graph


def swarm(name: str, state: SwarmState, **more: Any) -> Swarm:
    return Swarm(id=f"swarm:{name}", state=state, formed_at=FORMED, starts_on=day(0), ends_on=day(6), **more)


def booking(who: str, name: str, **more: Any) -> MemberOf:
    known: dict[str, Any] = {"roles": (TAX,), "since": day(0), "until": day(6), "share_permille": 1000}
    return MemberOf(source=f"person:{who}", target=f"swarm:{name}", **known | more)


WORLD = graph_of(
    Skill(id=TAX, name=TAX),
    *(Person(id=f"person:{who}", name=who) for who in "abcdef"),
    Person(id="person:robot", name="Robot", kind="bot"),
    *(HasSkill(source=f"person:{who}", target=TAX, level=1) for who in ("a", "b", "robot")),
    swarm("active", SwarmState.ACTIVE),
    swarm("closing", SwarmState.CLOSING),
    swarm("over", SwarmState.DISSOLVED, dissolved_at=datetime(2026, 3, 4, tzinfo=UTC)),
    swarm("off", SwarmState.CANCELLED),
    booking("a", "active"),
    booking("b", "active", left_at=datetime(2026, 3, 3, tzinfo=UTC)),
    booking("b", "closing"),
    booking("c", "over"),
    booking("d", "off"),
    booking("e", "over", left_at=datetime(2026, 3, 1, tzinfo=UTC)),
)


def test_only_people_are_holders_and_only_living_swarms_hold_them() -> None:
    found = {one.person.id: one.held for one in holders(WORLD, TAX)}
    assert found == {"person:a": (Held("person:a", day(0).toordinal(), day(6).toordinal(), 1000),), "person:b": ()}


def test_bookings_end_where_somebody_left_or_the_swarm_was_over_and_cancelled_ones_never_were() -> None:
    found = sorted((one.person_id[7:], date.fromordinal(one.last)) for one in bookings(WORLD))
    assert found == [("a", day(6)), ("b", day(1)), ("b", day(6)), ("c", day(2))]


@pytest.mark.parametrize(
    ("days", "share"),
    [(WEEK, 3 / 6), (Days(day(3), day(3)), 4 / 6), (Days(day(-7), day(-1)), 1.0), (Days(day(7), day(13)), 1.0)],
)
def test_idle_is_whom_no_swarm_holds_on_any_of_the_days(days: Days, share: float) -> None:
    assert idle_share(WORLD.nodes(Person), bookings(WORLD), days) == pytest.approx(share)


@pytest.mark.parametrize(
    ("fields", "is_there"),
    [
        ({}, True),
        ({"kind": "group"}, False),
        ({"capacity": 0.0}, False),
        ({"last_day": day(-1)}, False),
        ({"last_day": day(0)}, True),
        ({"absences": (interval(-1, 6),)}, False),
        ({"absences": (interval(0, 3), interval(4, 9))}, False),
        ({"absences": (interval(0, 5),)}, True),
    ],
)
def test_whoever_is_not_there_at_all_is_not_idle_either(fields: dict[str, Any], is_there: bool) -> None:
    one = Person(id="person:a", name="A", **fields)
    assert idle_share([one], [], WEEK) == (1.0 if is_there else None)

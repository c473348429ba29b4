"""Whose seats count, who is eligible for them, and what follows, from a small organization by hand."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task
from graph_api.swarm.dispatch.fairness import Told, fairness, formed, holdings
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.swarm.organization import LIVE, TAX

WINDOW = Days(date(2026, 3, 1), date(2026, 3, 31))
FIRST, LAST = date(2026, 4, 6), date(2026, 4, 10)
PAIRS = 1000


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 23, 59, tzinfo=UTC)


def team(name: str, *who: str, role: str = TAX, **fields: Any) -> list[Record]:
    known: dict[str, Any] = {"formed_at": at(3, 31), "starts_on": FIRST, "ends_on": LAST}
    return [
        Task(id=f"task:{name}", title=name),
        Requires(source=f"task:{name}", target=role, level=2, seats=len(who)),
        Swarm(id=f"swarm:{name}", **known | fields),
        Staffs(source=f"swarm:{name}", target=f"task:{name}"),
        *(seat(one, name, roles=(role,)) for one in who),
    ]


def seat(who: str, name: str, **fields: Any) -> MemberOf:
    known: dict[str, Any] = {"roles": (TAX,), "since": FIRST, "until": LAST, "share_permille": 500}
    return MemberOf(source=f"person:{who}", target=f"swarm:{name}", **known | fields)


def people(who: str = "abcd", skill: str = TAX, level: int = 2, **fields: Any) -> list[Record]:
    persons = [Person(id=f"person:{one}", name=one, **fields) for one in who]
    return [*persons, *(HasSkill(source=one.id, target=skill, level=level) for one in persons)]


def told(*records: Record, pairs_max: int = PAIRS, window: Days = WINDOW) -> Told:
    graph = Graph()
    graph.apply(upsert(one) for one in (Skill(id=TAX, name=TAX), Skill(id=LIVE, name=LIVE), *records))
    swarms = [one for one in formed(graph, window) if one is not None]
    return fairness(swarms, list(holdings(graph, swarms)), pairs_max)


def test_seats_are_shared_by_everybody_eligible() -> None:
    found = told(*people(), *team("one", "a", "b"), *team("two", "a", "b"), *team("three", "a"))
    assert (found.shares.seats, found.shares.maximum, found.shares.p99) == (5, 3, 3)
    assert found.shares.idle_share == 0.5
    assert found.shares.gini == pytest.approx((2 * (3 + 3 + 2 + 2 + 1 + 0)) / 16 / 2 / (5 / 4))
    assert found.bound == 2


@pytest.mark.parametrize("pairs_max", [PAIRS, 0])
def test_a_skill_of_one_holder_bounds_the_load(pairs_max: int) -> None:
    swarms = [team(name, "z", role=LIVE) for name in ("one", "two", "three")]
    world = [*people(), *people("z", LIVE), *(record for swarm in swarms for record in swarm), *team("more", "a")]
    assert told(*world, pairs_max=pairs_max).bound == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"level": 1},
        {"capacity": 0.4},
        {"last_day": date(2026, 4, 9)},
        {"absences": ("2026-04-10/2026-04-20",)},
        {"kind": "bot"},
    ],
)
def test_who_could_not_have_taken_a_role_is_not_idle(fields: dict[str, Any]) -> None:
    found = told(*people("a"), *people("x", **fields), *team("one", "a"))
    assert found.shares.idle_share == 0.0
    assert found.bound == 1


def test_beyond_the_limit_of_pairs_days_and_shares_are_not_looked_at() -> None:
    world = [*people("ab"), *people("x", capacity=0.1), *people("y", level=1), *team("one", "a", "b")]
    assert told(*world).shares.idle_share == 0.0
    assert told(*world, pairs_max=0).shares.idle_share == pytest.approx(1 / 3)


def test_whoever_was_booked_was_eligible_whatever_is_known_of_him_now() -> None:
    found = told(*people("a"), Person(id="person:x", name="x", capacity=0.0), *team("one", "x"))
    assert (found.shares.maximum, found.shares.idle_share) == (1, 0.5)


@pytest.mark.parametrize(
    ("fields", "seats"),
    [
        ({}, 1),
        ({"formed_at": at(2, 28)}, 0),
        ({"formed_at": datetime(2026, 4, 1, tzinfo=UTC)}, 0),
        ({"state": SwarmState.CANCELLED}, 0),
        ({"state": SwarmState.DISSOLVED}, 1),
    ],
)
def test_swarms_formed_in_the_window_count_unless_cancelled(fields: dict[str, Any], seats: int) -> None:
    assert told(*people(), *team("one", "a", **fields)).shares.seats == seats


def test_a_replaced_member_had_a_seat_but_the_swarm_needs_it_once() -> None:
    left = seat("a", "one", left_at=at(4, 7))
    found = told(*people("ab"), *team("one", "b"), left)
    assert (found.shares.seats, found.bound) == (2, 1)
    gone = [msgspec.structs.replace(each, left_at=at(4, 7)) for each in (left, seat("b", "one"))]
    assert told(*people("ab"), *team("one", "b"), *gone).bound == 1


def test_nothing_was_shared_where_no_swarm_was_formed() -> None:
    found = told(*people())
    assert (found.shares.seats, found.shares.maximum, found.bound) == (0, 0, 0)

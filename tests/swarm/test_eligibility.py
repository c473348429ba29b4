"""Who may be asked: kinds of people, absences, last days, bookings a day, zone windows."""

from datetime import date

import pytest

from graph_api.kernel.quantities import Days
from graph_api.organization.model import HasSkill, Person
from graph_api.swarm.model import SkillDemand, SwarmState, TimezoneWindow
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, at, booking, demand, graph, ids, snapshot


def march(first: int, last: int) -> Days:
    return Days(date(2026, 3, first), date(2026, 3, last))


def with_person(**fields: object) -> Person:
    return Person(id="person:bo", name="Bo", **fields)  # pyright: ignore[reportArgumentType]  # the tests name them


def test_candidates_are_people_with_a_demanded_skill_at_its_level() -> None:
    assert ids(snapshot(graph(), demand())) == ["ada", "bo", "cy", "di"]
    high = demand(skills=(SkillDemand(skill_id=TAX, minimum_level=4), SkillDemand(skill_id=CUSTOMS, minimum_level=5)))
    assert ids(snapshot(graph(), high)) == ["ada", "di"]


def test_a_complete_snapshot_holds_every_person_but_no_bot() -> None:
    assert ids(snapshot(graph(), demand(), is_complete=True)) == ["ada", "bo", "cy", "di", "eve"]


def test_the_excluded_are_no_candidates() -> None:
    assert ids(snapshot(graph(), demand(excluded_ids=("person:ada",)))) == ["bo", "cy", "di"]


@pytest.mark.parametrize(
    ("absence", "is_free"),
    [("2026-03-01/2026-03-08", True), ("2026-03-01/2026-03-09", False), ("2026-03-11/2026-03-11", False),
     ("2026-03-13/2026-03-30", False), ("2026-03-14/2026-03-30", True)],
)  # fmt: skip
def test_an_absence_of_a_single_day_is_in_the_way(absence: str, is_free: bool) -> None:
    state = graph(with_person(absences=(absence,)))
    assert ("bo" in ids(snapshot(state, demand()))) is is_free


@pytest.mark.parametrize(("last_day", "is_free"), [(12, False), (13, True), (14, True)])
def test_whoever_leaves_before_the_last_day_is_no_candidate(last_day: int, is_free: bool) -> None:
    state = graph(with_person(last_day=date(2026, 3, last_day)))
    assert ("bo" in ids(snapshot(state, demand()))) is is_free


@pytest.mark.parametrize(("share", "is_free"), [(1.0, False), (0.5, True), (0.501, False), (0.4, True), (0.001, True)])
def test_shares_are_added_a_day(share: float, is_free: bool) -> None:
    state = graph(*booking("person:bo", march(1, 9), 500))
    assert ("bo" in ids(snapshot(state, demand(share=share)))) is is_free


def test_bookings_that_do_not_meet_are_not_added() -> None:
    apart = graph(*booking("person:bo", march(9, 10), 500), *booking("person:bo", march(11, 13), 500, swarm="swarm:y"))
    meeting = graph(
        *booking("person:bo", march(9, 11), 500), *booking("person:bo", march(11, 13), 500, swarm="swarm:y")
    )
    assert "bo" in ids(snapshot(apart, demand(share=0.5)))
    assert "bo" not in ids(snapshot(meeting, demand(share=0.5)))


@pytest.mark.parametrize(
    ("state", "left", "is_free"),
    [(SwarmState.ACTIVE, False, False), (SwarmState.ACTIVE, True, True), (SwarmState.CLOSING, False, True),
     (SwarmState.DISSOLVED, False, True), (SwarmState.CANCELLED, False, True)],
)  # fmt: skip
def test_only_active_swarms_book_those_who_did_not_leave(state: SwarmState, left: bool, is_free: bool) -> None:
    left_at = at(2026, 3, 5) if left else None
    booked = graph(*booking("person:bo", DAYS, 1000, state=state, left_at=left_at))
    assert ("bo" in ids(snapshot(booked, demand()))) is is_free


def test_capacity_below_the_share_is_no_capacity() -> None:
    state = graph(with_person(capacity=0.4))
    assert "bo" not in ids(snapshot(state, demand(share=0.5)))
    assert "bo" in ids(snapshot(state, demand(share=0.4)))


def test_a_window_runs_over_the_date_line_and_unknown_zones_do_not_fit() -> None:
    """Auckland (+13 in March) and Honolulu (-10) are an hour apart; a clock difference is never above 12."""
    near = TimezoneWindow(timezone="Pacific/Auckland", maximum_offset_hours=1.0)
    state = graph(
        with_person(timezone="Pacific/Honolulu"),
        Person(id="person:cy", name="Cy", timezone="Nowhere/Land"),
        HasSkill(source="person:eve", target=CUSTOMS, level=5),
    )
    assert ids(snapshot(state, demand(timezone_window=near))) == ["bo"]
    far = TimezoneWindow(timezone="Pacific/Auckland", maximum_offset_hours=12.0)
    assert ids(snapshot(state, demand(timezone_window=far))) == ["ada", "bo", "di"]


def test_the_window_is_that_of_the_first_day() -> None:
    """Berlin is 7 hours behind Shanghai in winter and 6 in summer time, which begins on 29 March 2026."""
    window = TimezoneWindow(timezone="Europe/Berlin", maximum_offset_hours=6.0)
    assert ids(snapshot(graph(), demand(timezone_window=window))) == []
    summer = demand(timezone_window=window, days=Days(date(2026, 3, 30), date(2026, 4, 2)))
    assert ids(snapshot(graph(), summer)) == ["ada", "bo", "cy"]


def test_levels_stand_in_the_order_of_the_demand() -> None:
    asked = demand(skills=(SkillDemand(skill_id=LIVE), SkillDemand(skill_id=TAX)))
    taken = snapshot(graph(), asked)
    assert taken.skill_ids == (LIVE, TAX)
    assert {person.person_id: person.levels for person in taken.people}["person:bo"] == (4, 3)

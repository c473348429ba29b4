"""What a team is worth, term by term: skill, ties, load, distance."""

import math
from datetime import date, timedelta

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.organization.model import Customer, Task, TaskState, WorkedOn
from graph_api.swarm.candidates import problem_of
from graph_api.swarm.facts import PersonFacts, Rules, load_points
from graph_api.swarm.model import Demand, SkillDemand, SwarmState, TimezoneWindow
from graph_api.swarm.problem import AssemblyProblem
from graph_api.swarm.roles import seated
from graph_api.swarm.snapshot import as_of_day
from graph_api.swarm.terms import terms_of
from graph_api.swarm.ties import pair_bonuses
from tests.swarm.organization import LIVE, MEXICO, MONDAY, TODAY, at, booking, demand, graph, snapshot


def problem(state: Graph, asked: Demand, customer_id: str | None = None) -> AssemblyProblem:
    return problem_of(snapshot(state, asked, customer_id=customer_id), terms_of(asked))


def bonus(state: Graph, first: str, second: str) -> int:
    found = problem(state, demand())
    places = (found.positions[f"person:{first}"], found.positions[f"person:{second}"])
    return {pair[:2]: pair[2] for pair in found.pairs}.get(places, 0)


def worked(task: Task, *people: str) -> list[Record]:
    return [task, *(WorkedOn(source=f"person:{who}", target=task.id, role="member") for who in people)]


def test_a_tie_grows_with_the_recency_of_common_tasks() -> None:
    """task:old was closed exactly a year before the Monday, so its recency is a half; two roles are one task."""
    assert bonus(graph(), "ada", "cy") == round(200 * (1 - math.exp(-0.5)))
    fresh = worked(Task(id="task:b", title="b", closed_at=at(2026, 3, 2)), "ada", "cy", "bo")
    assert bonus(graph(*fresh), "ada", "cy") == round(200 * (1 - math.exp(-1.5)))
    assert bonus(graph(*fresh), "bo", "cy") == round(200 * (1 - math.exp(-1.0)))


def test_the_day_of_a_task_is_its_close_else_due_else_opening() -> None:
    old, new = at(2024, 3, 2), at(2026, 3, 1)
    recent, past = round(200 * (1 - math.exp(-(2 ** (-1 / 365))))), round(200 * (1 - math.exp(-(2**-2.0))))
    cases = [
        (Task(id="task:b", title="b", closed_at=new, due_at=old, opened_at=old), recent),
        (Task(id="task:b", title="b", due_at=new, opened_at=old), recent),
        (Task(id="task:b", title="b", opened_at=at(2024, 3, 2)), past),
        (Task(id="task:b", title="b"), 0),
    ]
    for task, expected in cases:
        assert abs(bonus(graph(*worked(task, "bo", "di")), "bo", "di") - expected) <= 1, task


def test_what_is_later_than_the_monday_does_not_count() -> None:
    assert as_of_day(TODAY) == MONDAY == as_of_day(MONDAY) == as_of_day(date(2026, 3, 8))
    tuesday = worked(Task(id="task:b", title="b", closed_at=at(2026, 3, 3)), "bo", "di")
    assert bonus(graph(*tuesday), "bo", "di") == 0


def test_members_of_one_swarm_worked_on_its_task() -> None:
    days = Days(date(2026, 1, 5), date(2026, 1, 9))
    task = Task(id="task:b", title="b", state=TaskState.CLOSED, closed_at=at(2026, 3, 2))
    for state, expected in ((SwarmState.DISSOLVED, round(200 * (1 - math.exp(-1)))), (SwarmState.CANCELLED, 0)):
        swarms = [
            *booking("person:bo", days, 500, state=state, task="task:b"),
            *booking("person:di", days, 500, state=state, task="task:b"),
        ]
        assert bonus(graph(task, *swarms), "bo", "di") == expected


def test_a_tie_does_not_depend_on_who_else_is_asked_for() -> None:
    people = [PersonFacts(person_id=f"person:{n}", levels=(), works=(0, 1, 2)[: 1 + n % 3]) for n in range(6)]
    recency = (0.1, 0.2, 0.7)
    all_pairs = {(people[i].person_id, people[j].person_id): b for i, j, b in pair_bonuses(people, recency, 200)}
    some = [people[2], people[5]]
    assert pair_bonuses(some, recency, 200) == ((0, 1, all_pairs["person:2", "person:5"]),)
    assert pair_bonuses(people, recency, 0) == pair_bonuses(people, (), 200) == ()


def test_the_load_grows_by_the_half_and_is_capped() -> None:
    rules = Rules()
    assert [load_points(seats, rules) for seats in (0, 1, 2, 3)] == [0, 100, 250, 475]
    assert load_points(24, rules) == load_points(25, rules)


def test_the_load_counts_the_swarms_of_the_last_90_days() -> None:
    edge = TODAY - timedelta(days=89)
    past = Days(date(2025, 12, 1), date(2025, 12, 2))
    cases = {edge: 100, edge - timedelta(days=1): 0, TODAY: 100}
    for formed, expected in cases.items():
        state = graph(*booking("person:bo", past, 500, formed_at=at(formed.year, formed.month, formed.day)))
        found = problem(state, demand())
        assert found.candidates[found.positions["person:bo"]].load == expected, formed
    cancelled = graph(*booking("person:bo", past, 500, state=SwarmState.CANCELLED))
    assert all(candidate.load == 0 for candidate in problem(cancelled, demand()).candidates)


def test_distance_is_to_the_window_else_to_the_customer_else_nothing() -> None:
    """Shanghai is +8 and Mexico -6, fourteen hours apart, hence ten around the clock."""
    window = demand(timezone_window=TimezoneWindow(timezone="Asia/Tokyo", maximum_offset_hours=12.0))
    cases = [(window, "customer:kep", [30, 30, 30, 270]), (demand(), "customer:kep", [300, 300, 300, 0])]
    for asked, customer, expected in cases:
        assert [c.distance for c in problem(graph(), asked, customer).candidates] == expected
    assert [c.distance for c in problem(graph(), demand()).candidates] == [0, 0, 0, 0]
    nowhere = graph(Customer(id="customer:kep", name="Kep", timezone=None))
    assert [c.distance for c in problem(nowhere, demand(), "customer:kep").candidates] == [0, 0, 0, 0]


def test_an_unknown_zone_is_twelve_hours_away() -> None:
    state = graph(Customer(id="customer:b", name="B", timezone=MEXICO))
    asked = demand(skills=(SkillDemand(skill_id=LIVE),), headcount=1)
    found = problem(state, asked, "customer:b")
    distances = {candidate.person_id: candidate.distance for candidate in found.candidates}
    assert distances == {"person:bo": 300, "person:di": 0, "person:eve": 360}


def test_the_seats_add_up_to_the_team() -> None:
    found = problem(graph(), demand(), "customer:kep")
    team = seated(found, (found.positions["person:ada"], found.positions["person:cy"]))
    assert team is not None
    tie = round(200 * (1 - math.exp(-0.5)))
    assert team.objective == 1000 + 800 + tie - 300 - 300
    assert [seat.roles for seat in team.seats] == [("skill:tax",), ("skill:customs",)]
    assert sum(seat.points.collaboration for seat in team.seats) == tie
    assert seated(found, (found.positions["person:cy"], found.positions["person:di"])) is None

"""Value a person-day: what it is divided by, where it is unknown, and how tasks are ordered by it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Money
from graph_api.kernel.records import upsert
from graph_api.organization.model import Requires, Skill, Task
from graph_api.swarm.density import value_density
from graph_api.swarm.model import Demand, SkillDemand
from tests.api.guard_world import guarded_service, shown
from tests.swarm.organization import DAYS, LIVE, TAX

ORDERED = """query($direction: SortDirection!) { tasks(orderBy: {field: VALUE_DENSITY, direction: $direction}) {
    edges { node { id valueDensity { amount currency } } } } }"""


def stored(**fields: Any) -> str:
    return msgspec.json.encode(Demand(**fields)).decode()


def density(required: int = 0, **fields: Any) -> Money | None:
    """The density of a task worth 300 USD, with so many seats of two skills required of it."""
    known: dict[str, Any] = {"value": Decimal(300), "currency": "USD"}
    task = Task(id="task:a", title="A", **known | fields)
    graph = Graph()
    graph.apply(upsert(each) for each in (task, Skill(id=TAX, name=TAX), Skill(id=LIVE, name=LIVE)))
    if required:
        graph.apply(upsert(Requires(source="task:a", target=each, seats=required)) for each in (TAX, LIVE))
    return value_density(graph, task)


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ({"demand": stored(headcount=2, days=DAYS)}, "30"),  # 2 people x 5 days
        ({"demand": stored(days=DAYS), "required": 1}, "30"),
        ({"demand": stored(days=DAYS), "required": 4}, "12"),  # 8 seats are 5 people
        ({"demand": stored(days=DAYS, skills=(SkillDemand(skill_id=TAX, seats=3),)), "required": 1}, "20"),
        ({"demand": stored(headcount=2, days=DAYS), "effort_days": 7.0}, "30"),
        ({"required": 1, "effort_days": 7.0}, "42.8571"),
        ({"value": Decimal(-300), "effort_days": 2.0}, "-150"),
    ],
)
def test_value_is_divided_by_people_and_days_else_by_the_effort(told: dict[str, Any], amount: str) -> None:
    assert density(**told) == Money(Decimal(amount), "USD")


@pytest.mark.parametrize(
    "told",
    [
        {"value": None, "effort_days": 1.0},
        {"currency": None, "effort_days": 1.0},
        {"required": 1},
        {"effort_days": 0.0},
        {"demand": stored(days=DAYS)},
        {"demand": stored(headcount=2)},
    ],
)
def test_it_is_unknown_where_value_or_person_days_are(told: dict[str, Any]) -> None:
    assert density(**told) is None


async def test_tasks_are_ordered_by_it_within_each_currency_and_the_unknown_come_last() -> None:
    service = guarded_service(
        Task(id="task:free", title="Free", value=Decimal(300), currency="USD", effort_days=3.0),
        Task(id="task:mx", title="Mexico", value=Decimal(100), currency="USD", effort_days=2.0),
        Task(id="task:new", title="New", value=Decimal(9), currency="EUR", effort_days=9.0),
    )
    for direction, wanted in (("DESC", ["new", "free", "mx"]), ("ASC", ["new", "mx", "free"])):
        rows = (await shown(service, "dispatcher", ORDERED, direction=direction))["tasks"]["edges"]
        ids = [row["node"]["id"].removeprefix("task:") for row in rows]
        assert ids == [*wanted, "past", "pe"]
    assert rows[1]["node"]["valueDensity"] == {"amount": "50.0000", "currency": "USD"}
    assert rows[-1]["node"]["valueDensity"] is None

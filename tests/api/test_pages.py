"""Pages through the door: filters and orders, both directions, with people saved between the pages."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_api.api.service import ApiService
from graph_api.organization.model import Person, Task
from graph_api.organization.read_model import TaskFilter, TaskOrder, TaskOrderField, tasks
from tests.api.organization import at, data, errors, service_on
from tests.support.memory_replica import MemoryReplica

CITIES = ["Shenzhen", "Chengdu"]
PEOPLE = st.dictionaries(st.integers(0, 60), st.sampled_from(CITIES), max_size=30)
SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=3)
INSERTS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(CITIES)), max_size=8)
PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $filter: PersonFilter) { people(first: $first,
    after: $after, last: $last, before: $before, filter: $filter) { totalCount edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
SAVE = "mutation($p: PersonInput!) { savePeople(input: {people: [$p]}) { __typename } }"


def person_id(number: int) -> str:
    return f"person:{number:02d}"


async def pages(
    service: ApiService, filter_: Any, sizes: list[int], inserts: Iterator[tuple[int, str]], *, is_forward: bool
) -> list[list[str]]:
    found: list[list[str]] = []
    more, cursor, size = True, None, cycle(sizes)
    while more:
        asked = {"first": next(size), "after": cursor} if is_forward else {"last": next(size), "before": cursor}
        page = (await data(service, PAGE, asked | {"filter": filter_}))["people"]
        found.append([edge["node"]["id"] for edge in page["edges"]])
        more = page["pageInfo"]["hasNextPage" if is_forward else "hasPreviousPage"]
        cursor = page["pageInfo"]["endCursor" if is_forward else "startCursor"]
        if inserted := next(inserts, None):
            person = {"id": person_id(inserted[0]), "name": "New", "city": inserted[1]}
            await data(service, SAVE, {"p": person})
    return found


@given(PEOPLE, SIZES, st.sampled_from([None, {"cities": ["Chengdu"]}, {"text": "old"}]), st.booleans(), INSERTS)
async def test_paging_gives_each_person_once_in_order_with_people_saved_between(
    people: dict[int, str], sizes: list[int], filter_: Any, is_forward: bool, inserts: list[tuple[int, str]]
) -> None:
    replica = MemoryReplica(*(Person(id=person_id(key), name="Old", city=city) for key, city in people.items()))
    fresh = [one for one in inserts if one[0] not in people]
    found = await pages(service_on(replica), filter_, sizes, iter(fresh), is_forward=is_forward)
    seen = [one for page in (found if is_forward else reversed(found)) for one in page]
    there = sorted(
        person_id(key) for key, city in people.items() if filter_ != {"cities": CITIES[1:]} or city == CITIES[1]
    )
    assert seen == sorted(set(seen))
    assert [one for one in seen if one in set(there)] == there
    if not fresh:
        assert seen == there


VALUES = st.none() | st.decimals(-5, 5, places=1)
TASKS = st.lists(st.tuples(VALUES, st.sampled_from(["USD", "CNY"]), st.none() | st.integers(1, 9)), max_size=20)
BY_OWN_FIELDS = [field for field in TaskOrderField if field is not TaskOrderField.VALUE_DENSITY]
ORDERED = """query($n: Int, $after: String, $o: TaskOrder) { tasks(first: $n, after: $after, orderBy: $o) {
    edges { node { id value { amount currency } openedAt } } pageInfo { hasNextPage endCursor } } }"""


def task_of(number: int, value: Decimal | None, currency: str, opened: int | None) -> Task:
    when = None if opened is None else at(opened)
    currency_of = None if value is None else currency
    return Task(id=f"task:{number}", title="T", value=value, currency=currency_of, opened_at=when, due_at=when)


@given(TASKS, st.integers(1, 6), st.sampled_from(BY_OWN_FIELDS), st.booleans())
async def test_ordered_pages_hold_each_task_once_and_the_unknown_last(
    drawn: list[tuple[Decimal | None, str, int | None]], size: int, field: TaskOrderField, is_descending: bool
) -> None:
    records = [task_of(number, *one) for number, one in enumerate(drawn)]
    service = service_on(MemoryReplica(*records))
    order = {"field": field.value, "direction": "DESC" if is_descending else "ASC"}
    seen: list[str] = []
    more, cursor = True, None
    while more:
        page = (await data(service, ORDERED, {"n": size, "after": cursor, "o": order}))["tasks"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        more, cursor = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    wanted = tasks(service.replica.graph, TaskFilter(), TaskOrder(field, is_descending))
    assert seen == [task.id for task in wanted]
    assert sorted(seen) == sorted(task.id for task in records)
    known = [task for task in wanted if (task.value if field is TaskOrderField.VALUE else task.due_at) is not None]
    assert wanted[: len(known)] == known
    if field is not TaskOrderField.VALUE:
        assert [task.due_at for task in known] == sorted(
            (task.due_at or at(1) for task in known), reverse=is_descending
        )


async def test_a_cursor_is_bound_to_its_filter_and_its_order() -> None:
    service = service_on(MemoryReplica(Person(id="person:a", name="A"), Person(id="person:b", name="B")))
    first = (await data(service, PAGE, {"first": 1}))["people"]["pageInfo"]["endCursor"]
    told = await errors(service, PAGE, {"first": 1, "after": first, "filter": {"text": "b"}})
    assert told[0]["extensions"]["code"] == "BAD_USER_INPUT"
    elsewhere = "query($c: String) { skills(after: $c) { totalCount } }"
    assert (await errors(service, elsewhere, {"c": first}))[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_both_first_and_last_are_one_too_many() -> None:
    told = await errors(service_on(MemoryReplica()), PAGE, {"first": 1, "last": 1})
    assert told[0]["extensions"] == {"code": "BAD_USER_INPUT", "suggestion": "Give one of them."}

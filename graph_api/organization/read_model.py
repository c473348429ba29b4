"""Lists of the base graph for pages: filtered and ordered on one state, kept while that state stands.

Without a filter a list is the state's own sorted index. With one it is built by one pass over the kind, or over the
holders and members that the filter names; the last few lists are kept until the revision moves.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from graph_api.kernel.graph import Readable
from graph_api.kernel.quantities import Days, Money
from graph_api.kernel.records import Node
from graph_api.organization.model import (
    BelongsTo,
    For,
    HasSkill,
    Person,
    Requires,
    Skill,
    Task,
    TaskState,
    Unit,
    money,
    parse_days,
)
from graph_api.organization.paging import Listing, PlaceKey

NodeT = TypeVar("NodeT", bound=Node)
RowT = TypeVar("RowT")
FreeOn: TypeAlias = Callable[[Days], Callable[[Person], bool]]
DensityOf: TypeAlias = Callable[[Task], Money | None]
_KEPT_LISTS: Final = 16


class PeopleFilter(msgspec.Struct, frozen=True):
    """Any of each list, all of the fields; None asks nothing."""

    skill_ids: tuple[str, ...] | None = None
    minimum_level: int | None = None
    cities: tuple[str, ...] | None = None
    unit_ids: tuple[str, ...] | None = None
    text: str | None = None
    free_on: Days | None = None


class TaskFilter(msgspec.Struct, frozen=True):
    """Any of each list, all of the fields; None asks nothing."""

    states: tuple[TaskState, ...] | None = None
    skill_ids: tuple[str, ...] | None = None
    customer_ids: tuple[str, ...] | None = None
    text: str | None = None


class TaskOrderField(StrEnum):
    """What tasks are ordered by; unknown values come last in either direction."""

    OPENED_AT = "OPENED_AT"
    DUE_AT = "DUE_AT"
    VALUE = "VALUE"
    VALUE_DENSITY = "VALUE_DENSITY"


class TaskOrder(msgspec.Struct, frozen=True):
    """A field and a direction."""

    field: TaskOrderField
    descending: bool


class KeptLists:
    """The lists of one state, newest use last; forgotten when the state moves.

    Whoever makes a costly one beside the event loop takes `turn` first: others wait for it instead of making it too.
    """

    def __init__(self) -> None:
        self.turn: Final = asyncio.Lock()
        self._state: object = None
        self._lists: OrderedDict[Any, Sequence[Any]] = OrderedDict()

    def get(self, state: object, key: object, build: Callable[[], Sequence[RowT]]) -> Sequence[RowT]:
        """Return the list under a key on a state, building it where it is not kept."""
        if state != self._state:
            self._state = state
            self._lists.clear()
        rows = self._lists.pop(key, None)
        self._lists[key] = rows = build() if rows is None else rows
        if len(self._lists) > _KEPT_LISTS:
            self._lists.popitem(last=False)
        return rows

    def find(self, state: object, key: object) -> Sequence[Any] | None:
        """Return the list under a key on a state, or None where it is not kept."""
        return self._lists.get(key) if state == self._state else None


def all_nodes(graph: Readable, node_type: type[NodeT]) -> Listing[NodeT]:
    """Return all nodes of a kind by id, without copying them."""
    return by_id(graph.sorted_nodes(node_type), node_type.entity_type)


def by_id(rows: Sequence[NodeT], scope: str) -> Listing[NodeT]:
    """Return rows that stand in the order of their ids as a listing."""
    return Listing(rows, _id_place, tuple[str], scope)


def _id_place(node: Node) -> PlaceKey:
    return (node.id,)


def people(graph: Readable, asked: PeopleFilter, free_on: FreeOn) -> list[Person]:
    """Return the people that a filter lets through, by id; `free_on` gives the test of who is free."""
    text, cities = _folded(asked.text), asked.cities
    is_free = free_on(asked.free_on) if asked.free_on is not None else None

    def fits(person: Person) -> bool:
        return (
            (cities is None or person.city in cities)
            and (text is None or text in person.name.casefold())
            and (is_free is None or is_free(person))
        )

    return [person for person in _candidates(graph, asked) if fits(person)]


def _candidates(graph: Readable, asked: PeopleFilter) -> Iterable[Person]:
    ids: set[str] | None = None
    if asked.skill_ids is not None:
        ids = {link.source for skill in asked.skill_ids for link in holdings(graph, skill, asked.minimum_level or 1)}
    if asked.unit_ids is not None:
        members = {link.source for unit in asked.unit_ids for link in graph.incoming(BelongsTo, unit)}
        ids = members if ids is None else ids & members
    if ids is not None:
        return [person for one in sorted(ids) if (person := graph.node(Person, one)) is not None]
    if asked.minimum_level is not None:
        return [one for one in graph.nodes(Person) if _holds_any(graph, one.id, asked.minimum_level)]
    return graph.nodes(Person)


def _holds_any(graph: Readable, person_id: str, level: int) -> bool:
    return any(link.level >= level for link in graph.outgoing(HasSkill, person_id))


def holdings(graph: Readable, skill_id: str, minimum_level: int) -> list[HasSkill]:
    """Return who holds a skill at least at a level, best first, then by id."""
    found = [link for link in graph.incoming(HasSkill, skill_id) if link.level >= minimum_level]
    # Two stable sorts by an attribute take a third of the time of one by a tuple.
    found.sort(key=attrgetter("source"))
    found.sort(key=attrgetter("level"), reverse=True)
    return found


def members(graph: Readable, unit_id: str, today: date) -> list[Person]:
    """Return the people who belong to a unit today, by id."""
    current = (link.source for link in graph.incoming(BelongsTo, unit_id) if is_current(link, today))
    return [person for one in sorted(current) if (person := graph.node(Person, one)) is not None]


def units_of(graph: Readable, person_id: str, today: date) -> list[Unit]:
    """Return the units that a person belongs to today, by id."""
    current = (link.target for link in graph.outgoing(BelongsTo, person_id) if is_current(link, today))
    return [unit for one in sorted(current) if (unit := graph.node(Unit, one)) is not None]


def is_present(person: Person, days: Days) -> bool:
    """Say whether a person is neither absent nor gone on any of these days."""
    if person.last_day is not None and person.last_day < days.ends_on:
        return False
    return not any(parse_days(absence).overlaps(days) for absence in person.absences)


def is_current(link: BelongsTo, today: date) -> bool:
    """Say whether the belonging has begun and has not ended."""
    return (link.since is None or link.since <= today) and (link.until is None or today <= link.until)


def skills(graph: Readable, text: str | None) -> list[Skill]:
    """Return the skills whose name or alias holds a text, by id."""
    wanted = _folded(text) or ""
    return [
        skill
        for skill in graph.nodes(Skill)
        if wanted in skill.name.casefold() or any(wanted in alias.casefold() for alias in skill.aliases)
    ]


def unknown_density(task: Task) -> Money | None:
    """Return the value a person-day where no room knows of demands: unknown."""
    return None


def tasks(
    graph: Readable, asked: TaskFilter, order: TaskOrder | None, density_of: DensityOf = unknown_density
) -> list[Task]:
    """Return the tasks that a filter lets through, in an order, else by id."""
    states, text = asked.states, _folded(asked.text)
    found = [
        task
        for task in _task_candidates(graph, asked)
        if (states is None or task.state in states) and (text is None or text in task.title.casefold())
    ]
    return found if order is None else sorted(found, key=task_place(order, density_of))


def _task_candidates(graph: Readable, asked: TaskFilter) -> Iterable[Task]:
    ids: set[str] | None = None
    if asked.skill_ids is not None:
        ids = {link.source for skill in asked.skill_ids for link in graph.incoming(Requires, skill)}
    if asked.customer_ids is not None:
        served = {link.source for customer in asked.customer_ids for link in graph.incoming(For, customer)}
        ids = served if ids is None else ids & served
    if ids is None:
        return graph.nodes(Task)
    return [task for one in sorted(ids) if (task := graph.node(Task, one)) is not None]


def task_place(order: TaskOrder, density_of: DensityOf = unknown_density) -> Callable[[Task], PlaceKey]:
    """Return the place of a task in an order: unknown values last, equal ones by id.

    Values are compared within one currency only; currencies follow each other by their codes.
    """
    sign = -1 if order.descending else 1

    def place(task: Task) -> PlaceKey:
        if order.field in {TaskOrderField.VALUE, TaskOrderField.VALUE_DENSITY}:
            is_value = order.field is TaskOrderField.VALUE
            worth = money(task.value, task.currency) if is_value else density_of(task)
            if worth is None:
                return (1, "", Decimal(0), task.id)
            return (0, worth.currency, sign * worth.amount, task.id)
        at = task.opened_at if order.field is TaskOrderField.OPENED_AT else task.due_at
        return (1, "", Decimal(0), task.id) if at is None else (0, "", Decimal(sign * _microseconds(at)), task.id)

    return place


TASK_PLACE: Final = tuple[int, str, Decimal, str]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _folded(text: str | None) -> str | None:
    folded = (text or "").casefold().strip()
    return folded or None

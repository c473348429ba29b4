"""How often knowledge went from one group to another: uses and citations of items, added up between vertices."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import entity_id
from graph_api.knowledge.flow import reading
from graph_api.knowledge.flow.reading import ItemRead, Part
from graph_api.knowledge.model import About, Cites, From, Knowledge, Teaches, Used
from graph_api.organization.model import BelongsTo, For, Person, Requires, Task

OTHERS: Final = "others"
"""The key of the vertex that small groups are folded to; no id, as it has no colon."""
Indices = npt.NDArray[np.int64]


class FlowLevel(StrEnum):
    """Between what flow is added up."""

    PERSON = "PERSON"
    UNIT = "UNIT"
    SKILL = "SKILL"
    CUSTOMER = "CUSTOMER"
    CITY = "CITY"


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of an item: by a task, else a person or a citing item (`by`), with the people it counts for."""

    item: str
    by: str
    people: tuple[str, ...]
    at: datetime | None


class Table(msgspec.Struct, frozen=True):
    """One row a pair of source and target vertex of a use: places in `vertices`, the use and the item as numbers."""

    vertices: list[str]
    sources: Indices
    targets: Indices
    uses: Indices
    items: Indices


class FlowLink(NamedTuple):
    """How many different uses of how many different items went from one vertex to another."""

    source: str
    target: str
    uses: int
    items: int


class Balance(NamedTuple):
    """What a vertex gave to others and took from others, in uses; a source gives more than it takes, a sink less."""

    vertex: str
    given: int
    taken: int


class Flow(msgspec.Struct, frozen=True):
    """The strongest links, the balances of all, their number, and that of the different uses behind all of them."""

    links: tuple[FlowLink, ...]
    balances: tuple[Balance, ...]
    total_links: int
    total_uses: int


def uses(view: GraphView) -> list[Use]:
    """Return each use of each item once: what a task uses counts for its people, a citation for the citing authors."""
    return uses_of(list(reading.ITEMS.read(view)))


def uses_of(read: Sequence[ItemRead]) -> list[Use]:
    """Return each use of each item once, of items that were read; what is none of these cites none."""
    written = {each.item.id: each for each in read}
    found: list[Use] = []
    for each in read:
        by_task: dict[str, list[Used]] = defaultdict(list)
        for link in each.uses:
            if link.task:
                by_task[link.task].append(link)
            else:
                found.append(Use(each.item.id, link.source, (link.source,), link.at))
        for task, links in by_task.items():
            dates = [link.at for link in links if link.at is not None]
            people = tuple(sorted({link.source for link in links}))
            found.append(Use(each.item.id, task, people, min(dates, default=None)))
        found.extend(_citation(link, written[link.source]) for link in each.citing if link.source in written)
    return found


def _citation(link: Cites, citing: ItemRead) -> Use:
    at = link.at or citing.item.created_at
    return Use(link.target, link.source, tuple(each.target for each in citing.writers), at)


def within(found: Iterable[Use], since: date | None, until: date | None) -> list[Use]:
    """Return the uses of some UTC days, both ends included; without any, undated ones too."""
    if since is None and until is None:
        return list(found)
    first, last = since or date.min, until or date.max
    return [use for use in found if use.at is not None and first <= use.at.date() <= last]


def table(view: GraphView, found: Sequence[Use], level: FlowLevel, group_people_min: int) -> Table:
    """Lay out uses between vertices of a level; units and cities of fewer people that are seen become "others"."""
    return laid_out(found, Groups(level, reading.ITEMS.read(view), GROUPS[level].read(view), group_people_min))


def laid_out(found: Sequence[Use], grouped: "Groups") -> Table:
    """Lay out uses between groups."""
    places: dict[str, int] = {}
    items: dict[str, int] = {}
    sources, targets, uses, numbers = (array("q") for _ in range(4))
    for number, use in enumerate(found):
        begins, ends = grouped.of_item(use.item), grouped.of_use(use)
        item = items.setdefault(use.item, len(items))
        for source, target in product(begins, ends):
            sources.append(places.setdefault(source, len(places)))
            targets.append(places.setdefault(target, len(places)))
            uses.append(number)
            numbers.append(item)
    columns = (np.frombuffer(column, np.int64) for column in (sources, targets, uses, numbers))
    return Table(list(places), *columns)


class Group(NamedTuple):
    """The groups of a level that a person, an item or a task is in, by id."""

    entity: str
    groups: tuple[str, ...]


def _person_himself(view: GraphView, person_id: str) -> Group | None:
    return Group(person_id, (person_id,)) if view.node(Person, person_id) is not None else None


def _units_of_person(view: GraphView, person_id: str) -> Group | None:
    """Return the units of any time."""
    if view.node(Person, person_id) is None:
        return None
    return _group(person_id, (link.target for link in view.outgoing(BelongsTo, person_id)))


def _city_of_person(view: GraphView, person_id: str) -> Group | None:
    person = view.node(Person, person_id)
    if person is None:
        return None
    return Group(person_id, () if person.city is None else (entity_id("city", person.city),))


def _skills(view: GraphView, entity: str) -> Group | None:
    if view.node(Knowledge, entity) is not None:
        return _group(entity, (link.target for link in view.outgoing(Teaches, entity)))
    if view.node(Task, entity) is not None:
        return _group(entity, (link.target for link in view.outgoing(Requires, entity)))
    return None


def _customers(view: GraphView, entity: str) -> Group | None:
    """Return whom an item is about, or whom the work was done for that it comes from; or whom a task is done for."""
    if view.node(Knowledge, entity) is not None:
        about = {link.target for link in view.outgoing(About, entity)}
        return _group(entity, about or _served_by(view, entity))
    if view.node(Task, entity) is not None:
        return _group(entity, (link.target for link in view.outgoing(For, entity)))
    return None


def _served_by(view: GraphView, item_id: str) -> set[str]:
    return {link.target for source in view.outgoing(From, item_id) for link in view.outgoing(For, source.target)}


def items_of_task(view: GraphView, task_id: str) -> Iterator[str]:
    """Yield the items that come from a task; none of what is no task."""
    return (link.source for link in view.incoming(From, task_id))


def _group(entity: str, found: Iterable[str]) -> Group:
    return Group(entity, tuple(sorted(set(found))))


GROUPS: Final[Mapping[FlowLevel, Part[Group]]] = {
    FlowLevel.PERSON: Part((Person,), _person_himself),
    FlowLevel.UNIT: Part((Person,), _units_of_person),
    FlowLevel.CITY: Part((Person,), _city_of_person),
    FlowLevel.SKILL: Part((Knowledge, Task), _skills),
    FlowLevel.CUSTOMER: Part((Knowledge, Task), _customers, also=items_of_task),
}
"""The groups of all people who are seen, or of all items and tasks."""


class Groups:
    """The vertices of a level that items come from and uses go to."""

    def __init__(
        self, level: FlowLevel, items: Iterable[ItemRead], read: Iterable[Group], group_people_min: int
    ) -> None:
        self._of_people = level not in (FlowLevel.SKILL, FlowLevel.CUSTOMER)
        self._groups = {each.entity: each.groups for each in read}
        if level in (FlowLevel.UNIT, FlowLevel.CITY):
            self._groups = _folded(self._groups, group_people_min)
        if self._of_people:
            self._items = {each.item.id: self._of({link.target for link in each.writers}) for each in items}

    def of_item(self, item: str) -> Sequence[str]:
        """Return where an item comes from: its authors' groups, the skills it teaches, or its customers."""
        return self._items.get(item, ()) if self._of_people else self._groups.get(item, ())

    def of_use(self, use: Use) -> Sequence[str]:
        """Return where a use goes: its people's groups, or the skills or customers of what used the item."""
        return self._of(use.people) if self._of_people else self._groups.get(use.by, ())

    def _of(self, people: Collection[str]) -> Sequence[str]:
        if len(people) == 1:
            return self._groups.get(next(iter(people)), ())
        return sorted({group for person in people for group in self._groups.get(person, ())})


def _folded(read: Mapping[str, tuple[str, ...]], people_min: int) -> dict[str, tuple[str, ...]]:
    """Put others in the place of groups of few people."""
    sizes = Counter(group for found in read.values() for group in found)
    return {
        person: _group(person, (OTHERS if sizes[group] < people_min else group for group in found)).groups
        for person, found in read.items()
    }


def flow(found: Table, limit: int) -> Flow:
    """Add up links, those of most uses first, then by keys; each use counts once a link, and once in the total."""
    width = max(len(found.vertices), 1)
    pairs, use_count = _different(found.sources * width + found.targets, found.uses)
    _, item_count = _different(found.sources * width + found.targets, found.items)
    rows = zip(pairs.tolist(), use_count.tolist(), item_count.tolist(), strict=True)
    links = (
        FlowLink(found.vertices[pair // width], found.vertices[pair % width], many, items) for pair, many, items in rows
    )
    ranked = sorted(links, key=lambda link: (-link.uses, link.source, link.target))
    return Flow(tuple(ranked[:limit]), tuple(balances(ranked, limit)), len(pairs), len(_sorted_once(found.uses)))


def _different(pairs: Indices, values: Indices) -> tuple[Indices, Indices]:
    """Return the pairs, sorted, and how many different values stand beside each."""
    width = int(values.max(initial=0)) + 1
    beside = _sorted_once(pairs * width + values) // width
    firsts = np.flatnonzero(np.diff(beside, prepend=-1))
    return beside[firsts], np.diff(firsts, append=len(beside))


def _sorted_once(values: Indices) -> Indices:
    """Return the different values, sorted; by sorting, which takes a fraction of the time of numpy's own `unique`."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]


def balances(links: Iterable[FlowLink], limit: int) -> list[Balance]:
    """Return so many balances, of which most goes one way, the largest source first; what stays inside is left out."""
    given, taken = Counter[str](), Counter[str]()
    for link in links:
        if link.source != link.target:
            given[link.source] += link.uses
            taken[link.target] += link.uses
    rows = (Balance(vertex, given[vertex], taken[vertex]) for vertex in given.keys() | taken.keys())
    largest = sorted(rows, key=lambda row: (-abs(row.taken - row.given), row.vertex))[:limit]
    return sorted(largest, key=lambda row: (row.taken - row.given, row.vertex))

"""How often knowledge went from one group to another: uses and citations of items, added up between vertices."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import entity_id
from graph_api.knowledge.model import About, Cites, From, Knowledge, RecordedBy, Teaches, Used
from graph_api.organization.model import BelongsTo, For, Person, Requires

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


class Use(NamedTuple):
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


class Flow(msgspec.Struct, frozen=True):
    """The strongest links, the number of all, and the number of different uses behind all of them."""

    links: tuple[FlowLink, ...]
    total_links: int
    total_uses: int


def uses(view: GraphView) -> list[Use]:
    """Return each use of each item once: what a task uses counts for its people, a citation for the citing authors."""
    found: list[Use] = []
    for item in view.nodes(Knowledge):
        by: dict[str, list[Used]] = defaultdict(list)
        for link in view.incoming(Used, item.id):
            by[link.task or link.source].append(link)
        for user, links in by.items():
            dates = [link.at for link in links if link.at is not None]
            people = tuple(sorted({link.source for link in links}))
            found.append(Use(item.id, user, people, min(dates, default=None)))
        found.extend(_citation(view, link) for link in view.incoming(Cites, item.id))
    return found


def _citation(view: GraphView, link: Cites) -> Use:
    citing = view.node(Knowledge, link.source)
    at = link.at or (citing.created_at if citing is not None else None)
    return Use(link.target, link.source, tuple(each.target for each in view.outgoing(RecordedBy, link.source)), at)


def within(found: Iterable[Use], since: date | None, until: date | None) -> list[Use]:
    """Return the uses of some UTC days, both ends included; without any, undated ones too."""
    if since is None and until is None:
        return list(found)
    first, last = since or date.min, until or date.max
    return [use for use in found if use.at is not None and first <= use.at.date() <= last]


def table(view: GraphView, found: Sequence[Use], level: FlowLevel, group_people_min: int) -> Table:
    """Lay out uses between vertices of a level; units and cities of fewer people that are seen become "others"."""
    groups = _Groups(view, level, group_people_min)
    places: dict[str, int] = {}
    items: dict[str, int] = {}
    rows = [
        (places.setdefault(source, len(places)), places.setdefault(target, len(places)), number, item)
        for number, use in enumerate(found)
        if (item := items.setdefault(use.item, len(items))) >= 0
        for source in groups.of_item(use.item)
        for target in groups.of_use(use)
    ]
    columns = np.array(rows, np.int64).reshape(-1, 4)
    return Table(list(places), columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])


class _Groups:
    """The vertices of a level that items come from and uses go to, each worked out once."""

    def __init__(self, view: GraphView, level: FlowLevel, group_people_min: int) -> None:
        self._view = view
        self._level = level
        self._person_groups = _person_groups(view, level)
        sizes = Counter(group for groups in self._person_groups.values() for group in groups)
        folded = level in (FlowLevel.UNIT, FlowLevel.CITY)
        self._small = {group for group, people in sizes.items() if folded and people < group_people_min}
        self._items: dict[str, Sequence[str]] = {}
        self._uses: dict[str, Sequence[str]] = {}

    def of_item(self, item: str) -> Sequence[str]:
        """Return where an item comes from: its authors' groups, the skills it teaches, or its customers."""
        if item not in self._items:
            self._items[item] = self._of_item(item)
        return self._items[item]

    def _of_item(self, item: str) -> Sequence[str]:
        if self._level is FlowLevel.SKILL:
            return sorted({link.target for link in self._view.outgoing(Teaches, item)})
        if self._level is FlowLevel.CUSTOMER:
            return sorted(_customers(self._view, item))
        return self._of_people(link.target for link in self._view.outgoing(RecordedBy, item))

    def of_use(self, use: Use) -> Sequence[str]:
        """Return where a use goes: its people's groups, or the skills or customers of what used the item."""
        if self._level not in (FlowLevel.SKILL, FlowLevel.CUSTOMER):
            return self._of_people(use.people)
        if use.by not in self._uses:
            self._uses[use.by] = self._of_user(use.by)
        return self._uses[use.by]

    def _of_user(self, by: str) -> Sequence[str]:
        if by.startswith("knowledge:"):
            return self.of_item(by)
        if self._level is FlowLevel.SKILL:
            return sorted({link.target for link in self._view.outgoing(Requires, by)})
        return sorted({link.target for link in self._view.outgoing(For, by)})

    def _of_people(self, people: Iterable[str]) -> Sequence[str]:
        groups = {group for person in people for group in self._person_groups.get(person, ())}
        return sorted({OTHERS if group in self._small else group for group in groups})


def _person_groups(view: GraphView, level: FlowLevel) -> Mapping[str, Sequence[str]]:
    """Return the groups of each person who is seen: itself, its units (of any time), or its city."""
    groups: Mapping[FlowLevel, Callable[[Person], Sequence[str]]] = {
        FlowLevel.PERSON: lambda person: (person.id,),
        FlowLevel.UNIT: lambda person: sorted({link.target for link in view.outgoing(BelongsTo, person.id)}),
        FlowLevel.CITY: lambda person: () if person.city is None else (entity_id("city", person.city),),
    }
    return {person.id: groups[level](person) for person in view.nodes(Person)} if level in groups else {}


def _customers(view: GraphView, item: str) -> set[str]:
    """Return whom an item is about, or whom the work was done for that it comes from."""
    about = {link.target for link in view.outgoing(About, item)}
    return about or {link.target for source in view.outgoing(From, item) for link in view.outgoing(For, source.target)}


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
    return Flow(tuple(ranked[:limit]), len(pairs), len(_sorted_once(found.uses)))


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


class Balance(NamedTuple):
    """What a vertex gave to others and took from others, in uses; a source gives more than it takes, a sink less."""

    vertex: str
    given: int
    taken: int


def balances(links: Iterable[FlowLink]) -> list[Balance]:
    """Return the balance of each vertex, the largest source first; what stays inside one is left out."""
    given, taken = Counter[str](), Counter[str]()
    for link in links:
        if link.source != link.target:
            given[link.source] += link.uses
            taken[link.target] += link.uses
    rows = (Balance(vertex, given[vertex], taken[vertex]) for vertex in given.keys() | taken.keys())
    return sorted(rows, key=lambda row: (row.taken - row.given, row.vertex))

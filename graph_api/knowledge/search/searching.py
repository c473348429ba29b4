"""What a viewer finds by words: hits of the index that the viewer sees, on a state that has all the index has (R10).

The index tells ids; whether an item is seen, and every text that is shown, comes from the state in memory. The index
may be ahead of it by the commits that are just being read: then the state is waited for, and looked at again.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from graph_api.kernel.errors import RevisionTimeout
from graph_api.kernel.graph import Readable
from graph_api.knowledge.model import Knowledge
from graph_api.knowledge.read_model import KnowledgeFilter, candidates, chosen
from graph_api.knowledge.search.marking import rank
from graph_api.knowledge.search.port import Sought, StoredText, TextIndex, TextReading
from graph_api.organization.paging import Listing, Page, PageLimits, PlaceKey, Window, turn_to

_ATTEMPTS: Final = 5
_FIRST_STEP_HITS: Final = 500
_FEW_ITEMS_MAX: Final = 10_000


class SearchLimits(msgspec.Struct, frozen=True):
    """Hits that a list has at most, and hits of the index that are looked at for it."""

    listed: int
    looked_at: int


class Looking(Protocol):
    """Whoever searches: what he sees at the moment, and a way to wait until that has a revision."""

    @property
    def graph(self) -> Readable:
        """What is seen of the committed state."""
        ...

    @property
    def revision(self) -> str:
        """The token of that state."""
        ...

    @property
    def sees_every_open_item(self) -> bool:
        """Whether no item is hidden but drafts of others."""
        ...

    def seen(self) -> Callable[[str], Knowledge | None]:
        """Return what gives an item that is seen, or None, as long as the state stands."""
        ...

    async def until(self, revision: str) -> None:
        """Wait until the state has a revision; raises RevisionTimeout, RevisionGone."""
        ...


class Found(msgspec.Struct, frozen=True):
    """An item that was found, and how well it fits: more is better."""

    item: Knowledge
    score: float


Cut: TypeAlias = Callable[[Sequence[Found]], Sequence[Found]]
"""Gives the rows, of all that are found, that are shown."""


class _Hits:
    """The hits of one look that are let through.

    Few may be let through of very many hits: where few items are at all, these are asked for, else more in steps that
    double.
    """

    def __init__(self, reading: TextReading, looking: Looking, sought: Sought, asked: KnowledgeFilter) -> None:
        self._reading = reading
        self._looking = looking
        self._sought = sought
        self._asked = asked
        self._fetched: list[str] = []
        self._found: tuple[str, list[Found]] | None = None
        self._ranked: dict[str, tuple[Knowledge | None, float]] = {}

    async def fetch(self, limits: SearchLimits) -> None:
        """Fetch until half of a full list is let through, there are no more, or enough were looked at."""
        step = min(_FIRST_STEP_HITS, limits.looked_at)
        if await self._is_enough(step, limits):
            return
        if len(self._let_through()) < limits.listed // 10 and (few := self._few()) is not None:
            self._fetched = [*await self._reading.hits(self._sought._replace(among=few), 0, limits.listed)]
            return
        while (step := min(2 * step, limits.looked_at - len(self._fetched))) > 0:
            if await self._is_enough(step, limits):
                return

    async def _is_enough(self, step: int, limits: SearchLimits) -> bool:
        """Fetch a step and tell whether nothing more is needed or there."""
        more = await self._reading.hits(self._sought, len(self._fetched), step)
        self._fetched += more
        return len(more) < step or len(self._let_through()) >= limits.listed // 2

    def _few(self) -> tuple[str, ...] | None:
        """Return all items that may be let through, where they are few."""
        graph = self._looking.graph
        ids: Collection[str] | None = candidates(graph, self._asked)
        if ids is None and not self._looking.sees_every_open_item:
            ids = [item.id for item in graph.sorted_nodes(Knowledge)]
        return tuple(ids) if ids is not None and len(ids) <= _FEW_ITEMS_MAX else None

    def found(self, limits: SearchLimits) -> list[Found]:
        """Return what is let through at the moment, the best first, then by id."""
        if self._found is None or self._found[0] != self._looking.revision:
            self._found = (self._looking.revision, self._find(limits))
        return self._found[1]

    def _find(self, limits: SearchLimits) -> list[Found]:
        # The index weighs words by how rare they are in all texts, drafts among them: its order would tell of those.
        items = self._let_through()[: limits.listed]
        return sorted((Found(item, self._rank(item)) for item in items), key=_place)

    def _rank(self, item: Knowledge) -> float:
        """Rank an item, once as long as its text stands."""
        ranked, score = self._ranked.get(item.id, (None, 0.0))
        if ranked is not item:
            score = rank(item, self._sought.words)
            self._ranked[item.id] = (item, score)
        return score

    def _let_through(self) -> list[Knowledge]:
        choose = chosen(self._looking.graph, self._asked, self._looking.seen())
        return [item for one in self._fetched if (item := choose(one)) is not None]


async def search(
    index: TextIndex,
    looking: Looking,
    sought: Sought,
    asked: KnowledgeFilter,
    limits: SearchLimits,
    cut: Cut,
) -> list[Found]:
    """Return all that is found, at most `limits.listed`; `cut` gives what of it is shown.

    Raises TimedOut, Unavailable, RevisionTimeout where the state does not come to have what the index has.
    """
    for _ in range(_ATTEMPTS):
        async with index.reading() as reading:
            hits = _Hits(reading, looking, sought, asked)
            await hits.fetch(limits)
            shown = cut(hits.found(limits))
            texts = await reading.texts([row.item.id for row in shown])
            revision = await reading.revision()
        await looking.until(revision)
        rows = hits.found(limits)
        if all(texts.get(row.item.id) == StoredText(row.item.title, row.item.body) for row in cut(rows)):
            return rows
    raise RevisionTimeout("The texts change faster than they can be read.", suggestion="Try again.")


async def search_page(
    index: TextIndex, looking: Looking, sought: Sought, asked: KnowledgeFilter, limits: SearchLimits, paging: "Paging"
) -> Page[Found]:
    """Return a page of what is found; raises what `search` and `turn_to` raise."""
    return paging.turn(await search(index, looking, sought, asked, limits, lambda rows: paging.turn(rows).rows))


class Paging(msgspec.Struct, frozen=True):
    """Which page of a list is asked for."""

    window: Window
    limits: PageLimits
    scope: str

    def turn(self, rows: Sequence[Found]) -> Page[Found]:
        """Return the page; raises BadUserInput, QueryTooCostly."""
        return turn_to(Listing(rows, _place, tuple[float, str], self.scope), self.window, self.limits)


def _place(row: Found) -> PlaceKey:
    return (-row.score, row.item.id)

"""What a viewer finds: nothing that is hidden, a full page of what is seen, on a state that has all the index has."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_api.kernel.errors import RevisionTimeout
from graph_api.kernel.graph import Graph, Readable
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy
from graph_api.knowledge.read_model import KnowledgeFilter
from graph_api.knowledge.search.marking import spans
from graph_api.knowledge.search.port import Sought, StoredText, TextReading
from graph_api.knowledge.search.searching import Found, SearchLimits, search
from tests.api.guard_world import IDENTITIES, guarded_service, shown

LIMITS = SearchLimits(listed=10, looked_at=5000)
TAX = Sought(("tax",))
ANY = KnowledgeFilter()
SEARCH = """query($text: String!) { knowledge(first: 200, filter: {text: $text}) {
    totalCount edges { score highlights node { id title body } } } }"""
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


class Viewer:
    """Sees a graph; what is waited for comes at once."""

    def __init__(self, graph: Readable, *, everything: bool = True) -> None:
        self.graph = graph
        self.sees_every_open_item = everything
        self.waited: list[str] = []

    @property
    def revision(self) -> str:
        return str(len(self.waited))

    def seen(self) -> Callable[[str], Knowledge | None]:
        graph = self.graph
        return lambda one: graph.node(Knowledge, one)

    async def until(self, revision: str) -> None:
        self.waited.append(revision)


class Texts:
    """An index that holds what it is told, whatever the viewer's state has."""

    def __init__(self, *texts: tuple[str, str]) -> None:
        self.stored = {one: StoredText(title, "") for one, title in texts}
        self.asked: list[tuple[int, int]] = []

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[TextReading]:
        yield self

    async def hits(self, sought: Sought, skip: int, limit: int) -> Sequence[str]:
        self.asked.append((skip, limit))
        among = self.stored if sought.among is None else sought.among
        found = [one for one, text in self.stored.items() if one in among and spans(text.title, sought.words)]
        return found[skip : skip + limit]

    async def texts(self, ids: Sequence[str]) -> Mapping[str, StoredText]:
        return {one: self.stored[one] for one in ids if one in self.stored}

    async def revision(self) -> str:
        return "r"


def graph_of(*items: tuple[str, str]) -> Graph:
    graph = Graph()
    graph.apply(upsert(Knowledge(id=one, title=title)) for one, title in items)
    return graph


def everything(rows: Sequence[Found]) -> Sequence[Found]:
    return rows


async def found(texts: Texts, viewer: Viewer, limits: SearchLimits = LIMITS, asked: KnowledgeFilter = ANY) -> list[str]:
    return [row.item.id for row in await search(texts, viewer, TAX, asked, limits, everything)]


async def test_few_that_are_seen_of_very_many_are_all_found() -> None:
    hidden = [(f"knowledge:{number}", "tax") for number in range(4000)]
    viewer = Viewer(graph_of(("knowledge:seen", "tax"), ("knowledge:0", "tax")))
    texts = Texts(*hidden, ("knowledge:seen", "tax"))
    assert await found(texts, viewer) == ["knowledge:0", "knowledge:seen"]
    assert texts.asked == [(0, 500), (500, 1000), (1500, 2000), (3500, 1500)]


async def test_whoever_sees_few_items_has_them_alone_looked_at() -> None:
    hidden = [(f"knowledge:{number}", "tax") for number in range(4000)]
    viewer = Viewer(graph_of(("knowledge:seen", "tax"), ("knowledge:other", "old")), everything=False)
    texts = Texts(*hidden, ("knowledge:seen", "tax"))
    assert await found(texts, viewer) == ["knowledge:seen"]
    assert texts.asked == [(0, 500), (0, 10)]


async def test_no_more_is_looked_at_than_the_bound() -> None:
    texts = Texts(*((f"knowledge:{number}", "tax") for number in range(9000)))
    assert await found(texts, Viewer(graph_of())) == []
    assert texts.asked[-1] == (3500, 1500)


async def test_no_more_is_listed_than_the_bound() -> None:
    items = [(f"knowledge:{number:02}", "tax") for number in range(30)]
    texts = Texts(*items)
    assert await found(texts, Viewer(graph_of(*items))) == [one for one, _ in items[:10]]
    assert texts.asked == [(0, 500)]


async def test_the_other_fields_of_the_filter_choose_among_the_hits() -> None:
    graph = graph_of(("knowledge:a", "tax"))
    graph.apply([upsert(Knowledge(id="knowledge:b", title="tax", state=KnowledgeState.RETIRED))])
    texts = Texts(("knowledge:a", "tax"), ("knowledge:b", "tax"))
    retired = KnowledgeFilter(states=(KnowledgeState.RETIRED,))
    assert await found(texts, Viewer(graph), asked=retired) == ["knowledge:b"]
    assert await found(texts, Viewer(graph), asked=KnowledgeFilter(task_ids=("task:none",))) == []


async def test_a_text_that_the_index_has_first_is_waited_for() -> None:
    graph = graph_of(("knowledge:a", "old"))

    class Late(Viewer):
        async def until(self, revision: str) -> None:
            await super().until(revision)
            graph.apply([upsert(Knowledge(id="knowledge:a", title="new tax"))])

    viewer = Late(graph)
    (row,) = await search(Texts(("knowledge:a", "new tax")), viewer, TAX, ANY, LIMITS, everything)
    assert row.item.title == "new tax"
    assert viewer.waited == ["r"]


async def test_what_is_hidden_by_the_time_it_can_be_shown_is_not_shown() -> None:
    class Losing(Viewer):
        async def until(self, revision: str) -> None:
            await super().until(revision)
            self.graph = graph_of()

    assert await found(Texts(("knowledge:a", "tax")), Losing(graph_of(("knowledge:a", "old")))) == []


async def test_a_text_that_never_agrees_is_never_shown() -> None:
    viewer = Viewer(graph_of(("knowledge:a", "old")))
    with pytest.raises(RevisionTimeout):
        await found(Texts(("knowledge:a", "tax")), viewer)
    assert len(viewer.waited) > 1


async def test_everybody_gets_an_order_that_tells_nothing_of_what_is_hidden() -> None:
    class Weighing(Texts):
        async def hits(self, sought: Sought, skip: int, limit: int) -> Sequence[str]:
            return ["knowledge:a", "knowledge:b"][skip : skip + limit]

    items = (("knowledge:a", "none"), ("knowledge:b", "tax"))
    texts = Weighing(*items)
    for everything_open in (True, False):
        viewer = Viewer(graph_of(*items), everything=everything_open)
        assert await found(texts, viewer) == ["knowledge:b", "knowledge:a"]


WORDS = st.lists(st.sampled_from(["tax", "customs", "税务", "live"]), max_size=4).map(" ".join)
ITEMS = st.lists(
    st.tuples(WORDS, WORDS, st.sampled_from(KnowledgeState), st.sampled_from(["bo", "far", "mem", "left", None])),
    max_size=6,
)


def records_of(items: list[tuple[str, str, KnowledgeState, str | None]]) -> list[Record]:
    made: list[Record] = []
    for number, (title, body, state, author) in enumerate(items):
        item = Knowledge(id=f"knowledge:{number}", title=title, body=body, state=state)
        made += [item, *([RecordedBy(source=item.id, target=f"person:{author}")] if author else [])]
    return made


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(items=ITEMS, word=st.sampled_from(["tax", "customs", "税务"]), role=st.sampled_from(sorted(IDENTITIES)))
async def test_a_search_finds_all_that_holds_the_word_and_is_seen_and_nothing_that_is_hidden(
    items: list[Any], word: str, role: str
) -> None:
    made = records_of(items)
    service = guarded_service(*made)
    told = (await shown(service, role, SEARCH, text=word))["knowledge"]
    holding = [one.id for one in made if isinstance(one, Knowledge) and word in f"{one.title} {one.body}"]
    seen = {node["id"] for node in (await shown(service, role, NODES, ids=holding))["nodes"] if node}
    listed = [edge["node"]["id"] for edge in told["edges"]]
    assert sorted(listed) == sorted(seen)
    assert told["totalCount"] == len(seen)

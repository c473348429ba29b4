"""The contract of an index of texts, on Neo4j and in memory."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from graph_api.kernel.records import Record
from graph_api.knowledge.model import Knowledge, KnowledgeState
from graph_api.knowledge.search.port import Sought, StoredText, TextIndex
from graph_api.knowledge.search.stored import StoredTexts
from graph_api.knowledge.search.words import words_of
from tests.support.commands import DROP, PUT, Drop, Put
from tests.support.memory_replica import MemoryReplica
from tests.support.memory_texts import MemoryTexts
from tests.support.replicas import Site

ITEMS: tuple[Record, ...] = (
    Knowledge(id="knowledge:mx", title="Customs for Mexico", body="The regulations of SAT. In-place update, KEP-1287."),
    Knowledge(id="knowledge:vn", title="Tax for Vietnam", body="东南亚税务专家怎么报税", state=KnowledgeState.DRAFT),
    Knowledge(id="knowledge:live", title="TikTok直播", body='Quote "stars" AND backslash \\ title : tax customs'),
    Knowledge(id="knowledge:bare", title="Customs customs"),
)


@pytest.fixture(params=["neo4j", "memory"])
async def index(request: pytest.FixtureRequest, site: Site) -> AsyncGenerator[TextIndex]:
    if request.param == "memory":
        yield MemoryTexts(MemoryReplica(*ITEMS))
        return
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=ITEMS), actor="test")
        yield StoredTexts(replica.database)


async def hits(index: TextIndex, text: str, *, skip: int = 0, limit: int = 10, every: bool = True) -> list[str]:
    async with index.reading() as reading:
        return list(await reading.hits(Sought(words_of(text), every), skip, limit))


async def found(index: TextIndex, text: str, **more: Any) -> set[str]:
    return {hit.partition(":")[2] for hit in await hits(index, text, **more)}


FINDS = {
    "customs": {"mx", "live", "bare"},
    "CUSTOMS mexico": {"mx"},
    "regulation": {"mx"},
    "kep-1287": {"mx"},
    "the customs of mexico": {"mx"},
    "税务": {"vn"},
    "税": {"vn"},
    "东南亚税务专家": {"vn"},
    "税专": set[str](),
    "直播": {"live"},
    "tax 税务": {"vn"},
    "vietnam mexico": set[str](),
    "": set[str](),
    "the": set[str](),
    "!!!": set[str](),
}
SYNTAX = {
    "title:vietnam": set[str](),
    "tax~": {"vn", "live"},
    "ta*": set[str](),
    "cust?ms": set[str](),
    "-customs": {"mx", "live", "bare"},
    "NOT customs": {"mx", "live", "bare"},
    "mexico OR vietnam": set[str](),
    "(vietnam": {"vn"},
    "[a TO z]": set[str](),
    'vietnam"': {"vn"},
    "vietnam\\": {"vn"},
    '" OR *:* OR "': set[str](),
    "/cus.*/": set[str](),
    "customs^9": set[str](),
    "*:*": set[str](),
}


async def test_every_word_is_found_where_it_stands(index: TextIndex) -> None:
    assert {text: await found(index, text) for text in FINDS} == FINDS


async def test_no_character_is_syntax(index: TextIndex) -> None:
    assert {text: await found(index, text) for text in SYNTAX} == SYNTAX


async def test_any_word_is_enough_where_that_is_asked(index: TextIndex) -> None:
    assert await found(index, "vietnam mexico", every=False) == {"mx", "vn"}


async def test_some_items_are_searched_alone_where_that_is_asked(index: TextIndex) -> None:
    some = ("knowledge:mx", "knowledge:vn", "knowledge:none")
    async with index.reading() as reading:
        told = await reading.hits(Sought(("customs",), among=some), 0, 10)
        rest = await reading.hits(Sought(("customs",), among=some), 1, 10)
    assert list(told) == ["knowledge:mx"]
    assert list(rest) == []


async def test_the_best_come_first_and_are_skipped_first(index: TextIndex) -> None:
    listed = await hits(index, "customs")
    assert listed[0] == "knowledge:bare"
    assert [await hits(index, "customs", skip=place, limit=1) for place in range(4)] == [*([one] for one in listed), []]


async def test_texts_are_told_of_items_that_are_there(index: TextIndex) -> None:
    async with index.reading() as reading:
        told = await reading.texts(["knowledge:bare", "knowledge:vn", "knowledge:none", "person:ada"])
    assert told == {
        "knowledge:bare": StoredText("Customs customs", ""),
        "knowledge:vn": StoredText("Tax for Vietnam", "东南亚税务专家怎么报税"),
    }


async def test_the_index_follows_what_is_committed(site: Site) -> None:
    async with site.replica() as replica:
        index = StoredTexts(replica.database)
        await replica.submit(PUT, Put(records=ITEMS), actor="test")
        changed = Knowledge(id="knowledge:vn", title="Duty for Vietnam")
        await replica.submit(PUT, Put(records=(changed,)), actor="test")
        assert await found(index, "duty") == {"vn"}
        assert await found(index, "税务") == set()
        await replica.submit(DROP, Drop(records=(changed,)), actor="test")
        assert await found(index, "duty") == set()
        async with index.reading() as reading:
            await reading.hits(Sought(("customs",)), 0, 1)
            assert await reading.revision() == replica.revision


async def test_a_graph_of_the_version_before_has_its_texts_indexed_at_the_next_start(site: Site) -> None:
    async with site.replica() as replica:
        await replica.submit(PUT, Put(records=ITEMS), actor="test")
        await replica.database.run_schema("DROP INDEX knowledge_text")
        await replica.database.run_schema("MATCH (migration:Migration {number: 3}) DELETE migration")
    async with site.replica() as replica:
        assert await found(StoredTexts(replica.database), "税务") == {"vn"}

"""Items that may repeat another: how alike texts are, and that candidates are found on a server."""

import random
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.text import likeness
from graph_api.knowledge.model import Knowledge, KnowledgeState
from graph_api.knowledge.search.similar import shingles, telling_words
from tests.api.guard_world import codes, guarded_service, records, shown
from tests.api.organization import data, service_on
from tests.support.commands import PUT, Put
from tests.support.permissions import guarded
from tests.support.replicas import Site

ASK = """query($id: ID!, $least: Float!, $first: Int!) {
    possibleDuplicates(knowledgeId: $id, minimumLikeness: $least, first: $first) { likeness knowledge { id } } }"""
TEXTS = st.text("ab c。税务", max_size=30)
VOCABULARY = [
    f"{one}{other}{number}" for number, (one, other) in enumerate(combinations(["customs", "duty", "tax", "sea"], 2))
]


def item(body: str, title: str = "T", key: str = "a", **more: Any) -> Knowledge:
    return Knowledge(id=f"knowledge:{key}", title=title, body=body, **more)


def alike(one: str, other: str) -> float:
    return likeness(shingles(item(one)), shingles(item(other)))


def test_capitals_white_space_and_punctuation_make_no_difference() -> None:
    assert alike("Customs, for Mexico!", "customs for\nmexico") == 1.0
    assert alike("东南亚税务专家", "东南亚税务，专家。") == 1.0
    assert alike("abcdefgh", "abcdefgx") == 3 / 5
    assert alike("abcdefgh", "12345678") == 0.0


def test_an_item_without_a_text_is_compared_by_its_title() -> None:
    assert likeness(shingles(item("", "Customs")), shingles(item("customs"))) == 1.0


@given(TEXTS, TEXTS)
def test_likeness_is_that_of_the_sets_whichever_comes_first(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1
    assert alike(one, one) == 1.0


def test_the_longest_words_tell_most_and_pieces_of_chinese_take_turns_with_them() -> None:
    words = telling_words(item("a regulation 东南亚税务专家怎么报税 (customs)."), 4)
    assert words == ("东南亚税务专", "regulation", "家怎么报税", "customs")


def made(count: int) -> list[Knowledge]:
    chance = random.Random(7)
    bodies = [" ".join(f"{chance.choice(VOCABULARY)}x{chance.randrange(400)}" for _ in range(60)) for _ in range(count)]
    return [item(body, f"Item {number}", str(number)) for number, body in enumerate(bodies)]


async def test_near_copies_are_found_among_many_on_a_server_and_hidden_ones_are_not(site: Site) -> None:
    items = made(300)
    words = items[7].body.split()
    near = item(" ".join([*words[:50], "other"]), "Copy", "near")
    copy = item(items[7].body, "Draft of a copy", "draft", state=KnowledgeState.DRAFT)
    old = item(items[7].body, "Old", "old", state=KnowledgeState.RETIRED)
    async with guarded(site) as one:
        put = Put(records=(*records(), *items, near, copy, old))
        await one.replica.submit(PUT, put, actor="system:test", timeout_seconds=60)
        service = service_on(one.replica, site.folder, permissions=one.permissions)
        told = await data(service, ASK, {"id": "knowledge:7", "least": 0.5, "first": 10})
        assert [each["knowledge"]["id"] for each in told["possibleDuplicates"]] == ["knowledge:near"]
        member = await shown(service, "member", ASK, id="knowledge:7", least=0.5, first=10)
        assert [each["knowledge"]["id"] for each in member["possibleDuplicates"]] == ["knowledge:near"]
        alone = await data(service, ASK, {"id": "knowledge:8", "least": 0.5, "first": 10})
        assert alone["possibleDuplicates"] == []


async def test_questions_that_make_no_sense_are_refused_and_hidden_items_have_no_duplicates() -> None:
    service = guarded_service(item("x", state=KnowledgeState.DRAFT))
    assert await codes(service, "administrator", ASK, id="knowledge:a", least=0.0, first=5) == {"BAD_USER_INPUT"}
    assert await codes(service, "administrator", ASK, id="knowledge:a", least=0.5, first=51) == {"QUERY_TOO_COSTLY"}
    told = await shown(service, "member", ASK, id="knowledge:a", least=0.5, first=5)
    assert told == {"possibleDuplicates": None}

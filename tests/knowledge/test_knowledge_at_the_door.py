"""Knowledge items through GraphQL, on a real server: lists, filters, pages, search, and what replicas have first."""

import asyncio
from typing import Any

import pytest

from graph_api.kernel.records import Record
from graph_api.knowledge.model import About, From, Knowledge, KnowledgeMethod, KnowledgeState, RecordedBy, Teaches
from graph_api.organization.graphql.request import Identity
from tests.api.guard_world import codes, guarded_service, records, shown
from tests.api.organization import data, service_on
from tests.knowledge.test_flow_gathering import at
from tests.support.commands import PUT, Put
from tests.support.permissions import guarded
from tests.support.replicas import Site

SECRET = "unobtainium"
ITEMS: tuple[Record, ...] = (
    Knowledge(id="knowledge:mx", title="Customs for Mexico", body="The regulations of SAT & <others>.", language="en",
              method=KnowledgeMethod.WRITTEN, created_at=at(2)),
    Knowledge(id="knowledge:pe", title="Peru", body="Customs in Peru. 东南亚税务专家", created_at=at(3)),
    Knowledge(id="knowledge:draft", title="Customs draft", body=SECRET, state=KnowledgeState.DRAFT, created_at=at(4)),
    Knowledge(id="knowledge:old", title="Old customs", state=KnowledgeState.RETIRED, created_at=at(1)),
    From(source="knowledge:mx", target="task:mx"),
    From(source="knowledge:pe", target="task:pe"),
    About(source="knowledge:mx", target="customer:kep"),
    Teaches(source="knowledge:mx", target="skill:tax"),
    Teaches(source="knowledge:pe", target="skill:tax"),
    RecordedBy(source="knowledge:mx", target="person:bo"),
    RecordedBy(source="knowledge:draft", target="person:bo"),
)  # fmt: skip
LIST = """query($filter: KnowledgeFilter, $first: Int, $after: String, $last: Int) {
    knowledge(filter: $filter, first: $first, after: $after, last: $last) {
        totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } } }"""
SEARCH = """query($text: String!, $first: Int, $after: String) {
    knowledge(filter: {text: $text}, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { score highlights spans { field startsAt endsAt } node { id } } } }"""
WHOLE = """{ node(id: "knowledge:mx") { ... on Knowledge { title body language state method createdAt
    task { id } customer { id } author { id } skills { id } } } organization { counts { knowledge } } }"""


def keys(told: Any) -> list[str]:
    return [edge["node"]["id"].partition(":")[2] for edge in told["knowledge"]["edges"]]


async def listed(role: str = "administrator", **asked: Any) -> list[str]:
    return keys(await shown(guarded_service(*ITEMS), role, LIST, filter=asked or None))


async def test_items_are_listed_by_id_and_by_what_they_belong_to() -> None:
    assert await listed() == ["mx", "old", "pe"]
    assert await listed(taskIds=["task:pe", "task:none"]) == ["pe"]
    assert await listed(skillIds=["skill:tax"]) == ["mx", "pe"]
    assert await listed(skillIds=["skill:tax"], customerIds=["customer:kep"]) == ["mx"]
    assert await listed(states=["DRAFT", "RETIRED"]) == ["old"]
    assert await listed("recorder", states=["DRAFT", "RETIRED"]) == ["draft"], "it is a draft of their swarm"
    assert await listed(skillIds=[]) == []
    assert await listed(text="  ") == ["mx", "old", "pe"]


async def test_whoever_sees_less_lists_and_counts_less() -> None:
    assert await listed("member") == ["mx", "pe"]
    assert await listed("in swarm") == ["mx", "pe"]
    assert await listed("contact") == []
    assert await listed("member", text="customs") == ["mx", "pe"]
    assert await listed("member", text=SECRET) == []
    assert await listed(text=SECRET) == [], "nobody but author and swarm finds a draft"
    assert await listed("recorder", text=SECRET) == ["draft"]


async def test_an_item_shows_all_that_is_known_of_it() -> None:
    told = await shown(guarded_service(*ITEMS), "administrator", WHOLE)
    assert told["node"] == {
        "title": "Customs for Mexico", "body": "The regulations of SAT & <others>.", "language": "en",
        "state": "CONFIRMED", "method": "WRITTEN", "createdAt": "2026-01-02T00:00:00+00:00", "task": {"id": "task:mx"},
        "customer": {"id": "customer:kep"}, "author": {"id": "person:bo"}, "skills": [{"id": "skill:tax"}],
    }  # fmt: skip
    assert told["organization"] == {"counts": {"knowledge": 3}}
    member = await shown(guarded_service(*ITEMS), "member", WHOLE)
    assert member["organization"] == {"counts": {"knowledge": 2}}
    assert member["node"]["task"] is None


@pytest.mark.parametrize(
    ("filter", "code"),
    [
        ({"text": "t" * 201}, "BAD_USER_INPUT"),
        ({"text": "a b c d e f g h i j k l m n o p q"}, "BAD_USER_INPUT"),
        ({"text": "a\x00b"}, "BAD_USER_INPUT"),
        ({"taskIds": ["task:x"] * 1001}, "QUERY_TOO_COSTLY"),
    ],
)
async def test_filters_beyond_their_bounds_are_refused(filter: dict[str, Any], code: str) -> None:
    assert await codes(guarded_service(), "administrator", LIST, filter=filter) == {code}


async def test_cursors_of_one_text_are_refused_for_another() -> None:
    service = guarded_service(*ITEMS)
    cursor = (await shown(service, "member", SEARCH, text="customs"))["knowledge"]["pageInfo"]["endCursor"]
    assert await codes(service, "member", SEARCH, text="peru", after=cursor) == {"BAD_USER_INPUT"}
    assert await codes(service, "member", SEARCH, text="customs", after="x") == {"BAD_USER_INPUT"}


async def test_search_on_a_server_ranks_marks_and_pages(site: Site) -> None:
    async with guarded(site) as one:
        await one.replica.submit(PUT, Put(records=(*records(), *ITEMS)), actor="system:test", timeout_seconds=60)
        service = service_on(one.replica, site.folder, permissions=one.permissions)
        told = await data(service, SEARCH, {"text": "customs"})
        assert told["knowledge"]["totalCount"] == 3
        assert keys(told)[-1] == "pe", "a title tells more than a text"
        scores = [edge["score"] for edge in told["knowledge"]["edges"]]
        assert scores == sorted(scores, reverse=True)
        (mx,) = (edge for edge in told["knowledge"]["edges"] if edge["node"]["id"] == "knowledge:mx")
        assert mx["highlights"] == ["<mark>Customs</mark> for Mexico"]
        assert mx["spans"] == [{"field": "TITLE", "startsAt": 0, "endsAt": 7}]
        (found,) = (await data(service, SEARCH, {"text": "regulation others"}))["knowledge"]["edges"]
        assert found["highlights"] == ["The <mark>regulations</mark> of SAT &amp; &lt;<mark>others</mark>&gt;."]
        assert keys(await data(service, SEARCH, {"text": "税务"})) == ["pe"]
        assert keys(await data(service, SEARCH, {"text": "title:customs"})) == []
        member = await shown(service, "member", SEARCH, text="customs")
        assert keys(member) == ["mx", "pe"]
        assert [edge["score"] for edge in member["knowledge"]["edges"]] == [2.0, 0.5]
        pages: list[str] = []
        after = None
        while True:
            page = await data(service, SEARCH, {"text": "customs", "first": 1, "after": after})
            pages += keys(page)
            after = page["knowledge"]["pageInfo"]["endCursor"]
            if not page["knowledge"]["pageInfo"]["hasNextPage"]:
                break
        assert pages == keys(told)


async def test_what_the_database_has_first_is_waited_for_and_guarded_again(site: Site) -> None:
    """The second replica reads the log seldom: its state is behind when the index is asked."""
    reader = Identity("person:mem", person_id="person:mem")
    async with guarded(site) as first, guarded(site, tail_ms=300, tail_idle_ms=300) as second:
        service = service_on(second.replica, site.folder, permissions=second.permissions)
        made = await first.replica.submit(PUT, Put(records=(*records(), *ITEMS)), actor="test", timeout_seconds=60)
        await second.replica.wait_for(first.replica.revision)
        for number in range(4):
            item = Knowledge(id="knowledge:mx", title="Mexico", body=f"word{number}")
            await first.replica.submit(PUT, Put(records=(item,)), actor="test")
            assert keys(await shown(service, reader, SEARCH, text=f"word{number}")) == ["mx"]
        hidden = Knowledge(id="knowledge:pe", title="Peru", body="word9", state=KnowledgeState.DRAFT)
        told, _ = await asyncio.gather(
            shown(service, reader, SEARCH, text="word9"),
            first.replica.submit(PUT, Put(records=(hidden,)), actor="test"),
        )
        assert keys(told) == []
        assert keys(await shown(service, reader, SEARCH, text="word9")) == []
        assert made is not None

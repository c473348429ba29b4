"""Uses, citations and merges through GraphQL: who may note them, and what others see of them."""

from typing import Any

from graph_api.kernel.records import Record
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, RecordedBy, Used
from graph_api.organization.graphql.request import Identity
from tests.api.guard_world import codes, guarded_service, records, shown
from tests.api.organization import service_on
from tests.knowledge.test_flow_gathering import at
from tests.support.commands import PUT, Put
from tests.support.permissions import guarded
from tests.support.replicas import Site

ITEMS: tuple[Record, ...] = (
    *(Knowledge(id=f"knowledge:{one}", title=one.capitalize()) for one in ("kept", "same", "far")),
    Knowledge(id="knowledge:draft", title="Draft", state=KnowledgeState.DRAFT),
    *(RecordedBy(source=f"knowledge:{one}", target="person:bo") for one in ("kept", "same", "draft")),
    RecordedBy(source="knowledge:far", target="person:far"),
)
BO = Identity("person:bo", person_id="person:bo")
REFUSED = "... on InputRejected { problems { path code message suggestion } }"
USE = f"""mutation($item: ID!, $task: ID, $key: String) {{
    useKnowledge(input: {{knowledgeId: $item, taskId: $task, idempotencyKey: $key}}) {{ __typename {REFUSED}
    ... on KnowledgeUsed {{ knowledge {{ id }} task {{ id }} revision }} }} }}"""
CITE = f"""mutation($item: ID!, $cited: ID!) {{ citeKnowledge(input: {{knowledgeId: $item, citedId: $cited}}) {{
    __typename {REFUSED} ... on KnowledgeCited {{ knowledge {{ id }} cited {{ id }} }} }} }}"""
MERGE = f"""mutation($keep: ID!, $ids: [ID!]!) {{ mergeKnowledge(input: {{keepId: $keep, duplicateIds: $ids}}) {{
    __typename {REFUSED} ... on KnowledgeMerged {{ knowledge {{ id }} duplicates {{ id state }} }} }} }}"""
HISTORY = """query($id: ID!) { node(id: $id) { ... on Knowledge { state
    uses { totalCount edges { node { person { id } knowledge { id } task { id } at basis } } }
    citedBy { totalCount edges { node { id } } } duplicates { edges { node { id } } } mergedInto { id } } } }"""
PAGE = """query($after: String) { node(id: "knowledge:kept") { ... on Knowledge { uses(first: 1, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { person { id } task { id } } } } } } }"""


def ids(page: Any) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


async def history(service: Any, role: str | Identity = "administrator", item: str = "kept") -> Any:
    return (await shown(service, role, HISTORY, id=f"knowledge:{item}"))["node"]


async def test_people_note_what_they_used_and_for_what() -> None:
    service = guarded_service(*ITEMS)
    told = (await shown(service, "in swarm", USE, item="knowledge:kept", task="task:mx", key="k"))["useKnowledge"]
    again = (await shown(service, "in swarm", USE, item="knowledge:kept", task="task:mx", key="k"))["useKnowledge"]
    assert again == told
    assert (told["knowledge"], told["task"]) == ({"id": "knowledge:kept"}, {"id": "task:mx"})
    (edge,) = (await history(service))["uses"]["edges"]
    assert edge["node"]["person"] == {"id": "person:sw"}
    assert edge["node"]["basis"] == "declared"


async def test_what_is_hidden_is_refused_as_what_is_not_there() -> None:
    service = guarded_service(*ITEMS)
    for item, task in (("draft", None), ("none", None), ("kept", "task:pe"), ("kept", "task:none")):
        told = (await shown(service, "member", USE, item=f"knowledge:{item}", task=task))["useKnowledge"]
        (problem,) = told["problems"]
        assert problem["code"] == "UNKNOWN_REFERENCE"
        assert problem["suggestion"] is None
        assert problem["message"] == "It contradicts something that is not shown to you."
    (problem,) = (await shown(service, BO, USE, item="knowledge:draft"))["useKnowledge"]["problems"]
    assert problem["code"] == "UNKNOWN_REFERENCE", "the own draft is none that is used"
    told = (await shown(service, "member", CITE, item="knowledge:kept", cited="knowledge:draft"))["citeKnowledge"]
    assert [problem["path"] for problem in told["problems"]] == [["citedId"]]
    assert (await history(service))["uses"]["totalCount"] == 0


async def test_only_people_use_knowledge() -> None:
    service = guarded_service(*ITEMS)
    (problem,) = (await shown(service, "administrator", USE, item="knowledge:kept"))["useKnowledge"]["problems"]
    assert problem["message"] == "Only people use knowledge, and admin:local is none."


async def test_whoever_sees_both_items_notes_a_citation() -> None:
    service = guarded_service(*ITEMS)
    told = (await shown(service, "member", CITE, item="knowledge:far", cited="knowledge:kept"))["citeKnowledge"]
    assert told["__typename"] == "KnowledgeCited"
    assert ids((await history(service))["citedBy"]) == ["knowledge:far"]


async def test_authors_and_administrators_merge_and_others_may_not() -> None:
    service = guarded_service(*ITEMS)
    keep: dict[str, Any] = {"keep": "knowledge:kept", "ids": ["knowledge:same"]}
    assert await codes(service, "member", MERGE, **keep) == {"FORBIDDEN"}
    cycle = (await shown(service, BO, MERGE, keep="knowledge:kept", ids=["knowledge:kept"]))["mergeKnowledge"]
    assert [problem["code"] for problem in cycle["problems"]] == ["CYCLE"]
    told = (await shown(service, BO, MERGE, **keep))["mergeKnowledge"]
    assert told["duplicates"] == [{"id": "knowledge:same", "state": "RETIRED"}]
    (problem,) = (await shown(service, "member", USE, item="knowledge:same"))["useKnowledge"]["problems"]
    assert problem["suggestion"] == "Take knowledge:kept."


async def test_others_see_the_history_of_duplicates_on_the_item_that_is_kept() -> None:
    service = guarded_service(
        *ITEMS,
        Used(source="person:mem", target="knowledge:same", at=at(3)),
        Used(source="person:far", target="knowledge:same", at=at(4)),
        Cites(source="knowledge:far", target="knowledge:same"),
    )
    await shown(service, BO, MERGE, keep="knowledge:kept", ids=["knowledge:same"])
    told = await history(service, "member")
    assert told["uses"]["totalCount"] == 1, "Far is hidden from members of the team"
    assert told["uses"]["edges"][0]["node"]["knowledge"] == {"id": "knowledge:same"}
    assert ids(told["citedBy"]) == ["knowledge:far"]
    assert ids(told["duplicates"]) == ["knowledge:same"]
    merged = await history(service, "member", "same")
    assert (merged["state"], merged["mergedInto"]) == ("RETIRED", {"id": "knowledge:kept"})
    assert (await history(service))["uses"]["totalCount"] == 2


async def test_uses_for_hidden_tasks_look_alike_and_are_all_paged() -> None:
    uses = [Used(source="person:mem", target="knowledge:kept", task=task) for task in ("task:pe", "task:free", "")]
    service = guarded_service(*ITEMS, *uses)
    seen: list[Any] = []
    page: Any = {"pageInfo": {"endCursor": None}}
    for _ in uses:
        after = page["pageInfo"]["endCursor"]
        page = (await shown(service, "member", PAGE, after=after))["node"]["uses"]
        seen += [edge["node"] for edge in page["edges"]]
    assert seen == [{"person": {"id": "person:mem"}, "task": None}] * 3
    assert page["pageInfo"]["hasNextPage"] is False


async def test_rights_count_within_the_lock_on_a_server(site: Site) -> None:
    async with guarded(site) as one:
        await one.replica.submit(PUT, Put(records=(*records(), *ITEMS)), actor="system:test", timeout_seconds=60)
        service = service_on(one.replica, site.folder, permissions=one.permissions)
        assert (await shown(service, BO, USE, item="knowledge:far"))["useKnowledge"]["__typename"] == "KnowledgeUsed"
        told = (await shown(service, BO, MERGE, keep="knowledge:kept", ids=["knowledge:same"]))["mergeKnowledge"]
        assert told["__typename"] == "KnowledgeMerged"
        assert ids((await history(service, "member"))["duplicates"]) == ["knowledge:same"]
        (edge,) = (await history(service, item="far"))["uses"]["edges"]
        assert edge["node"]["at"] == one.replica.graph.link(Used, "person:bo", "knowledge:far").at.isoformat()  # pyright: ignore[reportOptionalMemberAccess]  # it was just noted

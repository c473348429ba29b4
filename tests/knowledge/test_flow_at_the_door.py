"""The flow of knowledge through GraphQL: what is told, what is refused, and what is left out of counts."""

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, build_schema

from graph_api.api.schema import print_schema_text
from graph_api.kernel.records import Record
from graph_api.knowledge.flow import risk
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, RecordedBy, Teaches, Used
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Customer, Requires, Task, TiedTo, WorkedOn
from graph_api.permission.records import Granted
from tests.api.guard_world import TODAY, codes, core_with, guarded_service, shown
from tests.knowledge.test_flow_gathering import at

CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "design" / "contract.graphql"
KEPT = "knowledge:kept"
SECOND = "knowledge:citing"
ITEMS: tuple[Record, ...] = (
    Knowledge(id=KEPT, title="Kept", created_at=at(2)),
    Knowledge(id=SECOND, title="Second", created_at=at(4)),
    RecordedBy(source=KEPT, target="person:far"),
    RecordedBy(source=SECOND, target="person:bo"),
    Teaches(source=KEPT, target="skill:tax"),
    Used(source="person:bo", target=KEPT, at=at(3)),
    Used(source="person:mem", target=SECOND, at=at(5)),
    Used(source="person:man", target=KEPT, at=at(6)),
    Cites(source=SECOND, target=KEPT),
)
FLOW = """query($between: FlowLevel, $since: Date, $limit: Int) {
    knowledgeFlow(between: $between, since: $since, limit: $limit) { totalLinks totalUses
        links { source { key label node { id } } target { key node { id } } uses items }
        balances { vertex { key } given taken } } }"""
PATH = """query($from: ID!, $to: ID!, $notBefore: DateTime) {
    knowledgePath(fromId: $from, toId: $to, notBefore: $notBefore) {
        arrivesAt steps { source { key } target { key } via at dated } } }"""
RISK = """query($unit: ID, $quantile: Float) { knowledgeAtRisk(unitId: $unit, quantile: $quantile) {
    median atQuantile expectedShortfall singleHolderSkills { edges { node { id } } }
    singleHolderItems { totalCount edges { node {
        id title body state method createdAt author { id } task { id } customer { id } skills { id } } } } } }"""


def service() -> Any:
    return guarded_service(*ITEMS)


async def flow(role: str = "administrator", **variables: Any) -> Any:
    return (await shown(service(), role, FLOW, **variables))["knowledgeFlow"]


async def test_flow_between_people_counts_uses_and_citations() -> None:
    told = await flow(between="PERSON")
    ends = [(each["source"]["key"], each["target"]["node"]["id"], each["uses"]) for each in told["links"]]
    assert ends == [
        ("person:far", "person:bo", 2),
        ("person:bo", "person:mem", 1),
        ("person:far", "person:man", 1),
    ]
    assert (told["totalLinks"], told["totalUses"]) == (3, 4)
    assert told["links"][0]["source"]["label"] == "Far"
    assert told["balances"][0] == {"vertex": {"key": "person:far"}, "given": 3, "taken": 0}


async def test_units_of_few_people_are_others_and_have_no_node() -> None:
    (link, inside) = (await flow(between="UNIT"))["links"]
    assert link["source"] == {"key": "others", "label": "others", "node": None}
    assert link["target"]["key"] == inside["source"]["key"] == "unit:team"
    (city,) = (await flow(between="CITY"))["links"]
    assert city["source"] == {"key": "city:Shenzhen", "label": "Shenzhen", "node": None}


async def test_a_window_leaves_out_what_came_before_it() -> None:
    assert (await flow(between="PERSON", since="2026-01-05"))["totalUses"] == 2


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"limit": 0}, "BAD_USER_INPUT"), ({"limit": 1_000_000}, "QUERY_TOO_COSTLY")],
)
async def test_a_limit_out_of_bounds_is_refused(variables: dict[str, Any], code: str) -> None:
    assert await codes(service(), "administrator", FLOW, **variables) == {code}


async def test_what_a_viewer_may_not_see_is_left_out_of_counts_too() -> None:
    """Members may ask here, and see only the team: not the author Far, and no retired item of Bo."""
    told = core_with(
        ("define can_see_knowledge: administrator", "define can_see_knowledge: [person] or administrator"),
        ("member from published or can_see_knowledge from kept", "member from published"),
    )
    asked = guarded_service(
        *ITEMS,
        Knowledge(id=SECOND, title="Second", state=KnowledgeState.RETIRED, created_at=at(4)),
        RecordedBy(source=KEPT, target="person:man"),
        Granted(source="person:mem", target="organization:main", relation="can_see_knowledge"),
        model=told,
    )
    seen = (await shown(asked, "member", FLOW, between="PERSON"))["knowledgeFlow"]
    ends = {(each["source"]["key"], each["target"]["key"]) for each in seen["links"]}
    assert ends == {("person:man", "person:bo"), ("person:man", "person:man")}
    assert (seen["totalLinks"], seen["totalUses"]) == (2, 2)
    assert (await shown(asked, "member", PATH, **{"from": "person:bo", "to": "person:mem"}))["knowledgePath"] is None


async def test_a_draft_is_in_no_flow_whoever_asks() -> None:
    """What is kept for all who may ask must not come of what one of them alone sees, such as an own draft."""
    draft = Knowledge(id=SECOND, title="Second", state=KnowledgeState.DRAFT, created_at=at(4))
    asked = guarded_service(
        *ITEMS, draft, Granted(source="person:bo", target="organization:main", relation="administrator")
    )
    author = Identity("person:bo", person_id="person:bo")
    assert (await shown(asked, author, "query($id: ID!) { node(id: $id) { id } }", id=SECOND))["node"] == {"id": SECOND}
    told = (await shown(asked, author, FLOW, between="PERSON"))["knowledgeFlow"]
    assert [(each["source"]["key"], each["target"]["key"]) for each in told["links"]] == [
        ("person:far", "person:bo"),
        ("person:far", "person:man"),
    ]
    assert (await shown(asked, author, PATH, **{"from": "person:far", "to": "person:mem"}))["knowledgePath"] is None
    ids = [
        edge["node"]["id"]
        for edge in (await shown(asked, author, RISK))["knowledgeAtRisk"]["singleHolderItems"]["edges"]
    ]
    assert ids == []


async def test_a_path_follows_time_from_person_to_person() -> None:
    told = (await shown(service(), "administrator", PATH, **{"from": "person:far", "to": "person:mem"}))[
        "knowledgePath"
    ]
    assert [(each["via"], each["target"]["key"]) for each in told["steps"]] == [
        ("RECORDED", KEPT),
        ("USED", "person:bo"),
        ("RECORDED", SECOND),
        ("USED", "person:mem"),
    ]
    assert told["arrivesAt"] == told["steps"][-1]["at"]
    late = {"from": "person:far", "to": "person:mem", "notBefore": "2026-01-03T00:00:00Z"}
    assert (await shown(service(), "administrator", PATH, **late))["knowledgePath"] is None


async def test_units_and_items_are_ends_of_paths_too() -> None:
    ends = {"from": "unit:other", "to": SECOND}
    steps = (await shown(service(), "administrator", PATH, **ends))["knowledgePath"]["steps"]
    assert [each["target"]["key"] for each in steps] == [KEPT, "person:bo", SECOND]
    cited = (await shown(service(), "administrator", PATH, **{"from": KEPT, "to": "unit:team"}))["knowledgePath"]
    assert [each["target"]["key"] for each in cited["steps"]] == ["person:bo"]


@pytest.mark.parametrize("ends", [("task:mx", "person:bo"), ("person:bo", "person:bo"), ("person:bo", "nonsense")])
async def test_ends_that_are_none_are_refused(ends: tuple[str, str]) -> None:
    assert await codes(service(), "administrator", PATH, **{"from": ends[0], "to": ends[1]}) == {"BAD_USER_INPUT"}


async def test_loss_of_a_unit_counts_what_its_people_alone_hold() -> None:
    """Nobody else than Far is in the other unit; others hold what he holds but for nothing."""
    told = (await shown(service(), "administrator", RISK, unit="unit:other"))["knowledgeAtRisk"]
    assert (told["median"], told["atQuantile"], told["expectedShortfall"]) == (0, 0, 0)
    more = (Knowledge(id="knowledge:own", title="Own"), RecordedBy(source="knowledge:own", target="person:far"))
    told = (await shown(guarded_service(*ITEMS, *more), "administrator", RISK, unit="unit:other"))["knowledgeAtRisk"]
    assert (told["median"], told["atQuantile"]) == (0, 1)
    assert told["expectedShortfall"] == pytest.approx(1)
    (edge,) = told["singleHolderItems"]["edges"]
    assert edge["node"]["author"] == {"id": "person:far"}
    assert edge["node"]["createdAt"] == "0001-01-01T00:00:00+00:00"


async def test_who_holds_most_goes_first_until_more_than_half_is_lost() -> None:
    asked = "query($unit: ID) { knowledgeAtRisk(unitId: $unit) { truckFactor } }"
    one = service()
    held = risk.holders(one.replica.graph, TODAY)
    told = (await shown(one, "administrator", asked))["knowledgeAtRisk"]["truckFactor"]
    assert told == risk.truck_factor(held)
    assert (await shown(one, "administrator", asked, unit="unit:other"))["knowledgeAtRisk"]["truckFactor"] is None


async def test_skills_of_one_author_are_told_by_release_and_role() -> None:
    parts = (
        Task(id="task:r", title="R", release="1.35"), Requires(source="task:r", target="skill:tax"),
        Requires(source="task:r", target="skill:live"),
        Task(id="task:q", title="Q", release="1.36"), Requires(source="task:q", target="skill:live"),
        WorkedOn(source="person:bo", target="task:r", role="author"),
        WorkedOn(source="person:mem", target="task:q", role="author"),
        WorkedOn(source="person:far", target="task:q", role="reviewer"),
    )  # fmt: skip
    query = """query($releases: [String!]!, $as: String) { singleAuthorSkills(releases: $releases, role: $as) {
        totalCount edges { node { skill { id } author { id } } } } }"""

    async def told(**variables: Any) -> list[tuple[str, str]]:
        found = await shown(guarded_service(*parts), "administrator", query, **variables)
        edges = found["singleAuthorSkills"]["edges"]
        return [(each["node"]["skill"]["id"], each["node"]["author"]["id"]) for each in edges]

    both = ["1.35", "1.36"]
    assert await told(releases=both) == [("skill:tax", "person:bo")]
    assert await told(releases=["1.35"]) == [("skill:live", "person:bo"), ("skill:tax", "person:bo")]
    assert await told(releases=both, **{"as": "reviewer"}) == [("skill:live", "person:far")]
    assert await told(releases=[]) == []


@pytest.mark.parametrize("variables", [{"quantile": 1.0}, {"quantile": 0.0}, {"unit": "person:bo"}])
async def test_a_question_about_loss_that_makes_no_sense_is_refused(variables: dict[str, Any]) -> None:
    assert await codes(service(), "administrator", RISK, **variables) == {"BAD_USER_INPUT"}


async def test_adoption_is_told_by_period_and_tie() -> None:
    customers = [Customer(id=f"customer:{one}", name=one, adoption_period=when) for one, when in (("a", 1), ("b", 2))]
    asked = guarded_service(*customers, TiedTo(source="customer:a", target="customer:b", tie="advice"))
    query = """{ valueDiffusion { withoutAdoption periods { period adopters cumulativeAdopters exposedAdopters }
        exposures { edges { node { source { id } target { id } tie sourcePeriod targetPeriod } } } } }"""
    told = (await shown(asked, "administrator", query))["valueDiffusion"]
    assert told["withoutAdoption"] == 2
    assert [list(each.values()) for each in told["periods"]] == [[1, 1, 1, 0], [2, 1, 2, 1]]
    (edge,) = told["exposures"]["edges"]
    assert (edge["node"]["target"]["id"], edge["node"]["tie"], edge["node"]["sourcePeriod"]) == (
        "customer:b",
        "advice",
        1,
    )


FIXED = (
    "Knowledge", "KnowledgeFilter", "NodeCounts", "KnowledgeEdge", "KnowledgeConnection", "Vertex",
    "KnowledgeFlow", "FlowLink",
    "KnowledgePath",
    "KnowledgeStep", "KnowledgeAtRisk", "KnowledgeState", "KnowledgeMethod", "FlowLevel", "FlowEvent",
)  # fmt: skip


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout, not in it")
def test_the_flow_has_every_field_argument_and_value_of_the_contract() -> None:
    ours, fixed = build_schema(print_schema_text()), build_schema(CONTRACT.read_text(encoding="utf-8"))
    for name in FIXED:
        mine, theirs = ours.type_map[name], fixed.type_map[name]
        if isinstance(theirs, GraphQLEnumType):
            assert isinstance(mine, GraphQLEnumType)
            assert set(mine.values) == set(theirs.values)
        elif isinstance(theirs, GraphQLInputObjectType):
            assert isinstance(mine, GraphQLInputObjectType)
            assert {field: f"{one.type}" for field, one in mine.fields.items()} == {
                field: f"{one.type}" for field, one in theirs.fields.items()
            }
        elif isinstance(theirs, GraphQLObjectType):
            assert isinstance(mine, GraphQLObjectType)
            assert fields(theirs).items() <= fields(mine).items()
    roots = {"knowledge", "knowledgeFlow", "knowledgePath", "knowledgeAtRisk"}
    asked, wanted = (fields(each.query_type) for each in (ours, fixed) if each.query_type is not None)
    assert {root: asked[root] for root in roots} == {root: wanted[root] for root in roots}


def fields(kind: GraphQLObjectType) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        name: (str(field.type), {arg: f"{one.type} = {one.default_value}" for arg, one in field.args.items()})
        for name, field in kind.fields.items()
    }

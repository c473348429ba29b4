"""What the graph tells of flow: its events, its links between groups, and adoption among tied customers."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.flow.diffusion import diffusion
from graph_api.knowledge.flow.events import Event, FlowEvent, events, item_events
from graph_api.knowledge.flow.links import (
    OTHERS,
    Balance,
    FlowLevel,
    FlowLink,
    Table,
    balances,
    flow,
    table,
    uses,
    within,
)
from graph_api.knowledge.flow.risk import authored, holders, people_of, skills_of_one_author
from graph_api.knowledge.model import Cites, From, Knowledge, KnowledgeState, RecordedBy, Teaches, Used
from graph_api.organization.model import (
    BelongsTo,
    Customer,
    For,
    HasSkill,
    Person,
    Requires,
    Skill,
    Task,
    TiedTo,
    Unit,
    WorkedOn,
)
from graph_api.swarm.model import MemberOf, Swarm
from tests.api.organization import data
from tests.api.organization import service_on as door_on
from tests.support.data import shared_data, truths
from tests.support.folders import graph_from
from tests.support.memory_replica import MemoryReplica

ADA, BO, CY = "person:ada", "person:bo", "person:cy"
FIRST, SECOND = "knowledge:first", "knowledge:second"


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def world(*more: Record) -> Graph:
    """Ada wrote the first item for Kep and taught tax; Bo and Cy used it for a task; Cy's item cites it, undated."""
    records: tuple[Record, ...] = (
        Person(id=ADA, name="Ada", city="Shenzhen"),
        Person(id=BO, name="Bo", city="Berlin"),
        Person(id=CY, name="Cy", city="Berlin", last_day=date(2026, 1, 20)),
        *(Unit(id=f"unit:{one}", name=one) for one in ("desk", "field")),
        Skill(id="skill:tax", name="Tax"),
        Skill(id="skill:mx", name="Mexico"),
        *(Customer(id=f"customer:{one}", name=one) for one in ("kep", "zen")),
        Task(id="task:old", title="Old", release="1"),
        Task(id="task:new", title="New", release="1", opened_at=at(3), closed_at=at(9)),
        Knowledge(id=FIRST, title="First", created_at=at(2)),
        Knowledge(id=SECOND, title="Second", created_at=at(8)),
        BelongsTo(source=ADA, target="unit:desk"),
        BelongsTo(source=BO, target="unit:field"),
        BelongsTo(source=CY, target="unit:field", until=date(2026, 1, 15)),
        HasSkill(source=ADA, target="skill:tax", level=4),
        For(source="task:old", target="customer:kep"),
        For(source="task:new", target="customer:zen"),
        Requires(source="task:new", target="skill:mx"),
        WorkedOn(source=BO, target="task:new", role="author", since=date(2026, 1, 4)),
        WorkedOn(source=CY, target="task:new", role="author"),
        From(source=FIRST, target="task:old"),
        RecordedBy(source=FIRST, target=ADA),
        RecordedBy(source=SECOND, target=CY),
        Teaches(source=FIRST, target="skill:tax"),
        Used(source=BO, target=FIRST, task="task:new", at=at(6)),
        Used(source=CY, target=FIRST, task="task:new", at=at(6)),
        Cites(source=SECOND, target=FIRST),
        *more,
    )
    graph = Graph()
    graph.apply(upsert(record) for record in records)
    return graph


def test_events_are_dated_and_an_undated_citation_takes_the_date_of_the_citing_item() -> None:
    assert item_events(world()) == [
        Event(FlowEvent.RECORDED, ADA, FIRST, at(2)),
        Event(FlowEvent.USED, FIRST, BO, at(6)),
        Event(FlowEvent.USED, FIRST, CY, at(6)),
        Event(FlowEvent.CITED, FIRST, SECOND, at(8), dated=False),
        Event(FlowEvent.RECORDED, CY, SECOND, at(8)),
    ]


def test_people_meet_on_the_first_and_last_day_that_both_were_there() -> None:
    met = [each for each in events(world(), 10) if each.via is FlowEvent.WORKED_TOGETHER]
    assert {(each.source, each.target, each.at.day) for each in met} == {
        (one, other, day) for one, other in ((BO, CY), (CY, BO)) for day in (4, 9)
    }
    assert [each for each in events(world(), 1) if each.via is FlowEvent.WORKED_TOGETHER] == []


def test_members_of_a_swarm_meet_until_one_of_them_leaves() -> None:
    days: dict[str, Any] = {"roles": (), "since": date(2026, 1, 10), "until": date(2026, 1, 14), "share_permille": 500}
    graph = world(
        Swarm(id="swarm:s", formed_at=at(9), starts_on=date(2026, 1, 10), ends_on=date(2026, 1, 14)),
        MemberOf(source=ADA, target="swarm:s", **days),
        MemberOf(source=BO, target="swarm:s", left_at=at(12), **days),
    )
    met = [each.at.day for each in events(graph, 10) if (each.source, each.target) == (ADA, BO)]
    assert met == [10, 12]


def test_a_task_uses_an_item_once_whoever_it_counts_for() -> None:
    graph = world()
    found = uses(graph)
    assert sorted((use.by, use.people) for use in found) == [(SECOND, (CY,)), ("task:new", (BO, CY))]
    levels = {level: flow(table(graph, found, level, 1), 10) for level in FlowLevel}
    assert levels[FlowLevel.UNIT].links == (FlowLink("unit:desk", "unit:field", 2, 1),)
    assert levels[FlowLevel.CITY].links == (FlowLink("city:Shenzhen", "city:Berlin", 2, 1),)
    assert levels[FlowLevel.PERSON].links == (FlowLink(ADA, CY, 2, 1), FlowLink(ADA, BO, 1, 1))
    assert levels[FlowLevel.SKILL].links == (FlowLink("skill:tax", "skill:mx", 1, 1),)
    assert levels[FlowLevel.CUSTOMER].links == (FlowLink("customer:kep", "customer:zen", 1, 1),)
    assert levels[FlowLevel.PERSON].total_uses == 2


def test_groups_of_few_people_are_others() -> None:
    graph = world()
    assert flow(table(graph, uses(graph), FlowLevel.UNIT, 2), 10).links == (FlowLink(OTHERS, "unit:field", 2, 1),)
    assert flow(table(graph, uses(graph), FlowLevel.PERSON, 9), 1).links == (FlowLink(ADA, CY, 2, 1),)


def test_days_include_both_ends_and_leave_undated_uses_out() -> None:
    found = uses(world(Used(source=ADA, target=SECOND)))
    assert len(within(found, None, None)) == 3
    assert [use.by for use in within(found, date(2026, 1, 6), date(2026, 1, 6))] == ["task:new"]
    assert [use.by for use in within(found, date(2026, 1, 7), None)] == [SECOND]


ROWS = st.lists(st.tuples(*(st.integers(0, 3) for _ in range(4))), max_size=30)


@settings(deadline=None)
@given(ROWS, st.integers(1, 5))
def test_links_are_those_of_a_count_by_hand(rows: list[tuple[int, int, int, int]], limit: int) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    found = flow(table_of(columns), limit)
    by_pair = {row[:2]: [each[2:] for each in rows if each[:2] == row[:2]] for row in rows}
    expected = [
        FlowLink("abcd"[pair[0]], "abcd"[pair[1]], len({use for use, _ in each}), len({item for _, item in each}))
        for pair, each in by_pair.items()
    ]
    ranked = sorted(expected, key=lambda link: (-link.uses, link.source, link.target))
    assert found.links == tuple(ranked[:limit])
    assert (found.total_links, found.total_uses) == (len(by_pair), len({row[2] for row in rows}))
    assert sum(each.given - each.taken for each in balances(ranked, 2 * len(ranked))) == 0


def table_of(columns: list[tuple[int, ...]]) -> Table:
    return Table(list("abcd"), *(np.array(column, np.int64) for column in columns))


def test_sources_come_first_and_what_stays_inside_is_left_out() -> None:
    links = [FlowLink("a", "b", 3, 1), FlowLink("b", "a", 1, 1), FlowLink("a", "a", 9, 1)]
    assert balances(links, 9) == [Balance("a", 3, 1), Balance("b", 1, 3)]


def test_holders_are_those_who_are_there() -> None:
    held = holders(world(Knowledge(id="knowledge:gone", title="", state=KnowledgeState.RETIRED)), date(2026, 1, 21))
    assert held == {
        "skill:tax": {ADA},
        "skill:mx": frozenset(),
        FIRST: {ADA, BO},
        SECOND: frozenset(),
    }
    assert people_of(world(), "unit:field", date(2026, 1, 16)) == {BO}


def test_adoption_follows_ties_to_later_periods_only() -> None:
    periods = {"a": 1, "b": 3, "c": 3, "d": None}
    graph = Graph()
    graph.apply(upsert(Customer(id=f"customer:{one}", name=one, adoption_period=at)) for one, at in periods.items())
    ties = (("a", "b"), ("b", "a"), ("b", "c"), ("a", "d"))
    graph.apply(upsert(TiedTo(source=f"customer:{one}", target=f"customer:{two}", tie="x")) for one, two in ties)
    found = diffusion(graph)
    assert [(each.source, each.target) for each in found.exposures] == [("customer:a", "customer:b")]
    assert [(each.adopters, each.cumulative, each.exposed) for each in found.periods] == [
        (1, 1, 0),
        (0, 1, 0),
        (2, 3, 1),
    ]
    assert found.never == 1


def ranked_by_citations(graph: Graph) -> list[list[object]]:
    counts: dict[str, int] = {}
    for use in uses(graph):
        if use.by.startswith("task:"):
            counts[use.item] = counts.get(use.item, 0) + 1
    best = sorted(counts.items(), key=lambda each: -each[1])[:5]
    return [[item.removeprefix("knowledge:").replace("%3A", ":"), many] for item, many in best]


def test_uses_and_single_author_areas_of_kubernetes_are_its_truths() -> None:
    graph, known = graph_from(shared_data("kubernetes")), truths("kubernetes")
    assert ranked_by_citations(graph) == known["most-used-knowledge"]
    citing = {use.by for use in uses(graph) if use.item == "knowledge:doc%3AKEP-1287" and use.by.startswith("task:")}
    assert sorted(each.removeprefix("task:") for each in citing) == known["users-of-KEP-1287"]
    alone = skills_of_one_author(authored(graph, frozenset({"1.34", "1.35", "1.36", "1.37"}), "author"))
    areas = {skill: person for skill, person in alone.items() if skill.startswith("skill:area%3A")}
    told = {skill.removeprefix("skill:"): person.removeprefix("person:") for skill, person in areas.items()}
    assert {skill.replace("%3A", ":"): one.replace("%3A", ":") for skill, one in told.items()} == known["area-breaks"]


def test_few_posts_of_carpentries_are_linked_to_others() -> None:
    graph = graph_from(shared_data("carpentries"))
    assert graph.count(Knowledge) == 2332
    assert sum(1 for item in graph.nodes(Knowledge) if any(True for _ in graph.outgoing(From, item.id))) == 49


def test_adoption_of_the_diffusion_set_is_its_truth() -> None:
    folder, known = shared_data("diffusion"), truths("diffusion")
    found = diffusion(graph_from(folder))
    cumulative = [each.cumulative for each in found.periods]
    assert cumulative == pytest.approx(known["adoption-medInnovations"])
    rows = (folder / "diffusion_path.csv").read_text(encoding="utf-8").splitlines()[1:]
    paths = {(a, b, tie, int(one), int(two)) for a, b, tie, one, two, _ in (row.split(",") for row in rows)}
    told = {(each.source, each.target, each.tie, each.source_period, each.target_period) for each in found.exposures}
    assert {(_key(a), _key(b), *rest) for a, b, *rest in told} == paths


async def test_adoption_of_the_diffusion_set_is_told_through_graphql() -> None:
    folder, known = shared_data("diffusion"), truths("diffusion")
    replica = MemoryReplica()
    replica.graph = graph_from(folder)
    query = """query($after: String) { valueDiffusion { periods { cumulativeAdopters }
        exposures(first: 200, after: $after) { pageInfo { hasNextPage endCursor }
            edges { node { source { id } target { id } tie sourcePeriod targetPeriod } } } } }"""
    service, after, told = door_on(replica), None, list[Any]()
    while True:
        found = (await data(service, query, {"after": after}))["valueDiffusion"]
        told += [edge["node"] for edge in found["exposures"]["edges"]]
        after = found["exposures"]["pageInfo"]["endCursor"]
        if not found["exposures"]["pageInfo"]["hasNextPage"]:
            break
    assert [each["cumulativeAdopters"] for each in found["periods"]] == pytest.approx(known["adoption-medInnovations"])
    rows = (folder / "diffusion_path.csv").read_text(encoding="utf-8").splitlines()[1:]
    paths = {(a, b, tie, int(one), int(two)) for a, b, tie, one, two, _ in (row.split(",") for row in rows)}
    assert len(told) == len(paths)
    assert paths == {
        (
            _key(each["source"]["id"]),
            _key(each["target"]["id"]),
            each["tie"],
            each["sourcePeriod"],
            each["targetPeriod"],
        )
        for each in told
    }


def _key(customer: str) -> str:
    return customer.removeprefix("customer:").replace("%3A", ":")

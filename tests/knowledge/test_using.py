"""Noting uses and citations, and merging, decided on exact states."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.history import citing, duplicates, uses
from graph_api.knowledge.merging import MERGE_KNOWLEDGE, MergeKnowledge, merged_into, repeated_by
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, Merged, Used
from graph_api.knowledge.using import CITE_KNOWLEDGE, USE_KNOWLEDGE, CiteKnowledge, UseKnowledge
from graph_api.organization.model import Person, Task
from tests.knowledge.test_flow_gathering import at

ADA = "person:ada"
KEPT, SAME, OTHER, DRAFT, RETIRED = (f"knowledge:{one}" for one in ("kept", "same", "other", "draft", "retired"))


def graph_of(*more: Record) -> Graph:
    graph = Graph()
    records = (
        Person(id=ADA, name="Ada"),
        Task(id="task:t", title="T"),
        *(Knowledge(id=one, title=one) for one in (KEPT, SAME, OTHER)),
        Knowledge(id=DRAFT, title="Draft", state=KnowledgeState.DRAFT),
        Knowledge(id=RETIRED, title="Retired", state=KnowledgeState.RETIRED),
        *more,
    )
    graph.apply(map(upsert, records))
    return graph


def run(graph: Graph, operation: AnyOperation, command: Command, actor: str = ADA, day: int = 5) -> list[str]:
    """Decide and take up; return the codes of what is wrong, or the kinds of changes."""
    decision = operation.decide(graph, command, Context(at=at(day), actor=actor, revision=2))
    if isinstance(decision, Accepted):
        graph.apply(decision.changes)
        return [change.key[0] for change in decision.changes]
    assert isinstance(decision.refusal, InputRejected)
    return [problem.code for problem in decision.refusal.problems]


def use(graph: Graph, item: str, task: str | None = None, **more: Any) -> list[str]:
    return run(graph, USE_KNOWLEDGE, UseKnowledge(knowledge_id=item, task_id=task), **more)


def merge(graph: Graph, keep: str, *ids: str) -> list[str]:
    return run(graph, MERGE_KNOWLEDGE, MergeKnowledge(keep_id=keep, duplicate_ids=ids))


def test_a_use_is_noted_once_for_each_task_at_the_instant_of_the_commit() -> None:
    graph = graph_of()
    assert use(graph, KEPT) == ["USED"]
    assert use(graph, KEPT, "task:t") == ["USED"]
    assert use(graph, KEPT, "task:t", day=9) == []
    assert sorted(graph.incoming(Used, KEPT), key=lambda link: link.task) == [
        Used(source=ADA, target=KEPT, at=at(5), basis="declared"),
        Used(source=ADA, target=KEPT, task="task:t", at=at(5), basis="declared"),
    ]


@pytest.mark.parametrize(
    ("item", "task", "actor", "codes"),
    [
        ("knowledge:none", None, ADA, ["UNKNOWN_REFERENCE"]),
        (DRAFT, None, ADA, ["UNKNOWN_REFERENCE"]),
        (RETIRED, None, ADA, ["CONTRADICTION"]),
        (KEPT, "task:none", ADA, ["UNKNOWN_REFERENCE"]),
        (KEPT, None, "admin:local", ["CONTRADICTION"]),
        (DRAFT, "task:none", "integration:x", ["CONTRADICTION", "UNKNOWN_REFERENCE", "UNKNOWN_REFERENCE"]),
    ],
)
def test_uses_that_cannot_be_are_refused(item: str, task: str | None, actor: str, codes: list[str]) -> None:
    assert use(graph_of(), item, task, actor=actor) == codes


def test_a_citation_is_noted_once_and_never_of_the_item_itself() -> None:
    graph = graph_of()

    def cite(one: str, other: str) -> list[str]:
        return run(graph, CITE_KNOWLEDGE, CiteKnowledge(knowledge_id=one, cited_id=other))

    assert cite(SAME, KEPT) == ["CITES"]
    assert cite(SAME, KEPT) == []
    assert list(graph.incoming(Cites, KEPT)) == [Cites(source=SAME, target=KEPT, at=at(5), basis="declared")]
    assert cite(KEPT, KEPT) == ["CONTRADICTION"]
    assert cite(DRAFT, RETIRED) == ["UNKNOWN_REFERENCE", "CONTRADICTION"]


def test_merged_items_are_retired_and_merging_them_again_changes_nothing() -> None:
    graph = graph_of()
    assert merge(graph, KEPT, SAME, OTHER) == ["Knowledge", "MERGED_INTO"] * 2
    assert {item.id for item in graph.nodes(Knowledge) if item.state is KnowledgeState.RETIRED} == {
        SAME, OTHER, RETIRED,
    }  # fmt: skip
    assert merge(graph, KEPT, OTHER) == []
    assert [item.id for item in duplicates(graph, KEPT)] == [OTHER, SAME]
    assert merged_into(graph, SAME) == [KEPT]


@pytest.mark.parametrize(
    ("keep", "ids", "codes"),
    [
        (KEPT, (), ["REQUIRED"]),
        (KEPT, (SAME, SAME), ["DUPLICATE"]),
        (KEPT, (KEPT,), ["CYCLE"]),
        (KEPT, (DRAFT,), ["CONTRADICTION"]),
        (KEPT, (RETIRED,), ["CONTRADICTION"]),
        (DRAFT, (SAME,), ["CONTRADICTION"]),
        ("knowledge:none", ("knowledge:no",), ["UNKNOWN_REFERENCE", "UNKNOWN_REFERENCE"]),
        (KEPT, tuple(f"knowledge:{number}" for number in range(101)), ["TOO_MANY"]),
    ],
)
def test_merges_that_cannot_be_are_refused(keep: str, ids: tuple[str, ...], codes: list[str]) -> None:
    assert merge(graph_of(), keep, *ids) == codes


def test_an_item_is_never_merged_into_what_was_merged_into_it() -> None:
    graph = graph_of(Merged(source=KEPT, target=SAME), Merged(source=SAME, target=OTHER))
    assert merge(graph, KEPT, OTHER) == ["CYCLE"]
    assert merge(graph, KEPT, KEPT, SAME) == ["CYCLE", "CYCLE"]


def test_imported_circles_of_merges_end_where_they_began() -> None:
    graph = graph_of(Merged(source=KEPT, target=SAME), Merged(source=SAME, target=KEPT))
    assert merged_into(graph, KEPT) == [SAME]
    assert repeated_by(graph, KEPT) == [KEPT, SAME]


def test_uses_and_citations_of_duplicates_show_through_on_what_stands_for_them() -> None:
    graph = graph_of(
        Used(source=ADA, target=SAME, at=at(2)),
        Used(source=ADA, target=KEPT, task="task:t", at=at(3)),
        Used(source=ADA, target=KEPT),
        Cites(source=OTHER, target=SAME),
        Cites(source=SAME, target=KEPT),
    )
    merge(graph, KEPT, SAME)
    assert [(one.item, one.task, one.at) for one in uses(graph, KEPT).rows] == [
        (KEPT, "task:t", at(3)), (SAME, None, at(2)), (KEPT, None, None),
    ]  # fmt: skip
    assert [item.id for item in citing(graph, KEPT)] == [OTHER]
    assert [one.item for one in uses(graph, SAME).rows] == [SAME], "it keeps its own"


NAMES = [f"knowledge:{number}" for number in range(6)]
USES = st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from(NAMES), st.sampled_from(["", "t"])), max_size=12)
MERGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)), max_size=6
)


@given(USES, MERGES)
def test_merging_keeps_every_use_and_nothing_is_its_own_duplicate(
    used: set[tuple[str, str, str]], merges: list[tuple[str, list[str]]]
) -> None:
    links = [Used(source=f"person:{who}", target=item, task=task and "task:t") for who, item, task in used]
    graph = graph_of(*(Knowledge(id=one, title="T") for one in NAMES), *links)
    for keep, ids in merges:
        merge(graph, keep, *ids)
    assert {link.key for one in NAMES for link in graph.incoming(Used, one)} == {link.key for link in links}
    standing = [one for one in NAMES if not merged_into(graph, one)]
    assert sum(len(uses(graph, one).rows) for one in standing) == len(links), "each use shows at one standing item"
    for one in NAMES:
        item = graph.node(Knowledge, one)
        assert item is not None
        assert (item.state is KnowledgeState.RETIRED) == bool(merged_into(graph, one))
        assert one not in merged_into(graph, one)

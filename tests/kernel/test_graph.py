"""The fold and its overlay: keyed, idempotent, tolerant of ends that are gone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph, Overlay
from graph_api.kernel.records import AnyChange, Link, Record, RecordRegistry, removal, to_properties, upsert
from graph_api.organization.model import RECORDS, HasSkill, Person, Skill, WorkedOn
from graph_api.projection.state import digest

ids = st.integers(0, 5).map(lambda number: f"person:{number}")
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(Person, id=ids, name=st.text(max_size=3)),
    st.builds(Skill, id=st.integers(0, 3).map(lambda n: f"skill:{n}"), name=st.text(max_size=3)),
    st.builds(HasSkill, source=ids, target=st.integers(0, 3).map(lambda n: f"skill:{n}"), level=st.integers(1, 5)),
    st.builds(WorkedOn, source=ids, target=st.just("task:1"), role=st.sampled_from(["lead", "author"])),
)
changes: st.SearchStrategy[list[AnyChange]] = st.lists(
    st.one_of(records.map(upsert), records.map(removal)), max_size=30
)


def folded(history: list[AnyChange]) -> Graph:
    graph = Graph()
    graph.apply(history)
    return graph


def everything(view: Graph | Overlay) -> Any:
    people = [f"person:{number}" for number in range(6)]
    return (
        list(view.nodes(Person)),
        list(view.nodes(Skill)),
        view.count(Person),
        [sorted(view.outgoing(HasSkill, person), key=lambda link: link.key) for person in people],
        [sorted(view.incoming(HasSkill, f"skill:{n}"), key=lambda link: link.key) for n in range(4)],
        [sorted(view.outgoing(WorkedOn, person), key=lambda link: link.key) for person in people],
        [view.link(WorkedOn, person, "task:1", "lead") for person in people],
    )


@given(changes)
def test_folding_a_history_twice_changes_nothing(history: list[AnyChange]) -> None:
    graph = folded(history)
    before = digest(graph)
    last = {change.key: change for change in history}
    graph.apply(last.values())
    assert digest(graph) == before


@given(changes)
def test_the_last_value_of_a_key_counts(history: list[AnyChange]) -> None:
    graph = folded(history)
    last = {change.key: change.after for change in history}
    assert all(graph.record(key) == after for key, after in last.items())
    assert len(list(graph.records())) == sum(after is not None for after in last.values())


@given(changes)
def test_a_copy_holds_the_records_with_nodes_first(history: list[AnyChange]) -> None:
    graph = folded(history)
    copied = graph.copied()
    assert sorted(copied, key=repr) == sorted(graph.records(), key=repr)
    links = [isinstance(record, Link) for record in copied]
    assert links == sorted(links)


@given(changes, changes)
def test_an_overlay_shows_what_the_base_would_be(history: list[AnyChange], more: list[AnyChange]) -> None:
    base = folded(history)
    before = digest(base)
    overlay = Overlay(base)
    overlay.apply(more)
    assert everything(overlay) == everything(folded([*history, *more]))
    assert digest(base) == before


@given(records)
def test_records_survive_the_way_through_properties(record: Any) -> None:
    registry = RecordRegistry(RECORDS)
    assert registry.from_properties(record.key[0], to_properties(record)) == record

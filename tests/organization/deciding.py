"""Runs decisions on a state in memory, as the committer does: one after the other, each on what the last one left."""

from datetime import UTC, datetime
from typing import Any

from graph_api.kernel.commands import Accepted, Command, Context, InputRejected, Operation, Problem, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import AnyChange, Record, upsert
from graph_api.organization.commands import Saved

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def graph_of(*records: Record) -> Graph:
    graph = Graph()
    graph.apply(upsert(record) for record in records)
    return graph


def decide(graph: Graph, operation: Operation[Any], command: Command) -> Accepted | Refused:
    decision = operation.decide(graph, command, Context(at=AT, actor="test", revision=1))
    if isinstance(decision, Accepted):
        graph.apply(decision.changes)
    return decision


def saved(graph: Graph, operation: Operation[Any], command: Command) -> tuple[Saved, tuple[AnyChange, ...]]:
    decision = decide(graph, operation, command)
    assert isinstance(decision, Accepted), decision
    return decision.outcome, decision.changes


def problems(graph: Graph, operation: Operation[Any], command: Command) -> dict[str, Problem]:
    before = list(graph.records())
    decision = decide(graph, operation, command)
    assert isinstance(decision, Refused), decision
    assert isinstance(decision.refusal, InputRejected)
    assert list(graph.records()) == before
    return {".".join(problem.path): problem for problem in decision.refusal.problems}

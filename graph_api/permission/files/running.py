"""Run the tests of a store on a permission graph."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from graph_api.permission.answers import Conditional
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.store import CheckTest, Expected, ListObjectsTest, ListUsersTest, Store, StoreTest
from graph_api.permission.model import AuthorizationModel

GraphFactory: TypeAlias = Callable[[AuthorizationModel], PermissionGraph]
Answer: TypeAlias = bool | tuple[str, ...]


class AssertionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One assertion: what was asked, expected and got. Without an answer, `error` says why there is none.

    `explanation` is that of a failed check; line and column are those of the assertion in its file, where known.
    """

    kind: Literal["check", "list_objects", "list_users"]
    relation: str
    passed: bool
    expected: Answer
    got: Answer | None = None
    user: str | None = None
    object: str | None = None
    type: str | None = None
    filters: tuple[str, ...] = ()
    context: Mapping[str, Any] = {}
    error: str | None = None
    explanation: str | None = None
    line: int | None = None
    column: int | None = None


class TestReport(msgspec.Struct, frozen=True):
    """One test; `error` says why it could not begin."""

    name: str
    description: str
    assertions: tuple[AssertionReport, ...]
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether every assertion passed."""
        return self.error is None and all(each.passed for each in self.assertions)


class StoreReport(msgspec.Struct, frozen=True):
    """All tests of a store."""

    name: str
    tests: tuple[TestReport, ...]

    @property
    def passed(self) -> bool:
        """Tell whether every test passed."""
        return all(test.passed for test in self.tests)


def run_store_tests(store: Store, graph_factory: GraphFactory) -> StoreReport:
    """Run every test; each sees the tuples of the store and its own, and no test sees those of another."""
    shared: list[PermissionGraph] = []

    def graph_of(test: StoreTest) -> PermissionGraph:
        if test.tuples or not shared:
            graph = graph_factory(store.model)
            graph.write(add=store.tuples)
            if not test.tuples:
                shared.append(graph)
            graph.write(add=test.tuples)
            return graph
        return shared[0]

    return StoreReport(store.name, tuple(_run(test, graph_of) for test in store.tests))


def _run(test: StoreTest, graph_of: Callable[[StoreTest], PermissionGraph]) -> TestReport:
    try:
        graph = graph_of(test)
    except PermissionGraphError as error:
        return TestReport(test.name, test.description, (), str(error))
    return TestReport(test.name, test.description, tuple(_assertions(test, graph)))


def _assertions(test: StoreTest, graph: PermissionGraph) -> Iterator[AssertionReport]:
    for asked in test.check:
        for user in asked.users:
            for target in asked.objects:
                yield from (_check(graph, asked, user, target, expected) for expected in asked.assertions)
    for asked in test.list_objects:
        yield from (_list_objects(graph, asked, expected) for expected in asked.assertions)
    for asked in test.list_users:
        yield from (_list_users(graph, asked, expected) for expected in asked.assertions)


def _check(graph: PermissionGraph, asked: CheckTest, user: str, target: str, expected: Expected) -> AssertionReport:
    def ask() -> Answer:
        decision = graph.check(user, expected.relation, target, context=asked.context)
        if isinstance(decision, Conditional):
            names = ", ".join(f"`{name}`" for name in decision.missing)
            raise Unanswered(f"It depends on {names}, which the context does not give.")
        return decision.allowed

    report = _report("check", expected, asked.context, ask, user=user, object=target)
    if report.passed:
        return report
    return msgspec.structs.replace(report, explanation=_explained(graph, asked, report))


def _explained(graph: PermissionGraph, asked: CheckTest, report: AssertionReport) -> str | None:
    try:
        return graph.explain(report.user or "", report.relation, report.object or "", context=asked.context).text
    except PermissionGraphError:
        return None  # the answer has failed in the same way, and says so


def _list_objects(graph: PermissionGraph, asked: ListObjectsTest, expected: Expected) -> AssertionReport:
    def ask() -> Answer:
        return tuple(graph.list_objects(asked.user, expected.relation, asked.type, context=asked.context))

    return _report("list_objects", expected, asked.context, ask, user=asked.user, type=asked.type)


def _list_users(graph: PermissionGraph, asked: ListUsersTest, expected: Expected) -> AssertionReport:
    def ask() -> Answer:
        filters = list(asked.filters)
        return tuple(graph.list_users(asked.object, expected.relation, filters=filters, context=asked.context))

    return _report("list_users", expected, asked.context, ask, object=asked.object, filters=asked.filters)


class Unanswered(Exception):
    """The graph can say neither yes nor no."""


def _report(
    kind: Literal["check", "list_objects", "list_users"],
    expected: Expected,
    context: Mapping[str, Any],
    ask: Callable[[], Answer],
    **asked: Any,
) -> AssertionReport:
    got, error = None, None
    try:
        got = ask()
    except (PermissionGraphError, Unanswered) as fault:
        error = str(fault)
    wanted = expected.answer if isinstance(expected.answer, bool) else tuple(sorted(expected.answer))
    place = expected.position
    return AssertionReport(
        kind=kind,
        relation=expected.relation,
        passed=got == wanted,
        expected=wanted,
        got=got,
        context=context,
        error=error,
        line=place.line or None,
        column=place.column or None,
        **asked,
    )

"""The same tuples and questions put to the engine in this process and to OpenFGA over HTTP, where it is here.

OpenFGA keeps them in a database that is started for this (`peers/databases.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import perf_counter, perf_counter_ns
from typing import Final, TypeAlias

from bench.peers.client import TUPLES_A_WRITE, Client, Store, keys, needed
from bench.peers.databases import datastore
from bench.peers.load import Request, Timed, timed
from bench.peers.server import HOW_TO_GET_IT, Server, find_binary, running
from bench.permission_world import PermissionWorld, Question, batches, model, users_with_long_lists
from bench.tables import percentile, publish
from graph_api.permission import PermissionGraph, RelationshipTuple
from tests.permission.engine.facts import Fact

TITLE = "permission engine beside OpenFGA"
CHECKS, WARMING, LISTS, CONNECTIONS = 2000, 300, 30, 8
UNLIMITED: Final = (
    "--resolve-node-limit=200", "--listObjects-max-results=0", "--listObjects-deadline=50s", "--request-timeout=50s"
)  # fmt: skip
IN_PROCESS, OVER_HTTP = "swarmgraph, in process", "OpenFGA, HTTP on loopback"
HEADINGS: Final = ("system", "question", "connections", "times", "p50 ms", "p99 ms", "max ms", "answers/s")

Row: TypeAlias = list[object]


def row(system: str, question: str, connections: int | str, took: Sequence[int], seconds: float) -> Row:
    figures = [f"{each / 1e6:.3f}" for each in (percentile(took, 0.5), percentile(took, 0.99), max(took))]
    return [system, question, connections, f"{len(took):,}", *figures, f"{len(took) / seconds:,.0f}"]


def timed_calls(calls: Iterable[Callable[[], object]]) -> list[int]:
    """Return the nanoseconds that each call takes."""
    found: list[int] = []
    for call in calls:
        began = perf_counter_ns()
        call()
        found.append(perf_counter_ns() - began)
    return found


def as_fact(each: RelationshipTuple) -> Fact:
    return Fact(each.user, each.relation, each.object)


class Comparison:
    """One world in both systems."""

    def __init__(self, world: PermissionWorld) -> None:
        self._world = world
        self.graph = PermissionGraph(model())
        for batch in batches(world.tuples()):
            self.graph.write(batch)
        self.checks = world.questions(CHECKS + WARMING)
        self.listed = users_with_long_lists(world, self.graph, LISTS)
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.differing = 0
        self.failed = 0

    def ask_ours(self) -> None:
        for question in ("check, first time", "check, again"):
            took = timed_calls(partial(self.graph.check, *each) for each in self.checks)[WARMING:]
            self.rows.append(row(IN_PROCESS, question, "-", took, sum(took) / 1e9))
        listing = timed_calls(partial(self._list, user) for user in self.listed)
        if listing:
            self.rows.append(row(IN_PROCESS, "list_objects", "-", listing, sum(listing) / 1e9))

    def _list(self, user: str) -> list[str]:
        return self.graph.list_objects(user, "reader", "document")

    def fill(self, client: Client) -> Store:
        """Write the tuples through the HTTP interface, 100 a request."""
        store = client.new_store()
        refused = store.take_model(model())
        assert refused is None, refused
        began, count = perf_counter(), 0
        for batch in batches(self._world.tuples(), TUPLES_A_WRITE):
            needed(store.ask("write", {"writes": keys(map(as_fact, batch))}))
            count += len(batch)
        self.notes.append(f"It took {count:,} tuples at {count / (perf_counter() - began):,.0f}/s")
        return store

    def ask_theirs(self, server: Server, store: Store) -> None:
        requests = [self._check(store, each) for each in self.checks]
        timed(server.port, requests[:WARMING])
        for connections in (1, CONNECTIONS):
            done = timed(server.port, requests[WARMING:], connections)
            question = "check, first time" if connections == 1 else "check, again"
            self.rows.append(row(OVER_HTTP, question, connections, done.nanoseconds, done.seconds))
            self._compare(done)

    def _check(self, store: Store, question: Question) -> Request:
        user, relation, target = question
        key = {"user": user, "relation": relation, "object": target}
        body = {"tuple_key": key, "authorization_model_id": store.model_id}
        return Request(f"/stores/{store.id}/check", body)

    def _compare(self, done: Timed) -> None:
        for question, answer in zip(self.checks[WARMING:], done.answers, strict=True):
            self.failed += answer is None
            self.differing += answer is not None and answer["allowed"] is not self.graph.check(*question).allowed

    def list_theirs(self, server: Server, store: Store) -> None:
        body = {"relation": "reader", "type": "document", "authorization_model_id": store.model_id}
        path = f"/stores/{store.id}/list-objects"
        done = timed(server.port, [Request(path, {**body, "user": user}) for user in self.listed])
        if not self.listed:
            return
        self.rows.append(row(OVER_HTTP, "list_objects", 1, done.nanoseconds, done.seconds))
        for user, answer in zip(self.listed, done.answers, strict=True):
            self.failed += answer is None
            self.differing += answer is not None and sorted(answer["objects"]) != self._list(user)

    def ask_nothing(self, server: Server) -> None:
        """Measure what HTTP and this client take by themselves."""
        done = timed(server.port, [Request("/healthz")] * CHECKS)
        self.rows.append(row(OVER_HTTP, "health, no question", 1, done.nanoseconds, done.seconds))


def publish_comparison(world: PermissionWorld) -> None:
    """Compare, or say that OpenFGA is not here."""
    if find_binary() is None:
        print(HOW_TO_GET_IT)
        return
    comparison = Comparison(world)
    comparison.ask_ours()
    with datastore() as database, running(*database.options, *UNLIMITED) as server:
        client = Client(server.address)
        store = comparison.fill(client)
        comparison.ask_nothing(server)
        comparison.ask_theirs(server, store)
        comparison.list_theirs(server, store)
        comparison.notes.append(f"its process holds {server.resident_mebibytes:.0f} MiB afterwards")
        client.close()
    publish(
        TITLE,
        HEADINGS,
        comparison.rows,
        "The same tuples and questions in the same run: ours is called in this process, OpenFGA 1.18.1 is asked over "
        f"HTTP by a client in this process; it keeps tuples with {database.name}, without limits of depth and length. "
        f"Lists are of some 1,000 ids. {'; '.join(comparison.notes)}. {comparison.differing} answers differ, "
        f"{comparison.failed} requests failed.",
    )

"""How long a path over a million events takes, flow by unit over a million uses, and reading these; made up, seeded."""

import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic_ns

import numpy as np

from bench.tables import milliseconds, publish
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.knowledge.flow.events import of_items
from graph_api.knowledge.flow.links import GROUPS, FlowLevel, Groups, Table, flow, laid_out, uses_of
from graph_api.knowledge.flow.paths import Timeline, arrivals, steps_to
from graph_api.knowledge.flow.paths import laid_out as line_of
from graph_api.knowledge.flow.reading import ITEMS
from graph_api.knowledge.model import Knowledge, RecordedBy, Used
from graph_api.organization.model import BelongsTo, Person

EVENTS = 1_000_000
USES = 1_000_000
PEOPLE, DOCUMENTS, UNITS = 50_000, 50_000, 200
INSTANTS = {"no two events at one instant": 10**12, "2,000 days": 2000, "all at one instant": 1}
TIMES = 5
SEED = 7


def events(instants: int) -> Timeline:
    chance = np.random.default_rng(SEED)
    vertices = PEOPLE + DOCUMENTS
    ends = chance.integers(0, vertices, (2, EVENTS))
    at = np.sort(chance.integers(0, instants, EVENTS))
    return Timeline([str(place) for place in range(vertices)], ends[0], ends[1], at)


def chain() -> Timeline:
    """Let every event of one instant follow another: the deepest search that there is."""
    places = np.random.default_rng(SEED).permutation(EVENTS)
    return Timeline([str(place) for place in range(EVENTS + 1)], places, places + 1, np.zeros(EVENTS, np.int64))


def uses() -> Table:
    chance = np.random.default_rng(SEED)
    ends = chance.integers(0, UNITS, (2, USES))
    items = chance.integers(0, DOCUMENTS, USES)
    return Table([f"unit:{place}" for place in range(UNITS)], ends[0], ends[1], np.arange(USES), items)


def organization() -> Graph:
    """Make items, each by one author, and uses of them by people of units."""
    chance = np.random.default_rng(SEED)
    start, minutes = datetime(2024, 1, 1, tzinfo=UTC), chance.integers(0, 10**6, USES)
    authors, users, items = (chance.integers(0, many, USES).tolist() for many in (PEOPLE, PEOPLE, DOCUMENTS))
    graph = Graph()
    graph.apply(upsert(Person(id=f"person:{place}", name="")) for place in range(PEOPLE))
    graph.apply(upsert(BelongsTo(source=f"person:{place}", target=f"unit:{place % UNITS}")) for place in range(PEOPLE))
    graph.apply(upsert(Knowledge(id=f"knowledge:{place}", title="", created_at=start)) for place in range(DOCUMENTS))
    graph.apply(
        upsert(RecordedBy(source=f"knowledge:{place}", target=f"person:{authors[place]}")) for place in range(DOCUMENTS)
    )
    dates = (start + timedelta(minutes=each) for each in minutes.tolist())
    graph.apply(
        upsert(Used(source=f"person:{user}", target=f"knowledge:{item}", at=at))
        for user, item, at in zip(users, items, dates, strict=True)
    )
    return graph


def reading_rows() -> list[tuple[str, str, str]]:
    """Copy an organization as the event loop does, in slices, and lay the copy out as a thread does."""
    graph = organization()
    gc.freeze()  # as a service does: what stays is not walked through
    read = list(ITEMS.read(graph))
    found = uses_of(read)

    def table() -> Table:
        return laid_out(uses_of(read), Groups(FlowLevel.UNIT, read, GROUPS[FlowLevel.UNIT].read(graph), 3))

    def line() -> object:
        return line_of(list(of_items(read)))

    works: dict[str, Callable[[], object]] = {
        "copying uses of a graph, in slices": lambda: list(ITEMS.read(graph)),
        "laying them out for flow by unit": table,
        "laying them out for paths": line,
    }
    return [(what, f"{len(found):,} uses", milliseconds(longest(work))) for what, work in works.items()]


def longest(work: Callable[[], object]) -> float:
    """Return the longest of some runs, s."""
    taken: list[float] = []
    for _ in range(TIMES):
        began = monotonic_ns()
        work()
        taken.append((monotonic_ns() - began) / 1e9)
    return max(taken)


def path_row(name: str, line: Timeline) -> tuple[str, str, str]:
    """Search all that one vertex reaches, and the way to the vertex reached last: no goal ends the pass early."""
    reached = arrivals(line, [0]).by_event
    last = next(reversed(reached))
    taken = longest(lambda: steps_to(line, arrivals(line, [0], [last]), last))
    return f"path over {EVENTS:,} events, {name}", f"{len(reached):,} reached", milliseconds(taken)


def main() -> None:
    rows = [path_row(name, events(instants)) for name, instants in INSTANTS.items()]
    rows.append(path_row("all at one instant, one after the other", chain()))
    laid = uses()
    found = flow(laid, 500)
    taken = milliseconds(longest(lambda: flow(laid, 500)))
    rows.append((f"flow by unit of {USES:,} uses", f"{found.total_links:,} links", taken))
    rows += reading_rows()
    note = "Bar: 1,000 ms each for a path and for flow; copying and laying out is done once a revision."
    publish("knowledge flow", ("what", "found", f"longest of {TIMES}, ms"), rows, note)


if __name__ == "__main__":
    main()

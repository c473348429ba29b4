"""How long a path over a million events takes, and flow by unit over a million uses; both on made-up arrays, seeded."""

from collections.abc import Callable
from time import monotonic_ns

import numpy as np

from bench.tables import milliseconds, publish
from graph_api.knowledge.flow.links import Table, flow
from graph_api.knowledge.flow.paths import Timeline, arrivals, steps_to

EVENTS = 1_000_000
USES = 1_000_000
PEOPLE, ITEMS, UNITS = 50_000, 50_000, 200
INSTANTS = {"no two events at one instant": 10**12, "2,000 days": 2000, "all at one instant": 1}
TIMES = 5
SEED = 7


def events(instants: int) -> Timeline:
    chance = np.random.default_rng(SEED)
    vertices = PEOPLE + ITEMS
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
    items = chance.integers(0, ITEMS, USES)
    return Table([f"unit:{place}" for place in range(UNITS)], ends[0], ends[1], np.arange(USES), items)


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
    publish("knowledge flow", ("what", "found", f"longest of {TIMES}, ms"), rows, "Bar: 1,000 ms each.")


if __name__ == "__main__":
    main()

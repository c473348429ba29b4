"""What was seen when real demands were asked, as a small table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graph_api.swarm.assembly import Proposed, ProposeOutcome
from tests.swarm.real.highs import Solved

_HEAD: Final = "| set | what came | demands | eligible, most | gap, most | ms p50 | ms max | HiGHS proved | ms max |"


@dataclass(frozen=True)
class Row:
    """One demand asked: milli-points of the gap, and how long both solvers took."""

    name: str
    came: str
    eligible: int
    gap: int
    elapsed_ms: float
    is_proved_by_highs: bool
    highs_ms: float


def row_of(
    name: str, eligible: int, outcome: ProposeOutcome, elapsed_ms: float, optimum: Solved, highs_ms: float
) -> Row:
    """Describe what came of one demand."""
    if isinstance(outcome, Proposed):
        proof = outcome.proposal.certificate
        return Row(name, proof.status, eligible, proof.gap, elapsed_ms, optimum.is_final, highs_ms)
    return Row(name, type(outcome).__name__, eligible, 0, elapsed_ms, optimum.is_final, highs_ms)


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table with one line a set and kind of answer."""
    yield _HEAD
    yield "|---" * _HEAD.count(" | ") + "|---|"
    for (name, came), count in sorted(Counter((row.name, row.came) for row in rows).items()):
        same = [row for row in rows if (row.name, row.came) == (name, came)]
        times = sorted(row.elapsed_ms for row in same)
        cells = (
            name, came, count, max(row.eligible for row in same), max(row.gap for row in same),
            round(times[len(times) // 2]), round(times[-1]),
            sum(row.is_proved_by_highs for row in same), round(max(row.highs_ms for row in same)),
        )  # fmt: skip
        yield "| " + " | ".join(map(str, cells)) + " |"

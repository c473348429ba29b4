"""The figures of a capture rate, from its pairs."""

from collections.abc import Sequence

import msgspec

from graph_api.knowledge.duplicates import near_duplicates
from graph_api.knowledge.experience.capture import Pair
from graph_api.knowledge.model import KnowledgeMethod
from graph_api.knowledge.wilson import wilson


class CaptureRate(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of pairs, and shares from 0 to 1; None where there is nothing to take a share of."""

    pairs: int
    captured: int
    waived: int
    overdue: int
    rate: float | None
    low95: float | None
    high95: float | None
    machine_only_share: float | None
    duplicate_share: float | None
    reuse_share: float | None


def capture_rate(found: Sequence[Pair], taken_up: Sequence[bool]) -> CaptureRate:
    """Return the rate with its 95 % score interval (Wilson 1927), and what stands beside it.

    `taken_up` says of each item that is old enough to tell whether somebody else took it up.
    """
    captured = [pair for pair in found if pair.kept is not None]
    count, kept = len(found), len(captured)
    low, high = wilson(kept, count) if count else (None, None)
    machine = sum(pair.kept is not None and pair.kept.method is KnowledgeMethod.EXTRACTED for pair in captured)
    return CaptureRate(
        pairs=count,
        captured=kept,
        waived=sum(pair.waived for pair in found),
        overdue=sum(pair.overdue for pair in found),
        rate=_share(kept, count),
        low95=low,
        high95=high,
        machine_only_share=_share(machine, kept),
        duplicate_share=_share(_doubled(captured), kept),
        reuse_share=_share(sum(taken_up), len(taken_up)),
    )


def _doubled(captured: Sequence[Pair]) -> int:
    """Return how many captured texts are near-duplicates of another that was captured."""
    texts = {pair.kept.id: pair.kept.body for pair in captured if pair.kept is not None and pair.kept.body}
    doubled = {one for two in near_duplicates(texts) for one in two}
    return sum(pair.kept is not None and pair.kept.id in doubled for pair in captured)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

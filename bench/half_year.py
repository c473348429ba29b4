"""Half a year of swarms whose members put off, paste, leave early or never answer: what is kept, and what without the
circuit-breaker. `tests/support/half_year.py` tells what they do.
"""

from time import monotonic
from typing import Final

from bench.tables import publish
from tests.support.half_year import HalfYear, half_year

SWARMS: Final = 1_400
SEED: Final = 1
BAR: Final = 0.92
COLUMNS = (
    "half a year", "pairs", "captured", "rate", "95 % interval", "waived", "overdue", "machine only", "refused",
    "seconds",
)  # fmt: skip


def row(name: str, lived: HalfYear, seconds: float) -> tuple[object, ...]:
    rate = lived.rate
    refused = ", ".join(f"{count} {code}" for code, count in sorted(lived.refused.items())) or "none"
    return (
        name, rate.pairs, rate.captured, f"{rate.rate or 0:.3f}", f"{rate.low95 or 0:.3f} to {rate.high95 or 1:.3f}",
        rate.waived, rate.overdue, f"{rate.machine_only_share or 0:.2f}", refused, f"{seconds:.0f}",
    )  # fmt: skip


def main() -> int:
    rows: list[tuple[object, ...]] = []
    low = 0.0
    for name, breaker in (("with the breaker", True), ("without", False)):
        began = monotonic()
        lived = half_year(SEED, SWARMS, breaker=breaker)
        low = (lived.rate.low95 or 0.0) if breaker else low
        rows.append(row(name, lived, monotonic() - began))
    publish("half year", COLUMNS, rows, f"Bar: lower bound with the breaker >= {BAR}.")
    return 0 if low >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())

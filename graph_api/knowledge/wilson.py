"""The interval in which a share lies, told from a count.

Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
"""

from math import sqrt
from statistics import NormalDist
from typing import Final

_Z: Final = NormalDist().inv_cdf(0.975)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share, 0 to 1; 0 to 1 where nothing was tried; raises ValueError."""
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share.")
    if trials == 0:
        return 0.0, 1.0
    failures, square = trials - successes, _Z * _Z
    twice = 2 * (trials + square)
    middle = (2 * successes + square) / twice
    half = _Z * sqrt(4 * successes * failures / trials + square) / twice
    return middle - half if successes else 0.0, middle + half if failures else 1.0

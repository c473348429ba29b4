"""How many random cases a test makes: some always, all with the soak."""

import pytest


def seeds(always: int, soaked: int, *, first: int = 0) -> list[object]:
    """Return numbers to make cases of: so many always, up to so many with `make soak`."""
    more = (pytest.param(number, marks=pytest.mark.soak) for number in range(first + always, first + soaked))
    return [*range(first, first + always), *more]

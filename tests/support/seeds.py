"""How many random cases a test makes: some always, all with the soak."""

import pytest


def seeds(always: int, soaked: int, *, first: int = 0) -> list[object]:
    """Return numbers to make cases of: so many always, evenly out of all that there are with `make soak`."""
    chosen = {place * soaked // always for place in range(always)}
    return [
        first + place if place in chosen else pytest.param(first + place, marks=pytest.mark.soak)
        for place in range(soaked)
    ]

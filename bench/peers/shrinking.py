"""Smaller cases that still show what a large one showed."""

from collections.abc import Callable

import msgspec

from bench.peers.trials import Trial


def shrunk(trial: Trial, shows: Callable[[Trial], bool]) -> Trial:
    """Drop tuples one by one as long as the rest shows the same; `shows` holds for the trial given."""
    small, before = trial, None
    while small != before:
        before = small
        for field in ("facts", "contextual"):
            small = without_needless(small, field, shows)
    return small


def without_needless(trial: Trial, field: str, shows: Callable[[Trial], bool]) -> Trial:
    number = 0
    while number < len(getattr(trial, field)):
        facts = getattr(trial, field)
        smaller = msgspec.structs.replace(trial, **{field: (*facts[:number], *facts[number + 1 :])})
        if shows(smaller):
            trial = smaller
        else:
            number += 1
    return trial

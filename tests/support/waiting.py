"""Waiting for a condition, with a deadline."""

import asyncio
from collections.abc import Callable
from time import monotonic


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> float:
    """Wait until the condition holds and return the seconds that took; fail where it never does."""
    began = monotonic()
    while not condition():
        if monotonic() - began > seconds:
            raise AssertionError(f"the condition did not hold within {seconds} s")
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    return monotonic() - began

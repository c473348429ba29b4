"""Background tasks with an owner: started together, watched, and stopped and awaited at the end."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

_log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def owned_tasks(**coroutines: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run coroutines until the block ends; one that fails before is logged at once and raised at the end."""
    tasks = [asyncio.create_task(coroutine, name=name) for name, coroutine in coroutines.items()]
    for task in tasks:
        task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    faults = [fault for fault in ended if isinstance(fault, Exception)]
    if faults:
        raise faults[0]


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()) is not None:
        _log.critical("The background task %s ended unexpectedly.", task.get_name(), exc_info=fault)

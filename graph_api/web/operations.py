"""The operations under way on one socket: each a task with an owner, stopped and awaited when the socket ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Operations:
    """Tasks under the ids that the client gave them."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, operation_id: str) -> bool:
        return operation_id in self._running

    def start(self, operation_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin an operation under an id that is free."""
        task = asyncio.create_task(work, name=f"operation {operation_id[:40]}")
        self._running[operation_id] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def free(self, operation_id: str) -> None:
        """Give an id back, for an operation that has only its last word to say."""
        del self._running[operation_id]

    def stop(self, operation_id: str) -> None:
        """Stop an operation, if there is one under the id; the id is free at once."""
        task = self._running.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Stop everything and wait until it has ended."""
        self._running.clear()
        ending = tuple(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

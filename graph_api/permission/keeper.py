"""What is done for permission without anybody asking: expired tuples are removed, pending models become live.

Every replica does it; whoever comes second finds it done. So nothing is left half done when a process dies.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from graph_api.kernel.commands import AnyOperation, Command
from graph_api.kernel.errors import SwarmgraphError
from graph_api.permission.commands import Expire, SwitchModel
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.expiry import EXPIRE
from graph_api.permission.live_model import read_model, stored_model
from graph_api.permission.model_decisions import SWITCH_MODEL
from graph_api.permission.projection import PermissionProjection
from graph_api.projection.deciding import Work
from graph_api.projection.replica import Replica

_log: Final = logging.getLogger(__name__)
PERMISSION_KEEPER: Final = "system:permissions"
EXPIRED_AT_ONCE: Final = 1000
_LONGEST_WAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.05
_RETRY_SECONDS: Final = 1.0


class PermissionKeeper:
    """Keeps one replica's share. `settle_seconds` is the time that other replicas get to compile a pending model."""

    def __init__(
        self,
        replica: Replica,
        projection: PermissionProjection,
        clock: Callable[[], datetime],
        settle_seconds: float,
    ) -> None:
        self._replica = replica
        self._projection = projection
        self._clock = clock
        self._settle = settle_seconds

    async def expire(self) -> None:
        """Append the end of tuples and days as commits (R8), until cancelled."""
        await _again_and_again(self._expire_next, "Expired tuples could not be removed yet")

    async def switch(self) -> None:
        """Make pending models live (R15), until cancelled."""
        await _again_and_again(self._switch_next, "The pending authorization model could not be made live yet")

    async def _expire_next(self) -> None:
        moved, now = self._projection.moved, self._clock()
        due, pointer = self._projection.due(now), self._projection.pointer
        if pointer is not None and (due or pointer.day < now.date()):
            await self._commit(EXPIRE, Expire(keys=tuple(due[:EXPIRED_AT_ONCE])))
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            seconds = (self._projection.turn_after(now) - now).total_seconds()
            await _wait(moved, min(seconds, _LONGEST_WAIT_SECONDS))

    async def _switch_next(self) -> None:
        moved, pointer = self._projection.moved, self._projection.pointer
        stored = stored_model(self._replica.graph, pointer.pending) if pointer is not None else None
        if stored is None:
            await moved.wait()
            return
        # Checking a large model takes a while, and this loop answers everybody.
        read = await asyncio.to_thread(read_model, stored.source)
        if not self._is_pending(stored.id):
            return
        self._projection.prepare(stored.id, read)
        await asyncio.sleep(self._settle)
        await self._commit(SWITCH_MODEL, SwitchModel(model_id=stored.id))

    def _is_pending(self, model_id: str) -> bool:
        pointer = self._projection.pointer
        return pointer is not None and pointer.pending == model_id

    async def _commit(self, operation: AnyOperation, command: Command) -> None:
        await self._replica.commit(Work(operation=operation, command=command, actor=PERMISSION_KEEPER))


async def _again_and_again(step: Callable[[], Awaitable[None]], trouble: str) -> None:
    while True:
        try:
            await step()
        except (SwarmgraphError, PermissionGraphError) as fault:
            _log.warning("%s: %s", trouble, fault)
            await asyncio.sleep(_RETRY_SECONDS)
        except Exception:  # noqa: BLE001  # a keeper that ended would leave models pending and tuples expired
            _log.exception("%s.", trouble)
            await asyncio.sleep(_RETRY_SECONDS)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await event.wait()
    except TimeoutError:
        return

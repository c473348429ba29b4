"""How long after a revoke a subscription that rested on the right is ended, on the same service and on the second."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from time import monotonic_ns
from typing import Any, Final, TypeAlias

from bench.doors import Door, Socket, socket_of
from bench.tables import milliseconds, percentile
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.service import ApiService
from graph_api.api.tokens import StoredTokens
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.projection.replica import Replica

WATCHERS: Final = [f"integration:watcher-{number}" for number in range(4)]
QUIET_TIMES, LOADED_TIMES = 15, 100
QUIET_SECONDS: Final = 1.3
"""As long nothing happens before a revoke that comes out of the blue: the log is looked at less often then."""
CHANGE: Final = """mutation($add: [TupleInput!], $remove: [TupleKeyInput!]) {
    changePermissions(input: {add: $add, remove: $remove}) { ... on PermissionsChanged { revision } } }"""
WATCH: Final = """subscription { accessChanges(watch: {relation: "viewer", target: {object: "document:watched"}}) {
    revision } }"""
EventsBeside: TypeAlias = Callable[[float, str], Coroutine[Any, Any, list[object]]]


async def watchers(service: ApiService) -> list[str]:
    """Make a token for each of those who watch."""
    replica = service.replica
    assert isinstance(replica, Replica)
    tokens = StoredTokens(replica)
    return [(await tokens.create(each, creator=LOCAL_ADMINISTRATOR.id)).secret for each in WATCHERS]


class Ends:
    """Grants a right, has somebody subscribe by it on both services, revokes it and waits for both ends."""

    def __init__(self, doors: tuple[Door, Door], sockets: Iterator[tuple[str, Sequence[Socket]]]) -> None:
        self._doors = doors
        self._sockets = sockets
        self.same: list[float] = []
        self.second: list[float] = []

    async def once(self, pause: float = 0.0) -> None:
        watcher, sockets = next(self._sockets)
        right = {"user": watcher, "relation": "integrator", "object": ORGANIZATION_ID}
        revision = (await self._doors[0].ask(CHANGE, {"add": [right]}))["changePermissions"]["revision"]
        await self._doors[1].ask("{ viewer { id } }", {}, at_least=revision)
        for socket in sockets:
            await socket.follow(WATCH, {})
        await asyncio.sleep(pause)
        began = monotonic_ns()

        async def ended(socket: Socket) -> float:
            await socket.ended()
            return (monotonic_ns() - began) / 1e9

        revoking = asyncio.create_task(self._doors[0].ask(CHANGE, {"remove": [right]}))
        same, second = await asyncio.gather(*map(ended, sockets))
        await revoking
        self.same.append(same)
        self.second.append(second)

    def row(self, label: str) -> list[object]:
        found = [
            milliseconds(percentile(values, share)) for values in (self.same, self.second) for share in (0.5, 0.99, 1.0)
        ]
        return [label, len(self.same), *found]


async def ends_rows(
    doors: tuple[Door, Door], tokens: Sequence[str], events: EventsBeside, scale: float
) -> list[list[object]]:
    """Measure revokes out of the blue, and revokes among events for as long as those take."""
    async with AsyncExitStack() as stack:
        opened = [
            (watcher, [await stack.enter_async_context(socket_of(door, token)) for door in doors])
            for watcher, token in zip(WATCHERS, tokens, strict=True)
        ]
        quiet, loaded = Ends(doors, cycle(opened)), Ends(doors, cycle(opened))
        for _ in range(max(3, round(QUIET_TIMES * scale))):
            await quiet.once(QUIET_SECONDS)
        going = asyncio.create_task(events(20 * scale, ""))
        while not going.done():
            await loaded.once()
        await going
    return [quiet.row(f"after {QUIET_SECONDS} s of silence"), loaded.row("among 1,000 events/s")]

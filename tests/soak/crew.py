"""Two services on a managed server of their own, the load on them, and whoever kills them and starts them again."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from graph_api.ops.settings import Settings
from tests.soak.clients import Clients
from tests.soak.services import holds, started
from tests.support.managed import is_ready, state_of
from tests.support.services import Service

RANDOM_SECONDS: Final = 3.0
ANSWERS_BETWEEN: Final = 20
"""Commands that must be acknowledged after a recovery before the next kill may come."""


class Victim(Enum):
    """What is killed."""

    SERVICE = "a service"
    BOTH_SERVICES = "both services"
    DATABASE = "the database"


SMALL: Final[dict[str, Any]] = {"heap_mebibytes": 512, "page_cache_mebibytes": 64, "snapshot_commits": 50}
PATIENCE: Final = (5, 60)
"""Seconds that the one and the other service wait for a commit: a short outage ends before, or after."""
FEW: Final = (Victim.SERVICE, Victim.DATABASE)
MANY: Final = (Victim.SERVICE,) * 7 + (Victim.BOTH_SERVICES,) * 3 + (Victim.DATABASE,) * 10


class Crew:
    """Kills at random moments, each time waits until everything is back, and starts again what an init system would."""

    def __init__(
        self, settings: Settings, services: list[Service], environments: Sequence[Mapping[str, str]], load: Clients
    ) -> None:
        self._settings = settings
        self._services = services
        self._environments = environments
        self._load = load
        self._chance = random.Random(20)
        self.outages: list[tuple[Victim, float]] = []

    async def kill_under_load(self, victims: Sequence[Victim]) -> str:
        """Kill in random order while the clients write; return what came of it in words."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._load.run())
            await self.answered()
            for victim in random.Random(4).sample(victims, len(victims)):
                await self.kill(victim)
            self._load.stop()
        return self._told(time.monotonic() - began)

    def _told(self, seconds: float) -> str:
        outages = ", ".join(f"{victim.value} {back:.0f} s" for victim, back in self.outages)
        kinds = dict(Counter(one.operation for one in self._load.acknowledged))
        return (
            f"{len(self.outages)} survived in {seconds:.0f} s (back after: {outages}); acknowledged "
            f"{len(self._load.acknowledged)} commands {kinds}, {self._load.retries} asked again"
        )

    async def kill(self, victim: Victim) -> None:
        """Wait for a random moment under load, kill, and wait until commands are acknowledged again."""
        moment = time.monotonic() + self._chance.uniform(0, RANDOM_SECONDS)
        await holds(lambda: time.monotonic() >= moment)
        began = time.monotonic()
        self._load.flowing.clear()
        match victim:
            case Victim.SERVICE:
                await self._kill_services(self._chance.randrange(len(self._services)))
            case Victim.BOTH_SERVICES:
                await self._kill_services(*range(len(self._services)))
            case Victim.DATABASE:
                await self._kill_database()
        for service in self._services:
            await holds(service.is_ready)
        self.outages.append((victim, time.monotonic() - began))
        self._load.flowing.set()
        await self.answered()

    async def answered(self) -> None:
        """Wait until so many more commands are acknowledged."""
        enough = len(self._load.acknowledged) + ANSWERS_BETWEEN
        await holds(lambda: len(self._load.acknowledged) >= enough)

    async def _kill_services(self, *numbers: int) -> None:
        for number in numbers:
            self._services[number].process.kill()
        await asyncio.gather(*(asyncio.to_thread(self._services[number].kill) for number in numbers))

        async def start(number: int) -> None:
            self._services[number] = await started(self._environments[number])

        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(start(number))

    async def _kill_database(self) -> None:
        """Kill the server; that it comes back is the supervisor's work alone, and no service may have ended."""
        before = state_of(self._settings)
        assert before.server is not None
        os.kill(before.server.pid, signal.SIGKILL)
        await holds(lambda: is_ready(self._settings, other_than=before.server))
        assert state_of(self._settings).restarts > before.restarts
        assert [service.process.poll() for service in self._services] == [None] * len(self._services)

"""Two services on a managed server of their own, the load on them, and whoever kills them and starts them again."""

import asyncio
import os
import random
import signal
from collections.abc import Mapping, Sequence
from enum import Enum
from time import monotonic
from typing import Final

import httpx

from graph_api.ops.settings import Settings
from tests.soak.load import REQUEST_SECONDS, SAVE_PEOPLE, SAVE_SKILLS, SAVE_UNITS, SKILLS, STAFF_SKILLS, UNITS, Load
from tests.soak.services import asked, holds, started
from tests.support.managed import is_ready, state_of
from tests.support.services import NO_REUSE, Service

STAFF: Final = 6
RANDOM_SECONDS: Final = 3.0
ANSWERS_BETWEEN: Final = 20
"""Commands that must be acknowledged after a recovery before the next kill may come."""


class Victim(Enum):
    """What is killed."""

    SERVICE = "a service"
    BOTH_SERVICES = "both services"
    DATABASE = "the database"


class Crew:
    """Kills at random moments, each time waits until everything is back, and starts again what an init system would."""

    def __init__(
        self, settings: Settings, services: list[Service], environments: Sequence[Mapping[str, str]], load: Load
    ) -> None:
        self._settings = settings
        self._services = services
        self._environments = environments
        self._load = load
        self._chance = random.Random(20)
        self.outages: list[tuple[Victim, float]] = []

    async def prepare(self) -> None:
        """Save what the load refers to."""
        skills = [{"id": skill, "name": skill} for skill in [*SKILLS, *STAFF_SKILLS]]
        held = [{"skillId": skill, "level": 3} for skill in STAFF_SKILLS]
        staff = [{"id": f"person:staff-{number}", "name": "Staff", "skills": held} for number in range(STAFF)]
        units = [{"id": unit, "name": unit} for unit in UNITS]
        saved = [(SAVE_SKILLS, {"skills": skills}), (SAVE_UNITS, {"units": units}), (SAVE_PEOPLE, {"people": staff})]
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS, limits=NO_REUSE, trust_env=False) as http:
            for query, given in saved:
                assert (await asked(http, self._services[0], query, input=given))["__typename"] == "Saved"

    async def kill(self, victim: Victim) -> None:
        """Wait for a random moment under load, kill, and wait until commands are acknowledged again."""
        moment = monotonic() + self._chance.uniform(0, RANDOM_SECONDS)
        await holds(lambda: monotonic() >= moment)
        began = monotonic()
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
        self.outages.append((victim, monotonic() - began))
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

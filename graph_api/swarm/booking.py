"""Booking a team: solve, submit, and again where the state had moved on."""

import hashlib
import uuid
from typing import Final

import msgspec

from graph_api.kernel.commands import InputRejected, Refused, rejected
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import Answered, Assembled, AssembleOutcome, Booked, Proposed
from graph_api.swarm.clock import Deadline
from graph_api.swarm.decisions import ASSEMBLE_SWARM, AssembleSwarm, task_problems
from graph_api.swarm.finding import TeamFinder, Wish
from graph_api.swarm.model import Swarm

RESOLVES_MAX: Final = 3
SOLVING_PART: Final = 0.6
"""Part of the time left that an assembly may spend on solving, so that the rest is enough to book."""
COMMIT_SECONDS_MIN: Final = 0.5
"""A team that was found in time is worth this long a wait for its booking."""


class Booking:
    """One assembly: solve, submit, and again where the state had moved on."""

    def __init__(
        self, replica: ReplicaPort, finder: TeamFinder, wish: Wish, actor: str, idempotency_key: str | None
    ) -> None:
        self._replica = replica
        self._finder = finder
        self._wish = wish
        self._actor = actor
        self._key = idempotency_key
        self._swarm_id = new_id(Swarm.entity_type, actor, ASSEMBLE_SWARM.name, idempotency_key)

    async def book(self, deadline: Deadline) -> Answered[AssembleOutcome]:
        """Solve and book; people who were booked meanwhile are a reason to solve again, three times at most."""
        answer = await self._once(deadline)
        for _ in range(RESOLVES_MAX):
            if not isinstance(answer.value, Booked) or deadline.has_passed:
                break
            answer = await self._once(deadline)
        return answer

    async def recorded(self, timeout_seconds: float) -> Answered[AssembleOutcome] | None:
        """Return what an earlier command under the same key has done, if anything; raises Conflict."""
        answer = await self._submit(self._command(), timeout_seconds)
        return answer if isinstance(answer.value, Assembled) else None

    async def _once(self, deadline: Deadline) -> Answered[AssembleOutcome]:
        replica = self._replica
        assert self._wish.task_id is not None
        if problems := task_problems(self._finder.view(self._wish), self._wish.task_id):
            return Answered(rejected(problems), replica.revision)
        found = await self._finder.find(self._wish, Deadline(deadline.remaining_seconds * SOLVING_PART))
        if not isinstance(found.value, Proposed):
            return Answered(found.value, found.revision)
        command = msgspec.structs.replace(self._command(), resolved=found.demand, proposed=found.value)
        return await self._submit(command, max(deadline.remaining_seconds, COMMIT_SECONDS_MIN))

    async def _submit(self, command: AssembleSwarm, timeout_seconds: float) -> Answered[AssembleOutcome]:
        done = await self._replica.submit(
            ASSEMBLE_SWARM,
            command,
            actor=self._actor,
            idempotency_key=self._key,
            timeout_seconds=timeout_seconds,
        )
        if isinstance(done, Refused):
            assert isinstance(done.refusal, Booked | InputRejected), "booking knows these refusals only"
            return Answered(done.refusal, self._replica.revision)
        return Answered(done.outcome, done.revision)

    def _command(self) -> AssembleSwarm:
        assert self._wish.task_id is not None
        return AssembleSwarm(
            task_id=self._wish.task_id,
            swarm_id=self._swarm_id,
            demand=self._wish.demand,
            person_ids=self._wish.person_ids,
        )


def new_id(entity_type: str, actor: str, operation: str, key: str | None) -> str:
    """Return a fresh id, or under an idempotency key the same one each time."""
    if key is None:
        return f"{entity_type}:{uuid.uuid4().hex}"
    digest = hashlib.sha256(msgspec.json.encode((actor, operation, key))).hexdigest()
    return f"{entity_type}:{digest[:32]}"

"""Booking people: solve, submit, and again where the state had moved on."""

import hashlib
import uuid
from datetime import date
from typing import Any, Final, Protocol

import msgspec

from graph_api.kernel.commands import AnyOperation, Command, InputRejected, Refusal, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.assembly import Answered, Booked, NotDecided, Proposed, View
from graph_api.swarm.clock import Deadline
from graph_api.swarm.decisions import ASSEMBLE_SWARM, AssembleSwarm, task_problems
from graph_api.swarm.finding import Found, TeamFinder, Wish

RESOLVES_MAX: Final = 3
SOLVING_PART: Final = 0.6
"""Part of the time left that an assembly may spend on solving, so that the rest is enough to book."""
COMMIT_SECONDS_MIN: Final = 0.5
"""A team that was found in time is worth this long a wait for its booking."""


class Plan(Protocol):
    """What is to be solved, one after the other, and the command that books all that was found."""

    @property
    def operation(self) -> AnyOperation:
        """The operation of the command."""
        ...

    @property
    def view(self) -> View | None:
        """Gives what may be read; None: all of the state."""
        ...

    def next(self, graph: GraphView, today: date, found: tuple[Found, ...]) -> Wish | InputRejected | NotDecided | None:
        """Return what is to be solved after what was found, None where that is all, or why it is in vain."""
        ...

    def command(self, found: tuple[Found, ...]) -> Command:
        """Return what books it; of nothing: what asks for what an earlier command under the same key has done."""
        ...


class Assembling:
    """A team for a task."""

    operation: AnyOperation = ASSEMBLE_SWARM

    def __init__(self, wish: Wish, swarm_id: str) -> None:
        self._wish = wish
        self._swarm_id = swarm_id
        self.view = wish.view

    def next(self, graph: GraphView, today: date, found: tuple[Found, ...]) -> Wish | InputRejected | None:
        """Ask for one team, where the task waits for one; see `Plan`."""
        assert self._wish.task_id is not None
        if problems := task_problems(graph, self._wish.task_id):
            return rejected(problems)
        return None if found else self._wish

    def command(self, found: tuple[Found, ...]) -> AssembleSwarm:
        """Return what books the team; see `Plan`."""
        assert self._wish.task_id is not None
        asked = AssembleSwarm(
            task_id=self._wish.task_id,
            swarm_id=self._swarm_id,
            demand=self._wish.demand,
            person_ids=self._wish.person_ids,
        )
        if not found:
            return asked
        assert isinstance(found[0].value, Proposed)
        return msgspec.structs.replace(asked, resolved=found[0].demand, proposed=found[0].value)


class Booking:
    """One plan carried out: solve, submit, and again where the state had moved on."""

    def __init__(
        self, replica: ReplicaPort, finder: TeamFinder, plan: Plan, actor: str, idempotency_key: str | None
    ) -> None:
        self._replica = replica
        self._finder = finder
        self._plan = plan
        self._actor = actor
        self._key = idempotency_key

    async def book(self, deadline: Deadline) -> Answered[Any]:
        """Solve and book; people who were booked meanwhile are a reason to solve again, three times at most."""
        answer = await self._once(deadline)
        for _ in range(RESOLVES_MAX):
            if not isinstance(answer.value, Booked) or deadline.has_passed:
                break
            answer = await self._once(deadline)
        return answer

    async def recorded(self, timeout_seconds: float) -> Answered[Any] | None:
        """Return what an earlier command under the same key has done, if anything; raises Conflict."""
        answer = await self._submit(self._plan.command(()), timeout_seconds)
        return None if isinstance(answer.value, Refusal) else answer

    async def _once(self, deadline: Deadline) -> Answered[Any]:
        found: tuple[Found, ...] = ()
        solving = Deadline(deadline.remaining_seconds * SOLVING_PART)
        while (wish := self._plan.next(self._finder.view(self._plan.view), self._finder.today, found)) is not None:
            if isinstance(wish, InputRejected | NotDecided):
                return Answered(wish, self._replica.revision)
            one = await self._finder.find(wish, Deadline(solving.remaining_seconds))
            if not isinstance(one.value, Proposed):
                return Answered(one.value, one.revision)
            found = (*found, one)
        answer = await self._submit(self._plan.command(found), max(deadline.remaining_seconds, COMMIT_SECONDS_MIN))
        return msgspec.structs.replace(answer, again=found[0].again if found else None)

    async def _submit(self, command: Command, timeout_seconds: float) -> Answered[Any]:
        done = await self._replica.submit(
            self._plan.operation,
            command,
            actor=self._actor,
            idempotency_key=self._key,
            timeout_seconds=timeout_seconds,
        )
        if isinstance(done, Refused):
            assert isinstance(done.refusal, Booked | InputRejected), "booking knows these refusals only"
            return Answered(done.refusal, self._replica.revision)
        return Answered(done.outcome, done.revision)


def new_id(entity_type: str, actor: str, operation: str, key: str | None) -> str:
    """Return a fresh id, or under an idempotency key the same one each time."""
    if key is None:
        return f"{entity_type}:{uuid.uuid4().hex}"
    digest = hashlib.sha256(msgspec.json.encode((actor, operation, key))).hexdigest()
    return f"{entity_type}:{digest[:32]}"

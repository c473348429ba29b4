"""Finding a team: the facts are read from one state of the replica, and solved elsewhere."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import TypeAlias

import msgspec

from graph_api.kernel.commands import InputRejected, Problem, rejected
from graph_api.kernel.graph import GraphView
from graph_api.organization.checks import References, check_distinct
from graph_api.organization.model import Person, Task
from graph_api.permission.sight import Sight
from graph_api.projection.port import ReplicaPort
from graph_api.swarm.answering import Question
from graph_api.swarm.assembly import NotDecided, Proposed, ProposeOutcome, Shortage, View
from graph_api.swarm.checks import TeamMember
from graph_api.swarm.clock import Deadline, NoTurn
from graph_api.swarm.demand import demand_problems, missing_skills, resolved
from graph_api.swarm.explaining.again import IndexedAgain, ProcessAgain
from graph_api.swarm.explaining.variation import Again
from graph_api.swarm.facts import Rules, Snapshot
from graph_api.swarm.index.searching import IndexedSearch
from graph_api.swarm.model import Demand
from graph_api.swarm.slices import read_in_slices
from graph_api.swarm.snapshot import Row, SnapshotReading, as_of_day, customer_of
from graph_api.swarm.solver import Proposal, Short, Undecided
from graph_api.swarm.terms import terms_of
from graph_api.swarm.worker import SolverPool

Clock: TypeAlias = Callable[[], datetime]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be solved, before anything is read for it; `view` gives what may be read, else all of the state.

    Of `kept_ids` it is not asked whether they are free and near: they are in the team already. `look` is shown the
    state that is solved on, with the resolved demand.
    """

    task_id: str | None
    demand: Demand | None
    person_ids: tuple[str, ...] | None = None
    alternatives: int = 0
    view: View | None = None
    kept_ids: frozenset[str] = frozenset()
    look: Callable[[GraphView, Demand], None] | None = None


class Found(msgspec.Struct, frozen=True):
    """What came of solving, on which state, for which resolved demand (None where that is rejected).

    `again` solves variations of it on that state.
    """

    value: ProposeOutcome
    revision: str
    demand: Demand | None = None
    again: Again | None = None

    @property
    def team(self) -> tuple[TeamMember, ...]:
        """The team that was proposed, by its people and their roles."""
        assert isinstance(self.value, Proposed), "only where a team was found it is asked for"
        return tuple(TeamMember(seat.person_id, seat.roles) for seat in self.value.proposal.team.seats)


class TeamFinder:
    """Finds teams on one replica by one pool of solvers."""

    def __init__(
        self, replica: ReplicaPort, pool: SolverPool, rules: Rules, clock: Clock, indexed: IndexedSearch | None = None
    ) -> None:
        self._replica = replica
        self._pool = pool
        self._rules = rules
        self._clock = clock
        self._indexed = indexed

    def view(self, view: View | None) -> GraphView:
        """Return what may be read of the committed state."""
        return self._replica.graph if view is None else view()

    @property
    def today(self) -> date:
        """The day in UTC."""
        return self._clock().astimezone(UTC).date()

    async def find(self, wish: Wish, deadline: Deadline) -> Found:
        """Solve with the people who can take part; where they do not suffice, with everybody, to say why."""
        started = time.monotonic()
        self._replica.ensure_fresh()
        if isinstance(wrong := self._resolve(self.view(wish.view), wish, self.today), InputRejected):
            return Found(wrong, self._replica.revision)
        try:
            with self._pool.admitted():
                return await self._find(wish, deadline, started)
        except NoTurn:
            message = "The deadline came while other assemblies were being solved; this one was not begun."
            return Found(NotDecided(message=message), self._replica.revision)

    async def _find(self, wish: Wish, deadline: Deadline, started: float) -> Found:
        # The state is read only when somebody can solve it: of a crowd, everybody would else want the same people.
        found = await self._find_indexed(wish, deadline, started)
        if isinstance(found, Found):
            return found
        async with self._pool.turn(deadline.remaining_seconds):
            return await self._find_by_process(wish, deadline, started, is_short=isinstance(found, Short))

    async def _find_by_process(self, wish: Wish, deadline: Deadline, started: float, *, is_short: bool) -> Found:
        # Where it is known that nobody suffices, only the reason is left to be found: among everybody.
        for is_complete in (True,) if is_short else (False, True):
            self._replica.ensure_fresh()
            today = self.today
            begun: list[InputRejected | tuple[Demand, SnapshotReading]] = []
            rows = await read_in_slices(self._replica, partial(self._rows, begun, wish, today, is_complete=is_complete))
            revision, prepared = self._replica.revision, begun[-1]
            if isinstance(prepared, InputRejected):
                return Found(prepared, revision)
            demand, reading = prepared
            question = _question(demand, await asyncio.to_thread(reading.snapshot, rows), wish)
            asked = msgspec.structs.replace(question, deadline_seconds=deadline.remaining_seconds)
            reply = await self._pool.answer(asked)
            if not isinstance(reply, Short):
                elapsed_ms = (time.monotonic() - started) * 1000
                again = ProcessAgain(self._pool, question)
                return Found(_shown(reply, elapsed_ms, as_of_day(today)), revision, demand, again)
        raise AssertionError("a complete snapshot is never answered by Short")

    async def _find_indexed(self, wish: Wish, deadline: Deadline, started: float) -> Found | Short | None:
        """Find a team out of the index; Short where there is none, None where the index cannot tell."""
        if self._indexed is None or not self._indexed.is_ready:
            return None
        async with self._indexed.turn(deadline.remaining_seconds):
            self._replica.ensure_fresh()
            view, revision, today = self.view(wish.view), self._replica.revision, self.today
            demand = self._resolve(view, wish, today)
            if isinstance(demand, InputRejected):
                return Found(demand, revision)
            if not self._is_all(view):
                return None
            if wish.look is not None:
                wish.look(view, demand)
            candidates = self._indexed.candidates(demand, customer_of(view, wish.task_id), wish.kept_ids)
            if candidates is None:
                return None
            reply = await self._indexed.best(candidates, wish.alternatives, deadline.remaining_seconds)
        if reply is None or isinstance(reply, Short):
            return reply
        elapsed_ms = (time.monotonic() - started) * 1000
        again = IndexedAgain(self._pool, self._indexed, candidates, lambda: self._reread(wish, revision))
        return Found(_shown(reply, elapsed_ms, as_of_day(today)), revision, demand, again)

    def _reread(self, wish: Wish, revision: str) -> Question | None:
        if self._replica.revision != revision:
            return None
        begun = self._begin(wish, self.today, is_complete=False)
        if isinstance(begun, InputRejected):
            return None
        demand, reading = begun
        return _question(demand, reading.at_once(), wish)

    def _is_all(self, view: GraphView) -> bool:
        return view is self._replica.graph or (isinstance(view, Sight) and view.sees_everything())

    def _rows(
        self,
        begun: list[InputRejected | tuple[Demand, SnapshotReading]],
        wish: Wish,
        today: date,
        *,
        is_complete: bool,
    ) -> Iterator[Row | None]:
        """Begin to read one state, which is told as begun, and yield what it says of people."""
        begun.append(found := self._begin(wish, today, is_complete=is_complete))
        if not isinstance(found, InputRejected):
            yield from found[1].rows()

    def _begin(self, wish: Wish, today: date, *, is_complete: bool) -> tuple[Demand, SnapshotReading] | InputRejected:
        graph = self.view(wish.view)
        demand = self._resolve(graph, wish, today)
        if isinstance(demand, InputRejected):
            return demand
        if wish.look is not None:
            wish.look(graph, demand)
        reading = SnapshotReading(
            graph,
            demand,
            customer_id=customer_of(graph, wish.task_id),
            today=today,
            rules=self._rules,
            is_complete=is_complete,
            kept_ids=wish.kept_ids,
        )
        return demand, reading

    def _resolve(self, view: GraphView, wish: Wish, today: date) -> Demand | InputRejected:
        task = view.node(Task, wish.task_id) if wish.task_id else None
        if wish.task_id is not None and task is None:
            return rejected(list(References(view).check(("taskId",), Task, wish.task_id)))
        asked = wish.demand or Demand()
        if problems := [*demand_problems(view, asked, ("demand",)), *_team_problems(view, wish, asked)]:
            return rejected(problems)
        if wish.person_ids is not None:
            asked = msgspec.structs.replace(asked, headcount=len(wish.person_ids))
        full = resolved(view, asked, task, today, self._rules)
        if wish.person_ids is not None:
            if problems := _contradictions(wish.person_ids, full):
                return rejected(problems)
            full = msgspec.structs.replace(full, pinned_ids=wish.person_ids)
        if problems := missing_skills(full, ("demand",)) or demand_problems(view, full, ("demand",)):
            return rejected(problems)
        return full


def _question(demand: Demand, snapshot: Snapshot, wish: Wish) -> Question:
    return Question(snapshot=snapshot, terms=terms_of(demand), deadline_seconds=0.0, alternatives=wish.alternatives)


def _shown(reply: Proposal | Undecided | Shortage, elapsed_ms: float, as_of: date) -> ProposeOutcome:
    match reply:
        case Proposal():
            return Proposed(proposal=reply, elapsed_ms=elapsed_ms, ties_as_of=as_of)
        case Undecided():
            message = "The deadline came before a team was found, or before it was known why there is none."
            return NotDecided(message=message, upper_bound=reply.upper_bound)
        case Shortage():
            return reply


def _contradictions(person_ids: tuple[str, ...], demand: Demand) -> list[Problem]:
    """Return where a team named by its people is not what the demand, the task's own included, asks."""
    path = ("personIds",)
    problems = [
        Problem(path, "CONTRADICTION", f"{one} must be a member, and is not named.", "Name this person too.")
        for one in demand.pinned_ids or ()
        if one not in person_ids
    ]
    for number, one in enumerate(person_ids):
        if one in (demand.excluded_ids or ()):
            message = f"{one} may not be a member, and is named."
            problems.append(Problem((*path, str(number)), "CONTRADICTION", message, "Name somebody else."))
    seats = sum(skill.seats for skill in demand.skills or ())
    if 0 < seats < len(person_ids):
        message = f"{len(person_ids)} people are named for {seats} seats, and each member needs one."
        problems.append(Problem(path, "CONTRADICTION", message, f"Name at most {seats} people, or ask for more seats."))
    return problems


def _team_problems(view: GraphView, wish: Wish, asked: Demand) -> list[Problem]:
    """Return what is wrong with a team that was named by its people."""
    if wish.person_ids is None:
        return []
    references = References(view)
    problems = list(check_distinct(("personIds",), wish.person_ids))
    for number, person_id in enumerate(wish.person_ids):
        problems += references.check(("personIds", str(number)), Person, person_id)
    if not wish.person_ids:
        problems.append(Problem(("personIds",), "REQUIRED", "A team has at least one member.", "Name its people."))
    if asked.headcount not in {None, len(wish.person_ids)}:
        message = f"{len(wish.person_ids)} people are named, and {asked.headcount} are demanded."
        problems.append(Problem(("personIds",), "CONTRADICTION", message, "Leave the headcount out."))
    return problems

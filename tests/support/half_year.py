"""Half a year of swarms whose members are as people are: with the circuit-breaker, and the same without it.

Every day is lived through by the very decisions of the service: tasks are closed, drafts come by themselves, members
write, confirm, try to get past, put it off or never answer, and whoever leads lets off who cannot be reached. Without
the breaker a swarm is dissolved on the second day after its task, whatever was written by then.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final

import msgspec

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.experience import commands
from graph_api.knowledge.experience.capture import Asked, pairs, reused
from graph_api.knowledge.experience.decisions import (
    CONFIRM_EXPERIENCE,
    RECORD_DRAFTS,
    RECORD_EXPERIENCE,
    WAIVE_EXPERIENCE,
)
from graph_api.knowledge.experience.owed import drafts, has_worked
from graph_api.knowledge.experience.rates import CaptureRate, capture_rate
from graph_api.organization.model import Customer, For, Person, Task, TaskState
from graph_api.swarm.life.closing import dissolved
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import LeaveReason, MemberOf, Staffs, Swarm, SwarmState, TaskResult
from tests.support.half_year_texts import told

FIRST: Final = date(2026, 1, 5)
DAYS: Final = 182
TEAM: Final = 4
BOSS: Final = "user:boss"


class Habit(StrEnum):
    """What somebody does about what is owed."""

    WRITES = "writes within three days"
    CONFIRMS = "confirms the draft"
    CHINESE = "writes Chinese"
    LAZY = "puts it off for weeks"
    PASTES = "pastes the same text, then writes"
    TWENTY = "writes 20 characters, then more"
    SILENT = "never answers"


SHARES: Final = {
    Habit.WRITES: 30, Habit.CONFIRMS: 20, Habit.CHINESE: 20, Habit.LAZY: 12, Habit.PASTES: 8, Habit.TWENTY: 7,
    Habit.SILENT: 3,
}  # fmt: skip
"""Of a hundred people."""
EARLY_PERCENT: Final = 6
"""Of a hundred members so many leave on their third day."""
LET_OFF_DAYS: Final = 21
"""Whoever leads a swarm lets off who has not answered for so long."""
PATIENCE_DAYS: Final = 2
"""Without the breaker a swarm ends so long after its task."""


class HalfYear(msgspec.Struct, frozen=True):
    """What came of it: the rate on the last day, what was refused by reason, and swarms by state."""

    rate: CaptureRate
    refused: Counter[str]
    states: Counter[str]


class World:
    """The organization, one day after the other."""

    def __init__(self, seed: int, swarms: int, *, breaker: bool) -> None:
        self.graph: Final = Graph()
        self.refused: Final[Counter[str]] = Counter()
        # Apart, so that the same organization is lived through with the breaker and without it.
        self._design = Random(seed)
        self._chance = Random(seed + 1)
        self._breaker = breaker
        self._number = 0
        self._habits = _habits(self._design, swarms // 4)
        self._starts = sorted(FIRST + timedelta(days=self._design.randrange(DAYS - 20)) for _ in range(swarms))
        self._due: dict[date, list[tuple[str, str, int]]] = {}
        self.graph.apply(map(upsert, self._people()))

    def _people(self) -> Iterator[Record]:
        yield Customer(id="customer:kep", name="Kepler")
        yield from (Person(id=person, name=person) for person in self._habits)

    def live(self) -> HalfYear:
        """Live through it; return what came of it."""
        for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
            at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            self._begin(day)
            self._close(day, at)
            for person, swarm, attempt in self._due.pop(day, []):
                self._answer(person, swarm, attempt, at)
            if not self._breaker:
                self._dissolve(day, at)
        return self._told()

    def _told(self) -> HalfYear:
        at = datetime.combine(FIRST + timedelta(days=DAYS), time(), UTC)
        found = [pair for pair in pairs(self.graph, Asked(), at) if pair is not None]
        states = Counter(swarm.state.value for swarm in self.graph.nodes(Swarm))
        return HalfYear(capture_rate(found, list(reused(self.graph, found, at))), self.refused, states)

    def _begin(self, day: date) -> None:
        while self._starts and self._starts[0] <= day:
            start = self._starts.pop(0)
            self._number += 1
            swarm, task = f"swarm:{self._number:05}", f"task:{self._number:05}"
            length = self._design.randint(4, 20)
            end = start + timedelta(days=length)
            made: list[Record] = [
                Task(id=task, title=f"Order {self._number} for Mexico", state=TaskState.STAFFED),
                For(source=task, target="customer:kep"),
                Swarm(id=swarm, formed_at=datetime(2026, 1, 1, tzinfo=UTC), starts_on=start, ends_on=end),
                Staffs(source=swarm, target=task),
                *self._team(swarm, start, end),
            ]
            self.graph.apply(map(upsert, made))

    def _team(self, swarm: str, start: date, end: date) -> Iterator[MemberOf]:
        for person in self._design.sample(sorted(self._habits), TEAM):
            left = start + timedelta(days=2) if self._design.randrange(100) < EARLY_PERCENT else None
            yield MemberOf(
                source=person, target=swarm, roles=(), since=start, until=end if left is None else left,
                share_permille=250, left_because=LeaveReason.OTHER if left else None,
                left_at=datetime(left.year, left.month, left.day, 18, tzinfo=UTC) if left else None,
            )  # fmt: skip

    def _close(self, day: date, at: datetime) -> None:
        ending = [one for one in self.graph.nodes(Swarm) if one.state is SwarmState.ACTIVE and one.ends_on == day]
        for swarm in ending:
            task = f"task:{swarm.id[6:]}"
            self.decide(UPDATE_TASK, UpdateTask(task_id=task, close_as=TaskResult.DELIVERED), BOSS, at)
            people = [link.source for link in self.graph.incoming(MemberOf, swarm.id) if has_worked(swarm, link, day)]
            self._draft(swarm.id, people, at)
            for person in people:
                self._plan(person, swarm.id, day)

    def _draft(self, swarm: str, people: list[str], at: datetime) -> None:
        made = [
            commands.NewDraft(
                knowledge_id=f"knowledge:draft-{swarm[6:]}-{person[7:]}", person_id=person, title="What was noted",
                body=told(self._chance, "en"), language="en", skill_ids=(), customer_ids=(), extractor="offline 1",
                confidence=0.5,
            )
            for person in people
            if self._habits[person] in (Habit.CONFIRMS, Habit.LAZY, Habit.SILENT)
        ]  # fmt: skip
        self.decide(RECORD_DRAFTS, commands.RecordDrafts(swarm_id=swarm, drafts=tuple(made)), BOSS, at)

    def _plan(self, person: str, swarm: str, day: date) -> None:
        waits = {Habit.LAZY: self._chance.randint(8, 25), Habit.SILENT: LET_OFF_DAYS}
        self._later(day + timedelta(days=waits.get(self._habits[person], self._chance.randint(0, 3))), person, swarm, 0)

    def _later(self, day: date, person: str, swarm: str, attempt: int) -> None:
        self._due.setdefault(day, []).append((person, swarm, attempt))

    def _answer(self, person: str, swarm: str, attempt: int, at: datetime) -> None:
        habit = self._habits[person]
        if habit is Habit.SILENT:
            waive = commands.WaiveExperience(swarm_id=swarm, person_id=person, reason="Cannot be reached")
            self.decide(WAIVE_EXPERIENCE, waive, BOSS, at)
            return
        waiting = drafts(self.graph, swarm, person)
        if habit in (Habit.CONFIRMS, Habit.LAZY) and waiting:
            command: Command = commands.ConfirmExperience(knowledge_id=waiting[0].id, body_bytes_max=20_000)
            outcome = self.decide(CONFIRM_EXPERIENCE, command, person, at)
        else:
            outcome = self.decide(RECORD_EXPERIENCE, self._written(person, swarm, attempt), person, at)
        if isinstance(outcome, InputRejected) and attempt < 3:
            self._later(at.date() + timedelta(days=self._chance.randint(1, 4)), person, swarm, attempt + 1)

    def _written(self, person: str, swarm: str, attempt: int) -> commands.RecordExperience:
        body = {
            Habit.PASTES: f"The customs broker in {person} wants all papers on the evening before the ship arrives.",
            Habit.TWENTY: "All went well, thank",
        }.get(self._habits[person], "")
        if attempt > 0 or not body:
            body = told(self._chance, "zh" if self._habits[person] is Habit.CHINESE else "en")
        return commands.RecordExperience(
            knowledge_id=f"knowledge:{swarm[6:]}-{person[7:]}", swarm_id=swarm, title="What I learned", body=body,
            body_bytes_max=20_000, experiences_max=50,
        )  # fmt: skip

    def _dissolve(self, day: date, at: datetime) -> None:
        """End swarms as it is done where nothing holds them."""
        for swarm in list(self.graph.nodes(Swarm)):
            over = swarm.state is SwarmState.CLOSING and (day - swarm.ends_on).days >= PATIENCE_DAYS
            if over:
                self.graph.apply(dissolved(self.graph, swarm, Context(at=at, actor=BOSS, revision=self._number)))

    def decide(self, operation: AnyOperation, command: Command, actor: str, at: datetime) -> Any:
        """Return the outcome, or the refusal; what was decided is applied."""
        decision = operation.decide(self.graph, command, Context(at=at, actor=actor, revision=self._number))
        if isinstance(decision, Refused):
            assert isinstance(decision.refusal, InputRejected)
            self.refused.update(problem.code for problem in decision.refusal.problems)
            return decision.refusal
        assert isinstance(decision, Accepted)
        self.graph.apply(decision.changes)
        return decision.outcome


def _habits(chance: Random, people: int) -> dict[str, Habit]:
    dealt = [habit for habit, share in SHARES.items() for _ in range(share)]
    return {f"person:{number:04}": chance.choice(dealt) for number in range(people)}


def half_year(seed: int, swarms: int, *, breaker: bool) -> HalfYear:
    """Live through half a year of so many swarms of four."""
    return World(seed, swarms, breaker=breaker).live()

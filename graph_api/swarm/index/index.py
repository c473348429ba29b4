"""The index on one replica: built beside everything else, then kept up to date by what each commit shows."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date
from time import monotonic
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import Person, Skill
from graph_api.projection.port import FollowedReplica
from graph_api.projection.tasks import owned_tasks
from graph_api.projection.visible import Visible
from graph_api.swarm.facts import Rules
from graph_api.swarm.index.candidates import CandidateReader, Candidates, MayMove
from graph_api.swarm.index.changed import Changed
from graph_api.swarm.index.holders import Holders
from graph_api.swarm.index.knowing import Knowing, Works
from graph_api.swarm.index.people import PeopleColumns
from graph_api.swarm.model import Demand
from graph_api.swarm.snapshot import as_of_day

_SLICE_SECONDS: Final = 0.005
_CHANGED_MAX: Final = 5000
"""More people than this are not looked at one by one: the index is built anew."""


class SwarmIndex:
    """Answers for the committed state of one replica; `candidates` gives None while it is not ready."""

    def __init__(self, replica: FollowedReplica, rules: Rules, today: Callable[[], date]) -> None:
        self._replica = replica
        self._rules = rules
        self._today = today
        self._people = PeopleColumns(rules)
        self._holders = Holders(self._people)
        self._knowing = Knowing(self._people, rules.collaboration_points)
        self._sorted_rows = 0
        self._changed = Changed()
        self._is_wanted = True
        self._settled = asyncio.Event()
        self._stirred = asyncio.Event()
        self._stirred.set()

    @property
    def bytes(self) -> int:
        """Bytes of the columns."""
        return self._people.bytes + self._holders.bytes + self._knowing.rows.bytes

    async def ready(self) -> None:
        """Wait until it answers."""
        await self._settled.wait()

    def candidates(
        self,
        demand: Demand,
        customer_id: str | None,
        kept_ids: frozenset[str] = frozenset(),
        may_move: MayMove | None = None,
    ) -> Candidates | None:
        """Return the candidates of a resolved demand in the state of now, or None where the index is not ready."""
        today, view = self._today(), self._replica.graph
        if self._settled.is_set() and self._knowing.as_of != as_of_day(today):
            self._build_anew()
        if not self._settled.is_set() or not self._settle(view, today):
            return None
        reader = CandidateReader(self._people, self._holders, self._knowing, self._sorted_rows)
        return reader.read(view, demand, customer_id, today, kept_ids, may_move)

    def follow(self, shown: Visible | None) -> None:
        """Note what a commit shows; None: the state was loaded anew."""
        if shown is None:
            self._build_anew()
            return
        self._changed.note(self._replica.graph, (change for _, change in shown.changes))
        if self._settled.is_set() and len(self._changed) > _CHANGED_MAX:
            self._build_anew()
        self._stirred.set()

    async def keep(self) -> None:
        """Build where it is wanted, and read again what was changed, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if self._is_wanted:
                self._is_wanted = False
                await self._build()
            if self._settled.is_set() and not self._settle(self._replica.graph, self._today()):
                self._stirred.set()
                await asyncio.sleep(0)  # the others' turn, before the next few milliseconds

    def _build_anew(self) -> None:
        self._settled.clear()
        self._is_wanted = True
        self._stirred.set()

    async def _build(self) -> None:
        """Read everything in slices; what is changed meanwhile is noted, and read again at the end."""
        self._changed = Changed()
        people, today = PeopleColumns(self._rules), self._today()
        holders, knowing = Holders(people), Knowing(people, self._rules.collaboration_points)
        works = Works(as_of_day(today))
        ids = [person.id for person in self._replica.graph.nodes(Person)]
        for one in ids:
            people.row(one)
        async for person_id in _in_slices(ids):
            people.refresh(self._replica.graph, person_id, today)
            works.add(self._replica.graph, person_id, people.row(person_id))
        async for skill_id in _in_slices([skill.id for skill in self._replica.graph.nodes(Skill)]):
            holders.read(self._replica.graph, skill_id)
        rows = len(people.present)
        knowing.take(works, await asyncio.to_thread(works.bonuses, rows, self._rules.collaboration_points))
        if not self._is_wanted:
            self._people, self._holders, self._knowing, self._sorted_rows = people, holders, knowing, len(ids)
            self._settled.set()

    def _settle(self, view: GraphView, today: date) -> bool:
        """Read again what was changed, for a few milliseconds at most; return whether nothing is left."""
        until = monotonic() + _SLICE_SECONDS
        while self._changed:
            self._settle_one(view, today)
            if monotonic() > until:
                break
        self._knowing.grow()
        return not self._changed

    def _settle_one(self, view: GraphView, today: date) -> None:
        changed = self._changed
        if changed.people:
            person_id = changed.people.pop()
            if self._people.refresh(view, person_id, today):
                changed.workers.add(person_id)  # what he did before he was there was not read
        elif changed.holdings:
            self._holders.refresh(view, *changed.holdings.pop())
        else:
            self._knowing.refresh(view, changed.workers.pop())


async def _in_slices(ids: list[str]) -> AsyncGenerator[str]:
    """Yield ids, and let others have their turn every few milliseconds."""
    began = monotonic()
    for one in ids:
        yield one
        if monotonic() - began > _SLICE_SECONDS:
            await asyncio.sleep(0)
            began = monotonic()


@asynccontextmanager
async def open_index(replica: FollowedReplica, rules: Rules, today: Callable[[], date]) -> AsyncGenerator[SwarmIndex]:
    """Keep an index of a replica until the block ends."""
    index = SwarmIndex(replica, rules, today)
    unfollow = replica.follow(index.follow)
    try:
        async with owned_tasks(swarm_index=index.keep()):
            yield index
    finally:
        unfollow()

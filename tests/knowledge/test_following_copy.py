"""A copy that follows the state is that of the state, whatever was committed while it was made."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import AnyChange, Record, removal, upsert
from graph_api.knowledge.departing.impact import parts
from graph_api.knowledge.flow.links import GROUPS, FlowLevel
from graph_api.knowledge.flow.reading import ITEMS, TEAMS, Part
from graph_api.knowledge.graphql.following import FollowingCopy
from graph_api.knowledge.graphql.reading import copied
from graph_api.knowledge.model import About, Cites, From, Knowledge, KnowledgeState, RecordedBy, Teaches, Used
from graph_api.organization.model import BelongsTo, For, HasSkill, Person, Requires, Skill, Task, WorkedOn
from graph_api.projection.commit import CommandEntry
from graph_api.projection.visible import Visible
from graph_api.swarm.model import MemberOf, Staffs, Swarm
from tests.api.guard_world import records
from tests.knowledge.test_flow_gathering import at
from tests.knowledge.test_reading_in_slices import MANY, many_items
from tests.support.memory_replica import MemoryReplica

TODAY = date(2026, 1, 10)
PARTS: Sequence[Part[Any]] = (ITEMS, TEAMS, *GROUPS.values(), *parts(TODAY))
DAYS: dict[str, Any] = {"since": TODAY, "until": TODAY, "share_permille": 500, "roles": ()}
TWO = ("a", "b")


def pool() -> list[Record]:
    """Everything that rows are made of, two of each, and entities in more than one state."""
    people, items, tasks = ([f"{kind}:{one}" for one in TWO] for kind in ("person", "knowledge", "task"))
    pairs = [(one, other) for one in range(2) for other in range(2)]
    found: list[Record] = [
        *(Person(id=one, name="", city=city) for one in people for city in (None, "Shenzhen")),
        *(Person(id=one, name="", last_day=TODAY - timedelta(days=1)) for one in people),
        *(Skill(id=f"skill:{one}", name="") for one in TWO),
        *(Knowledge(id=one, title="", state=state) for one in items for state in KnowledgeState),
        *(Task(id=one, title="", opened_at=opened) for one in tasks for opened in (None, at(3))),
        *(Swarm(id=f"swarm:{one}", formed_at=at(1), starts_on=TODAY, ends_on=TODAY) for one in TWO),
        Cites(source=items[0], target=items[1]),
    ]
    for one, other in pairs:
        found += [
            RecordedBy(source=items[one], target=people[other]),
            Used(source=people[one], target=items[other]),
            From(source=items[one], target=tasks[other]),
            About(source=items[one], target=f"customer:{TWO[other]}"),
            Teaches(source=items[one], target=f"skill:{TWO[other]}"),
            For(source=tasks[one], target=f"customer:{TWO[other]}"),
            Requires(source=tasks[one], target=f"skill:{TWO[other]}"),
            WorkedOn(source=people[one], target=tasks[other], role=""),
            BelongsTo(source=people[one], target=f"unit:{TWO[other]}"),
            HasSkill(source=people[one], target=f"skill:{TWO[other]}", level=1),
            MemberOf(source=people[one], target=f"swarm:{TWO[other]}", **DAYS),
            Staffs(source=f"swarm:{TWO[one]}", target=tasks[other]),
        ]
    return found


CHANGES = st.sampled_from(pool()).flatmap(lambda record: st.sampled_from((upsert(record), removal(record))))


def commit(replica: MemoryReplica, changes: Sequence[AnyChange]) -> None:
    replica.graph.apply(changes)
    replica.number += 1
    entry = CommandEntry("put", "system:test")
    replica.tell(Visible(replica.revision, replica.at, [(entry, change) for change in changes]))


@asynccontextmanager
async def beside(step: Callable[[], bool]) -> AsyncGenerator[None]:
    """Do something at each turn of the loop, until it says that it is done or the block is over."""

    async def keep_on() -> None:
        for goes_on in iter(step, None):
            if not goes_on:
                return
            await asyncio.sleep(0)

    task = asyncio.create_task(keep_on())
    try:
        yield
    finally:
        task.cancel()


def told(rows: Sequence[Iterable[Any]]) -> list[str]:
    """Return rows in a form that does not depend on the order of relationships."""
    return [
        repr([sorted(map(repr, each)) if type(each) in (tuple, frozenset) else each for each in row]) for row in rows
    ]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(pool()), max_size=40), st.lists(st.lists(CHANGES, max_size=3), max_size=60), st.data())
def test_a_copy_is_that_of_the_state_when_it_is_made(
    before: list[Record], commits: list[list[AnyChange]], data: st.DataObject
) -> None:
    replica, left = MemoryReplica(*before), commits
    anew = data.draw(st.integers(-1, 20), label="the state is loaded anew after so many commits")

    def step() -> bool:
        if not left:
            return False
        if len(commits) == anew:
            replica.tell(None)
        commit(replica, left.pop())
        return True

    weight = 0

    def weigh(row: object, sign: int) -> None:
        nonlocal weight
        weight += sign

    async def copy() -> None:
        made = FollowingCopy(replica, PARTS, weigh)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
            async with beside(step):
                await made.made()
        rows = made.rows()
        assert told(rows) == told([row for part in PARTS for row in part.read(replica.graph)])
        assert weight == len(rows)
        assert replica.followers == []

    asyncio.run(copy())


FAR: dict[str, tuple[Part[Any], list[Record], Record]] = {
    "whom the work was for": (
        GROUPS[FlowLevel.CUSTOMER],
        [From(source="knowledge:a", target="task:a")],
        For(source="task:a", target="customer:a"),
    ),
    "who worked on the task": (
        parts(TODAY)[1],
        [From(source="knowledge:a", target="task:a")],
        WorkedOn(source="person:a", target="task:a", role=""),
    ),
    "who was in the swarm": (
        parts(TODAY)[1],
        [From(source="knowledge:a", target="task:a"), Staffs(source="swarm:a", target="task:a")],
        MemberOf(source="person:a", target="swarm:a", **DAYS),
    ),
}


@pytest.mark.parametrize("what", FAR)
@pytest.mark.parametrize("goes", [False, True])
async def test_what_an_item_has_of_something_further_off_is_read_again_too(
    what: str, goes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes after the item was read, while others are."""
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    part, before, link = FAR[what]
    items = [Knowledge(id=f"knowledge:{one}", title="") for one in TWO]
    replica = MemoryReplica(*items, Task(id="task:a", title=""), *before, *([link] if goes else []))

    first = told(list(part.read(replica.graph)))

    def step() -> bool:
        commit(replica, [removal(link) if goes else upsert(link)])
        return False

    made = FollowingCopy(replica, (part,), lambda row, sign: None)
    async with beside(step):
        await made.made()
    rows = told(made.rows())
    assert replica.number == 2
    assert rows == told(list(part.read(replica.graph)))
    assert rows != first


async def test_the_loop_is_not_held_though_commits_never_cease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_api.swarm.slices.SLICE_SECONDS", 0.0)
    replica = MemoryReplica(*records(), *many_items())
    turns = 0

    def step() -> bool:
        nonlocal turns
        turns += 1
        if turns % 2:
            commit(
                replica, [upsert(Used(source="person:mem", target=f"knowledge:{turns % MANY}", at=at(turns % 9 + 1)))]
            )
        return True

    made = FollowingCopy(replica, (ITEMS,), lambda row, sign: None)
    async with beside(step):
        await made.made()
    assert turns >= MANY
    assert told(made.rows()) == told(list(ITEMS.read(replica.graph)))


class Losing:
    """A request whose viewer sees everything at first, and little from the second look on."""

    def __init__(self, replica: MemoryReplica, little: MemoryReplica) -> None:
        self.replica = self.followed = replica
        self._views = [replica.graph, little.graph]

    @property
    def open_graph(self) -> Graph:
        return self._views.pop(0) if len(self._views) > 1 else self._views[0]


async def test_whoever_loses_sight_meanwhile_is_given_what_is_seen_then() -> None:
    little = MemoryReplica(*many_items()[:3])
    request: Any = Losing(MemoryReplica(*many_items()), little)
    rows = await copied(request, (ITEMS,))
    assert told(rows()) == told(list(ITEMS.read(little.graph)))

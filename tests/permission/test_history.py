"""Access in the past: whatever was replayed, restated or switched, in whichever order, the fold is the plain one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from graph_api.kernel.errors import BadUserInput, TimedOut
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import AnyChange, Record, RecordKey, removal, upsert
from graph_api.organization.model import BelongsTo, Person, Skill, Unit
from graph_api.permission import history
from graph_api.permission.commands import ModelSource
from graph_api.permission.history import PermissionHistory
from graph_api.permission.live_model import model_text
from graph_api.permission.records import LIVE_ID, AuthorizationModelRecord, Granted, LivePermission, Resource, model_id
from graph_api.projection.commit import CommandEntry
from graph_api.projection.revision import token
from graph_api.projection.state import State
from graph_api.projection.visible import Visible
from graph_api.store.log import HeadRow
from tests.permission.world import CORE, DOCUMENTS, TABLE
from tests.support.permissions import held, rebuilt

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG_ID = "history0"
HOUR = timedelta(hours=1)
INSTANTS = [FIRST + number * 8 * HOUR for number in range(12)]
"""When commits are made, and what is asked of; some days begin in between."""


def stored(dsl: str) -> AuthorizationModelRecord:
    text = model_text(CORE.complete(ModelSource(dsl=dsl)).model)
    return AuthorizationModelRecord(id=model_id(text), source=text, created_at=FIRST, actor="test")


MODELS = [stored(DOCUMENTS), stored(DOCUMENTS.replace("define owner: [user, person]", "define owner: [person]"))]
POINTERS = [LivePermission(id=LIVE_ID, live=model.id, day=FIRST.date()) for model in MODELS]
DAYS = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 4)]
PEOPLE = [Person(id=f"person:{name}", name=name, last_day=last) for name in "ab" for last in (None, *DAYS)]
BELONGING = [
    BelongsTo(source=f"person:{name}", target="unit:u", since=since, until=until)
    for name in "ab"
    for since in (None, DAYS[1])
    for until in (None, DAYS[1])
]
GRANTS = [
    Granted(source=source, target=f"document:{number}", relation="owner", expires_at=expires)
    for source in ("user:x", "person:a")
    for number in (1, 2)
    for expires in (None, INSTANTS[4])
]
RECORDS: Sequence[Record] = (
    *POINTERS,
    *PEOPLE,
    *BELONGING,
    *GRANTS,
    Resource(id="document:1"),
    Skill(id="skill:s", name="S"),
)
CHANGES = [*map(upsert, RECORDS), *(removal(each) for each in (*PEOPLE, *BELONGING, *GRANTS))]


class Command(NamedTuple):
    """Changes of one command, and when they occurred where that is in the past."""

    occurred_at: datetime | None
    changes: tuple[AnyChange, ...]


COMMANDS = st.builds(
    Command, st.one_of(st.none(), st.sampled_from(INSTANTS)), st.lists(st.sampled_from(CHANGES), max_size=4).map(tuple)
)
COMMITS = st.lists(st.lists(COMMANDS, max_size=3), min_size=1, max_size=len(INSTANTS) - 1)
SET_UP = [Command(None, (*map(upsert, MODELS), upsert(POINTERS[0]), upsert(Unit(id="unit:u", name="U"))))]


class Log:
    """A log in memory, one commit an instant."""

    first_revision = token(LOG_ID, 0)

    def __init__(self, *commits: Sequence[Command]) -> None:
        self.shown: list[Visible] = []
        self.dated: list[tuple[datetime, AnyChange]] = []
        self.readings = 0
        for commands in commits:
            self.append(commands)

    @property
    def revision(self) -> str:
        return token(LOG_ID, len(self.shown))

    def append(self, commands: Sequence[Command]) -> None:
        at = INSTANTS[len(self.shown)]
        entries = [(CommandEntry("put", "test", each.occurred_at), each.changes) for each in commands]
        changes = [(entry, change) for entry, made in entries for change in made]
        self.dated += [(entry.occurred_at or at, change) for entry, change in changes]
        self.shown.append(Visible(token(LOG_ID, len(self.shown) + 1), at, changes))

    async def past(self, after: str) -> AsyncGenerator[Visible]:
        self.readings += 1
        for shown in [each for each in self.shown if each.revision > after]:
            yield shown


def of(log: Log) -> PermissionHistory:
    return PermissionHistory(log, TABLE, 60.0)


def brute_force(log: Log, at: datetime) -> object:
    """Return what is held where of each key the last change that counts by then is looked for."""
    last: dict[RecordKey, AnyChange] = {}
    for when, change in log.dated:
        if when <= at:
            last[change.key] = change
    return held_of([change.after for change in last.values() if change.after is not None], at.date())


def held_of(records: Sequence[Record], day: date) -> object:
    state = State(HeadRow(LOG_ID, 1, 1, "", FIRST, []))
    state.graph = Graph()
    state.graph.apply(map(upsert, records))
    pointer = state.graph.node(LivePermission, LIVE_ID)
    assert pointer is not None
    state.graph.apply([upsert(LivePermission(id=LIVE_ID, live=pointer.live, day=day))])
    return held(rebuilt(state))


@given(COMMITS, st.lists(st.sampled_from(INSTANTS), min_size=3, max_size=3))
@hypothesis_settings(max_examples=40)
async def test_every_instant_is_the_brute_force_fold_of_what_counts_by_then(
    commits: list[list[Command]], asked: list[datetime]
) -> None:
    log = Log(SET_UP, *commits)
    past = of(log)
    for at in (asked[0], asked[1], asked[2] + HOUR, INSTANTS[0]):
        assert held(await past.graph_at(at)) == brute_force(log, at)


@given(COMMITS, st.sampled_from(INSTANTS[:6]))
@hypothesis_settings(max_examples=25)
async def test_an_instant_that_was_asked_for_takes_up_what_is_told_of_it_later(
    commits: list[list[Command]], at: datetime
) -> None:
    log = Log(SET_UP)
    past = of(log)
    for commands in commits:
        log.append(commands)
        assert held(await past.graph_at(at)) == brute_force(log, at)


@given(COMMITS)
@hypothesis_settings(max_examples=25)
async def test_told_of_today_the_past_is_the_state(commits: list[list[Command]]) -> None:
    log, state = Log(SET_UP, *commits), Graph()
    state.apply(change for _, change in log.dated)
    today = INSTANTS[-1]
    assert held(await of(log).graph_at(today)) == held_of(list(state.records()), today.date())


async def test_what_was_recorded_last_holds_from_when_it_occurred() -> None:
    log = Log(SET_UP, [], [Command(None, (upsert(GRANTS[0]),))])
    past = of(log)
    assert [len((await past.graph_at(at)).read("user:x")) for at in INSTANTS[:4]] == [0, 0, 1, 1]
    log.append([Command(INSTANTS[1], (removal(GRANTS[0]),))])
    assert [len((await past.graph_at(at)).read("user:x")) for at in INSTANTS[:4]] == [0, 0, 0, 0]


async def test_a_model_may_count_from_before_it_was_written() -> None:
    restated = Command(FIRST - 24 * HOUR, (*map(upsert, MODELS), upsert(POINTERS[1])))
    granted = Command(FIRST - 12 * HOUR, (upsert(GRANTS[4]),))
    past = of(Log(SET_UP, [restated], [granted]))
    before = await past.graph_at(FIRST - HOUR)
    assert before.check("person:a", "owner", "document:1")
    assert before.read("user:x") == (await past.graph_at(FIRST - 13 * HOUR)).read("person:a") == []
    with pytest.raises(BadUserInput, match="No authorization model was live at 2026-02-28T11:"):
        await past.graph_at(FIRST - 25 * HOUR)


async def test_an_instant_asked_for_again_is_answered_at_once() -> None:
    log = Log(SET_UP, [Command(None, (upsert(GRANTS[0]),))])
    past = of(log)
    first, reading = await past.graph_at(INSTANTS[1]), log.readings
    assert await past.graph_at(INSTANTS[1]) is first
    assert log.readings == reading
    log.append([Command(None, (removal(GRANTS[0]),))])
    assert await past.graph_at(INSTANTS[1]) is first
    log.append([Command(INSTANTS[1], (removal(GRANTS[0]),))])
    assert (await past.graph_at(INSTANTS[1])).read("user:x") == []


async def test_nothing_is_kept_of_a_log_that_was_replaced() -> None:
    log = Log(SET_UP)
    past = of(log)
    first = await past.graph_at(FIRST)
    past.forget()
    assert await past.graph_at(FIRST) is not first


@pytest.mark.parametrize(("limit", "kept"), [("GRAPHS_KEPT_MAX", 2), ("TUPLES_KEPT_MAX", 5)])
async def test_only_the_graphs_that_were_asked_for_lately_are_kept(
    limit: str, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, limit, kept)
    log = Log(SET_UP)
    past = of(log)
    for at in (INSTANTS[0], INSTANTS[1], INSTANTS[0], INSTANTS[2]):
        assert len(await past.graph_at(at)) == 2
    reading = log.readings
    await past.graph_at(INSTANTS[0])
    assert log.readings == reading
    await past.graph_at(INSTANTS[1])
    assert log.readings > reading


async def test_a_log_that_takes_too_long_to_read_is_a_timeout() -> None:
    class Endless(Log):
        async def past(self, after: str) -> AsyncGenerator[Visible]:
            await asyncio.Event().wait()
            yield self.shown[0]

    with pytest.raises(TimedOut, match="SWARMGRAPH_HISTORY_SECONDS"):
        await PermissionHistory(Endless(SET_UP), TABLE, 0.01).graph_at(FIRST)

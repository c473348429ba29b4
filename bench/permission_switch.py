"""A switch of the model on a million tuples under load: `python -m bench.permission_switch [SCALE]`.

The tuples and the model of 160 lines are those of the engine's benchmark; types that the core module has too are given
other names. The tuples are imported, and the two services start from the snapshot of that.
"""

import asyncio
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from time import monotonic_ns
from typing import Any, Final

import msgspec

from bench.doors import Door, Serving, Socket, socket_of, two_serving
from bench.organization import fresh_server, replica_on
from bench.permission_world import MODEL, READER, PermissionWorld
from bench.tables import milliseconds, percentile, publish
from graph_api.kernel.records import AnyChange, upsert
from graph_api.ops.settings import Settings
from graph_api.permission import RelationshipTuple
from graph_api.permission.records import Granted, Resource
from graph_api.store.address import ServerAddress

TUPLES, SWITCHES = 1_000_000, 6
CHECKS_A_SECOND, COMMANDS_A_SECOND, TUPLES_A_COMMAND = 200, 50, 20
WARM_UP_SECONDS, QUIET_SECONDS, AFTER_SECONDS, QUESTIONS = 10, 5, 1, 20_000
IN_CORE: Final = re.compile(r"\b(swarm|unit|customer|task)\b")
SWITCHED: Final = ("user:switched", "document:0")
"""Whoever has this right by one of the two models, and not by the other."""
WRITE: Final = """mutation($dsl: String!) { writeAuthorizationModel(input: {source: {dsl: $dsl}}) { __typename
    ... on AuthorizationModelWritten { revision } ... on AuthorizationModelRejected { problems { message } } } }"""
WATCH: Final = """subscription($user: String!, $object: String!) {
    accessChanges(watch: {relation: "reader", target: {object: $object}, user: $user}) { changes { after } at } }"""
CHECK: Final = """query($user: String!, $relation: String!, $object: String!) {
    check(user: $user, relation: $relation, object: $object) { outcome } }"""
CHANGE: Final = """mutation($add: [TupleInput!], $remove: [TupleKeyInput!]) {
    changePermissions(input: {add: $add, remove: $remove}) { __typename
        ... on PermissionsChanged { revision } ... on InputRejected { problems { message } } } }"""


def beside_core(text: str) -> str:
    """Give types that the core module has other names."""
    return IN_CORE.sub(r"own_\1", text)


def models() -> tuple[str, str]:
    """Return the model, and the same with one line changed."""
    text = MODEL.read_text(encoding="utf-8")
    assert text.count(READER[0]) == 1
    return beside_core(text), beside_core(text.replace(*READER))


def tuples(world: PermissionWorld, count_of_all: int) -> Iterator[RelationshipTuple]:
    """Yield the tuples of the world and more, up to so many, and two that the switch is told by."""
    user, target = SWITCHED
    yield from (RelationshipTuple(user, relation, target) for relation in ("owner", "blocked"))
    own = list(world.tuples())
    yield from own
    yield from world.more_tuples(max(0, count_of_all - len(own)))


def changes(of: Iterator[RelationshipTuple]) -> tuple[list[AnyChange], int]:
    """Return the changes that write tuples, nodes first, and how many tuples they are."""
    grants: list[AnyChange] = []
    ends: dict[str, None] = {}
    for each in of:
        user, _, relation = beside_core(each.user).partition("#")
        target = beside_core(each.object)
        ends.update({user: None, target: None})
        grants.append(
            upsert(Granted(source=user, target=target, relation=each.relation, subject_relation=relation or None))
        )
    return [*(upsert(Resource(id=end)) for end in ends), *grants], len(grants)


async def fill(settings: Settings, address: ServerAddress, of: Iterator[RelationshipTuple]) -> int:
    """Import tuples; both services find the snapshot that is written at the end."""
    first, second = (settings.data_dir / name for name in ("first", "second"))
    made, size = changes(of)
    async with replica_on(settings.model_copy(update={"data_dir": first}), address) as replica:
        await replica.import_changes("import:bench", made, actor="bench", progress=lambda done: None)
    shutil.copytree(first / "snapshots", second / "snapshots")
    return size


class Asked(msgspec.Struct, frozen=True):
    """One request: when it was sent and answered, in ns, and whether it failed."""

    began: int
    ended: int
    has_failed: bool


class Traffic:
    """Checks on both services and events on one, at a fixed rate, until stopped."""

    def __init__(self, doors: Sequence[Door], world: PermissionWorld) -> None:
        self._doors = doors
        self._documents = world.documents
        self._questions = world.questions(QUESTIONS)
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.forget()

    def forget(self) -> None:
        """Forget what was asked so far, as of a database that has only begun."""
        self.checks: list[Asked] = []
        self.events: list[Asked] = []
        self.faults: list[str] = []

    async def run(self) -> None:
        await asyncio.gather(self._paced(self._check, CHECKS_A_SECOND), self._paced(self._change, COMMANDS_A_SECOND))
        await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        self._stopping = True

    async def _paced(self, send: Callable[[int], Awaitable[None]], a_second: int) -> None:
        began = monotonic_ns()
        for number in count():
            if self._stopping:
                return
            await asyncio.sleep(max(0, began + number * 10**9 // a_second - monotonic_ns()) / 1e9)
            task = asyncio.ensure_future(send(number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _check(self, number: int) -> None:
        user, relation, target = self._questions[number % QUESTIONS]
        asked = {"user": user, "relation": relation, "object": target}
        await self._note(self.checks, self._doors[number // 2 % len(self._doors)], CHECK, asked)

    async def _change(self, number: int) -> None:
        """Add tuples with an even command, and remove them again with the one after it."""
        users = range(number // 2 * TUPLES_A_COMMAND, (number // 2 + 1) * TUPLES_A_COMMAND)
        named = [
            {"user": f"user:new-{each}", "relation": "viewer", "object": f"document:{each % self._documents}"}
            for each in users
        ]
        await self._note(self.events, self._doors[0], CHANGE, {"remove" if number % 2 else "add": named})

    async def _note(self, kept: list[Asked], door: Door, query: str, variables: dict[str, Any]) -> None:
        began, has_failed = monotonic_ns(), False
        try:
            (answer,) = (await door.ask(query, variables)).values()
            has_failed = answer is None or answer.get("__typename") == "InputRejected"
        except Exception as fault:  # noqa: BLE001  # whatever it is, a request failed
            self.faults.append(f"{type(fault).__name__}: {fault}")
            has_failed = True
        kept.append(Asked(began, monotonic_ns(), has_failed))


class Switches:
    """Switches to and fro, and notes when, how long that took, and how long after the second commit it was told."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors
        self.spans: list[tuple[int, int]] = []
        self.taken: list[float] = []
        self.told: list[list[float]] = [[] for _ in doors]

    async def run(self, times: int) -> None:
        user, target = SWITCHED
        asked = {"user": user, "object": target}
        async with socket_of(self._doors[0]) as first, socket_of(self._doors[1]) as second:
            sockets = (first, second)
            for socket in sockets:
                await socket.follow(WATCH, asked)
            for number in range(times):
                began = monotonic_ns()
                writing = asyncio.create_task(write_model(self._doors[0], models()[(number + 1) % 2]))
                told = await asyncio.gather(*(self._told(each) for each in sockets))
                await writing
                ended = monotonic_ns()
                self.taken.append((ended - began) / 1e9)
                self.spans.append((began, ended + AFTER_SECONDS * 10**9))
                for kept, seconds in zip(self.told, told, strict=True):
                    kept.append(seconds)
                await asyncio.sleep(2 * AFTER_SECONDS)

    async def _told(self, socket: Socket) -> float:
        """Return the seconds from the instant of the second commit to the message about what it altered."""
        while not (message := await socket.message())["changes"]:
            pass
        return (datetime.now(UTC) - datetime.fromisoformat(message["at"])).total_seconds()

    def during(self, asked: Asked) -> bool:
        """Tell whether a request was under way at a switch, or in the second after it."""
        return any(asked.began < ended and asked.ended > began for began, ended in self.spans)


async def write_model(door: Door, text: str) -> None:
    written = (await door.ask(WRITE, {"dsl": text}))["writeAuthorizationModel"]
    assert written["__typename"] == "AuthorizationModelWritten", written


def row(label: str, seconds: Sequence[float], failed: object = "") -> list[object]:
    figures = [milliseconds(percentile(seconds, share)) for share in (0.5, 0.99, 1.0)]
    return [label, len(seconds), *figures, failed]


def traffic_rows(traffic: Traffic, switches: Switches) -> Iterator[list[object]]:
    for kind, asked in (("check", traffic.checks), ("command of events", traffic.events)):
        for is_during, when in ((False, "between switches"), (True, "at a switch and in the second after it")):
            found = [each for each in asked if switches.during(each) is is_during]
            seconds = [(each.ended - each.began) / 1e9 for each in found]
            yield row(f"{kind}, {when}", seconds, sum(each.has_failed for each in found))


async def measure(running: Sequence[Serving], world: PermissionWorld, scale: float) -> list[list[object]]:
    doors = [each.door for each in running]
    await write_model(doors[0], models()[0])
    traffic, switches = Traffic(doors, world), Switches(doors)
    going = asyncio.create_task(traffic.run())
    await asyncio.sleep(WARM_UP_SECONDS)
    traffic.forget()
    await asyncio.sleep(QUIET_SECONDS)
    await switches.run(max(2, round(SWITCHES * scale)))
    await asyncio.sleep(QUIET_SECONDS)
    traffic.stop()
    await going
    print(*traffic.faults[:3], sep="\n", flush=True)
    return [
        row("second commit until the same service told it", switches.told[0]),
        row("second commit until the second service told it", switches.told[1]),
        row("writing a model until it is live", switches.taken),
        *traffic_rows(traffic, switches),
    ]


async def across_switches(scale: float) -> None:
    world = PermissionWorld(scale)
    async with fresh_server() as (settings, address):
        began = monotonic_ns()
        size = await fill(settings, address, tuples(world, round(TUPLES * scale)))
        filled = monotonic_ns()
        async with two_serving(settings.data_dir, address) as running:
            started = monotonic_ns()
            rows = await measure(running, world, scale)
            memory = ", ".join(f"{each.memory:.0f}" for each in running)
    publish(
        "permission model switch under load",
        ("what", "times", "p50 ms", "p99", "max", "failed"),
        rows,
        f"{size:,} tuples (imported in {(filled - began) / 1e9:.0f} s; both services started on them in "
        f"{(started - filled) / 1e9:.0f} s and hold {memory} MiB), a model of 160 lines beside the core module, one of "
        f"its lines changed to and fro; {CHECKS_A_SECOND} checks/s on both services and {COMMANDS_A_SECOND} commands/s "
        f"of {TUPLES_A_COMMAND} events go on. The second commit is timed from its instant to the message about the "
        "access that it altered. Goal: < 200 ms, and 0 requests failed.",
    )


if __name__ == "__main__":
    asyncio.run(across_switches(float(sys.argv[1]) if sys.argv[1:] else 1.0))

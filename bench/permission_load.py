"""Permission under load: `python -m bench.permission_load [SCALE]`. A small scale is for trying.

Events go through GraphQL while checks go on, on two services of one database, each a process of its own, asked over
HTTP on loopback. An event is one tuple added or removed; its latency is from the client's send to the answer (the same
service shows it then), and to the moment at which the other service has its revision.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Coroutine, Sequence
from time import monotonic_ns
from typing import Any, Final

from bench.doors import Door, two_serving
from bench.organization import fresh_server
from bench.permission_ends import ends_rows, watchers
from bench.permission_shares import in_process, shares_rows
from bench.permission_switch import across_switches
from bench.tables import milliseconds, percentile, publish
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService

USERS, DOCUMENTS = 5_000, 20_000
TUPLES_A_WRITE, CHECKS_A_REQUEST = 1_000, 1_000
EVENTS_SECONDS, BURST_SECONDS, CHECKS_SECONDS, WARM_UP_SECONDS = 60, 10, 20, 10
CHECKS_A_SECOND, EVENTS_A_SECOND, EVENTS_A_COMMAND = 200, 1_000, 20
QUANTILES: Final = (0.5, 0.99, 1.0)
CHANGE: Final = """mutation($add: [TupleInput!], $remove: [TupleKeyInput!]) {
    changePermissions(input: {add: $add, remove: $remove}) {
        __typename ... on PermissionsChanged { revision } ... on InputRejected { problems { message } } } }"""
WRITE_MODEL: Final = """mutation($dsl: String!) { writeAuthorizationModel(input: {source: {dsl: $dsl}}) {
    __typename ... on AuthorizationModelRejected { problems { message } } } }"""
CHECK: Final = """query($user: String!, $object: String!) {
    check(user: $user, relation: "viewer", object: $object) { allowed } }"""
CHECKS: Final = """query($items: [CheckInput!]!) { checks(items: $items) { allowed outcome } }"""
REVISION: Final = "{ viewer { id } }"
MODEL: Final = """model
  schema 1.1
type document
  relations
    define editor: [person, swarm#member]
    define viewer: [person, person:*, swarm#member] or editor
"""


class Events:
    """Adds and removes tuples, so that every command changes what it names."""

    def __init__(self, doors: tuple[Door, Door], a_command: int) -> None:
        self._doors = doors
        self._size = a_command
        self._number = 0
        self.same: list[float] = []
        self.second: list[float] = []
        self.failed: list[str] = []

    async def send(self) -> None:
        self._number += 1
        change = self._change(self._number)
        began = monotonic_ns()
        done = (await self._doors[0].ask(CHANGE, change))["changePermissions"]
        self.same.append((monotonic_ns() - began) / 1e9)
        if done["__typename"] != "PermissionsChanged":
            self.failed.append(json.dumps(done))
            return
        await self._doors[1].ask(REVISION, {}, at_least=done["revision"])
        self.second.append((monotonic_ns() - began) / 1e9)

    def _change(self, number: int) -> dict[str, Any]:
        """An even command takes away what the odd one before it gave."""
        base = (number - 1) // 2 * self._size
        tuples = [
            {
                "user": f"person:{(base + offset) % USERS}",
                "relation": "editor",
                "object": f"document:{(base + offset) % DOCUMENTS}",
            }
            for offset in range(self._size)
        ]
        return {"add": tuples} if number % 2 else {"remove": tuples}


async def paced(send: Callable[[], Coroutine[Any, Any, None]], a_second: float, seconds: float) -> float:
    """Send at a fixed rate whether or not answers have come; return how long the last answer was late."""
    began = monotonic_ns()
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(a_second * seconds)):
        due = began + int(number * 1e9 / a_second)
        await asyncio.sleep(max(0, due - monotonic_ns()) / 1e9)
        tasks.append(asyncio.create_task(send()))
    ended = monotonic_ns()
    await asyncio.gather(*tasks)
    return (monotonic_ns() - ended) / 1e9


def figures(seconds: Sequence[float]) -> list[object]:
    return [milliseconds(percentile(seconds, share)) for share in QUANTILES]


async def events(doors: tuple[Door, Door], rate: int, a_command: int, seconds: float, beside: str = "") -> list[object]:
    run = Events(doors, a_command)
    late = await paced(run.send, rate / a_command, seconds)
    assert not run.failed, run.failed[:3]
    label = f"{rate:,}/s in commands of {a_command}, {seconds:g} s{beside}"
    return [label, *figures(run.same), *figures(run.second), f"{late:.2f}"]


async def checks(door: Door, seconds: float, beside: str) -> list[object]:
    chance, taken = random.Random(3), list[float]()

    async def check() -> None:
        asked = {"user": f"person:{chance.randrange(USERS)}", "object": f"document:{chance.randrange(DOCUMENTS)}"}
        began = monotonic_ns()
        await door.ask(CHECK, asked)
        taken.append((monotonic_ns() - began) / 1e9)

    await paced(check, CHECKS_A_SECOND, seconds)
    return [f"check, {CHECKS_A_SECOND} requests/s, {seconds:g} s, {beside}", *figures(taken), ""]


def questions(seed: int) -> list[dict[str, str]]:
    """Return the items of one request that makes many checks."""
    chance = random.Random(seed)
    return [
        {
            "user": f"person:{chance.randrange(USERS)}",
            "relation": "viewer",
            "object": f"document:{chance.randrange(DOCUMENTS)}",
        }
        for _ in range(CHECKS_A_REQUEST)
    ]


async def many(door: Door, repeats: int = 30) -> list[object]:
    taken: list[float] = []
    for number in range(repeats):
        asked = {"items": questions(number)}
        began = monotonic_ns()
        await door.ask(CHECKS, asked)
        taken.append((monotonic_ns() - began) / 1e9)
    return [f"{CHECKS_A_REQUEST:,} checks in one request", *figures(taken), ""]


async def prepare(service: ApiService) -> None:
    """Write the model, and a viewer for every document."""

    async def ask(query: str, variables: dict[str, Any], wanted: str) -> None:
        body = (await answer(service, Question(query=query, variables=variables), LOCAL_ADMINISTRATOR)).body
        assert [each["__typename"] for each in body["data"].values()] == [wanted], body

    await ask(WRITE_MODEL, {"dsl": MODEL}, "AuthorizationModelWritten")
    chance = random.Random(5)
    tuples = [
        {"user": f"person:{chance.randrange(USERS)}", "relation": "viewer", "object": f"document:{number}"}
        for number in range(DOCUMENTS)
    ]
    for start in range(0, len(tuples), TUPLES_A_WRITE):
        await ask(CHANGE, {"add": tuples[start : start + TUPLES_A_WRITE]}, "PermissionsChanged")


class Load:
    """The rows of all tables but that of the switch; a smaller `scale` takes less time."""

    def __init__(self, doors: tuple[Door, Door], scale: float) -> None:
        self._doors = doors
        self._scale = scale
        self.events: list[list[object]] = []
        self.questions: list[list[object]] = []
        self.ends: list[list[object]] = []

    async def measure(self, tokens: Sequence[str]) -> None:
        # The database plans and compiles in its first seconds.
        await events(self._doors, EVENTS_A_SECOND, EVENTS_A_COMMAND, WARM_UP_SECONDS * self._scale)
        seconds, burst, asking = (each * self._scale for each in (EVENTS_SECONDS, BURST_SECONDS, CHECKS_SECONDS))
        self.events = [await events(self._doors, EVENTS_A_SECOND, size, seconds) for size in (10, 50)]
        self.events.append(await events(self._doors, 3 * EVENTS_A_SECOND, 50, burst))
        self.questions = [await checks(self._doors[0], asking, "alone")]
        beside, asked = await asyncio.gather(
            self._events_beside(asking, f" beside {CHECKS_A_SECOND} checks/s"),
            checks(self._doors[0], asking, f"beside {EVENTS_A_SECOND:,} events/s"),
        )
        self.events.append(beside)
        self.questions += [asked, await many(self._doors[0])]
        self.ends = await ends_rows(self._doors, tokens, self._events_beside, self._scale)

    async def _events_beside(self, seconds: float, beside: str) -> list[object]:
        return await events(self._doors, EVENTS_A_SECOND, EVENTS_A_COMMAND, seconds, beside)


def publish_load(load: Load) -> None:
    publish(
        "permission events",
        ("events", "same p50 ms", "p99", "max", "second p50 ms", "p99", "max", "lag at the end s"),
        load.events,
        "Through GraphQL on loopback, services and clients on the same 2 cores. Goal at 1,000/s: p99 <= 60 ms on the "
        "same replica (must be < 200 ms), <= 100 ms on the second; lag back to 0.",
    )
    publish(
        "permission questions",
        ("question", "p50 ms", "p99", "max", "share of the request in process"),
        load.questions,
        "Through GraphQL on loopback, but where it says in process. Goals: check p99 <= 10 ms alone, 1,000 checks <= "
        "15 ms. graphql-core alone is the same query with the same variables, executed by it on answers that are "
        "there already: reading, validating, taking in the items and giving out the fields; the engine alone is the "
        "same checks called one after the other. What is left is ours between the two, and Strawberry's. Shares are of "
        "the medians.",
    )
    publish(
        "permission streams that lose their right",
        ("revoke", "times", "same p50 ms", "p99", "max", "second p50 ms", "p99", "max"),
        load.ends,
        "From the client's sending the revoke to the end of the stream, on the service that is asked and on the "
        "second one. Bar: 200 ms.",
    )


async def under_load(scale: float) -> None:
    async with fresh_server() as (settings, address):
        async with in_process(settings, address) as service:
            await prepare(service)
            tokens = await watchers(service)
            shares = await shares_rows(service, CHECKS, questions(4))
        async with two_serving(settings.data_dir, address) as (first, second):
            load = Load((first.door, second.door), scale)
            await load.measure(tokens)
            load.questions += shares
            load.questions.append(["memory of a service, MiB", f"{first.memory:.0f}", "", "", ""])
    publish_load(load)


async def main() -> None:
    scale = float(sys.argv[1]) if sys.argv[1:] else 1.0
    await under_load(scale)
    await across_switches(scale)


if __name__ == "__main__":
    asyncio.run(main())

"""Commit latency and changes a second: client send to visible, on the same replica and on a second one."""

import asyncio
import json
import sys
from time import monotonic_ns
from typing import Any

from bench.organization import fresh_server, replica_on
from bench.tables import milliseconds, percentile, publish
from graph_api.cli.composition import REGISTRY
from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import upsert
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import Person
from graph_api.projection.replica import Committed, Replica, open_replica
from graph_api.projection.revision import number_of, token
from graph_api.store.address import ServerAddress

CONCURRENT = (1, 10, 100, 1000)
CHANGES_A_COMMAND = 10
SECONDS = 10
PACED_COMMANDS_A_SECOND = 100
PACED_SECONDS = 60


class Rename(Command, frozen=True, kw_only=True):
    """Give ten people a new name: ten changes that are never no-ops."""

    first: int
    name: str


def decide_rename(view: GraphView, command: Rename, context: Context) -> Decision:
    people = (Person(id=f"person:{command.first + offset}", name=command.name) for offset in range(CHANGES_A_COMMAND))
    return Accepted(tuple(upsert(person) for person in people), None)


RENAME: Operation[Rename] = Operation("rename", Rename, decide_rename, type(None))


class Clients:
    """Sends commands and notes when each was sent, confirmed and visible."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._number = 0
        self.sent: dict[int, list[int]] = {}
        self.same: list[float] = []

    async def send(self) -> None:
        self._number += 1
        command = Rename(first=self._number % 1000 * CHANGES_A_COMMAND, name=f"N{self._number}")
        began = monotonic_ns()
        answer = await self._replica.submit(RENAME, command, actor="bench", timeout_seconds=60)
        assert isinstance(answer, Committed)
        self.same.append((monotonic_ns() - began) / 1e9)
        self.sent.setdefault(number_of(answer.revision, self._replica.live.state.log_id), []).append(began)

    async def keep_sending(self, until: int) -> None:
        while monotonic_ns() < until:
            await self.send()


async def closed_loop(replica: Replica, concurrent: int) -> tuple[Clients, float]:
    clients = Clients(replica)
    began = monotonic_ns()
    until = began + SECONDS * 10**9
    await asyncio.gather(*(clients.keep_sending(until) for _ in range(concurrent)))
    return clients, (monotonic_ns() - began) / 1e9


async def paced(replica: Replica) -> tuple[Clients, float]:
    """Send at a fixed rate, whether or not the answers have come."""
    clients = Clients(replica)
    began = monotonic_ns()
    tasks: list[asyncio.Task[None]] = []
    for number in range(PACED_COMMANDS_A_SECOND * PACED_SECONDS):
        due = began + number * 10**9 // PACED_COMMANDS_A_SECOND
        await asyncio.sleep(max(0, due - monotonic_ns()) / 1e9)
        tasks.append(asyncio.create_task(clients.send()))
    await asyncio.gather(*tasks)
    return clients, (monotonic_ns() - began) / 1e9


def row(label: str, clients: Clients, seconds: float, seen: dict[int, int]) -> list[object]:
    second = [(seen[revision] - began) / 1e9 for revision, sent in clients.sent.items() for began in sent]
    changes = len(clients.same) * CHANGES_A_COMMAND / seconds
    figures = [milliseconds(percentile(values, share)) for values in (clients.same, second) for share in (0.5, 0.99)]
    return [label, f"{changes:.0f}", *figures, milliseconds(max(second))]


async def main() -> None:
    async with fresh_server() as (settings, address), replica_on(settings, address) as replica:
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.write_path", "second", address.uri, address.password or "",
            str(settings.data_dir),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**28,
        )  # fmt: skip
        assert second.stdout is not None
        await second.stdout.readline()
        runs = [(f"{number} clients", *await closed_loop(replica, number)) for number in CONCURRENT]
        runs.append((f"{PACED_COMMANDS_A_SECOND * CHANGES_A_COMMAND} changes/s paced", *await paced(replica)))
        told, _ = await second.communicate(f"{replica.live.state.revision}\n".encode())
        seen = {int(revision): at for revision, at in json.loads(told).items()}
    rows = [row(label, clients, seconds, seen) for label, clients, seconds in runs]
    publish(
        "write path",
        ["load", "changes/s", "same p50 ms", "same p99 ms", "second p50 ms", "second p99 ms", "second max ms"],
        rows,
        f"Commands of {CHANGES_A_COMMAND} changes; {SECONDS} s a closed loop, {PACED_SECONDS} s paced. "
        "Goal at 1,000 changes/s paced: p99 <= 40 ms on the same replica, <= 80 ms on the second.",
    )


async def follow(address: ServerAddress, settings: Settings) -> None:
    """The second replica: notes when it sees each revision, and tells at the end."""
    seen: dict[int, int] = {}

    def note(state: Any, commit: Any) -> None:
        seen.setdefault(state.revision, monotonic_ns())

    async with open_replica(settings, REGISTRY, address) as replica:
        replica.subscribe(note)
        print("ready", flush=True)
        last = int(await asyncio.to_thread(sys.stdin.readline))
        await replica.wait_for(token(replica.live.state.log_id, last))
    print(json.dumps(seen))


if __name__ == "__main__":
    if sys.argv[1:2] == ["second"]:
        uri, password, folder = sys.argv[2:5]
        asyncio.run(follow(ServerAddress(uri, "neo4j", password or None), load_settings(data_dir=folder)))
    else:
        asyncio.run(main())

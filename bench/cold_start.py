"""Opening a replica with its permissions on a graph of a million relationships: from the graph, and from a snapshot."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

import psutil

from bench.organization import fresh_server, organization, replica_on
from bench.tables import publish
from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.records import upsert
from graph_api.ops.settings import Settings
from graph_api.permission.service import Permissions, open_permissions
from graph_api.projection.replica import Replica, utc_now
from graph_api.projection.snapshots import FILE_NAME
from graph_api.projection.state import digest
from graph_api.store.address import ServerAddress

PEOPLE, LINKS_A_PERSON = 100_000, 10


def resident_mebibytes() -> float:
    return psutil.Process().memory_info().rss / 2**20


@asynccontextmanager
async def permitted_replica(settings: Settings, address: ServerAddress) -> AsyncGenerator[tuple[Replica, Permissions]]:
    """Open a replica and the permission graph over it, as a service does before it answers."""
    async with (
        replica_on(settings, address, warm=False) as replica,
        open_permissions(replica, PERMISSION_DECLARED, settings, clock=utc_now) as permissions,
    ):
        yield replica, permissions


async def main() -> None:
    rows: list[list[object]] = []
    tuples = 0
    async with fresh_server() as (settings, address):
        changes = [upsert(record) for record in organization(PEOPLE, LINKS_A_PERSON)]
        async with permitted_replica(settings, address) as (replica, _):
            began = monotonic()
            await replica.import_changes("import:bench", changes, actor="bench", progress=lambda done: None)
            seconds = monotonic() - began
            rows.append(["import into an empty graph", f"{seconds:.1f}", f"{len(changes) / seconds:.0f} changes/s"])
            expected = digest(replica.graph)
        del changes
        for start in ("with snapshot", "without snapshot"):
            snapshot = settings.data_dir / "snapshots" / "replica-0" / FILE_NAME
            size = snapshot.stat().st_size / 2**20
            if start == "without snapshot":
                snapshot.unlink()
            began = monotonic()
            async with permitted_replica(settings, address) as (replica, permissions):
                seconds = monotonic() - began
                assert digest(replica.graph) == expected
                tuples = len(permissions.graph)
            rows.append([f"start {start}", f"{seconds:.1f}", f"snapshot of {size:.0f} MiB" if "with " in start else ""])
    rows.append(["memory of the process after all", "", f"{resident_mebibytes():.0f} MiB"])
    publish(
        "cold start",
        ["what", "seconds", "figure"],
        rows,
        f"{PEOPLE:,} people, {PEOPLE * LINKS_A_PERSON:,} relationships, {tuples:,} derived tuples. "
        "Goal: 10 s with a snapshot.",
    )


if __name__ == "__main__":
    asyncio.run(main())

"""Opening a replica on a graph of a million relationships: from the graph, and from its snapshot."""

import asyncio
from time import monotonic

import psutil

from bench.organization import fresh_server, organization, replica_on
from bench.tables import publish
from graph_api.kernel.records import upsert
from graph_api.projection.snapshots import FILE_NAME
from graph_api.projection.state import digest

PEOPLE, LINKS_A_PERSON = 100_000, 10


def resident_mebibytes() -> float:
    return psutil.Process().memory_info().rss / 2**20


async def main() -> None:
    rows: list[list[object]] = []
    async with fresh_server() as (settings, address):
        changes = [upsert(record) for record in organization(PEOPLE, LINKS_A_PERSON)]
        async with replica_on(settings, address, warm=False) as replica:
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
            async with replica_on(settings, address, warm=False) as replica:
                seconds = monotonic() - began
                assert digest(replica.graph) == expected
            rows.append([f"start {start}", f"{seconds:.1f}", f"snapshot of {size:.0f} MiB" if "with " in start else ""])
    rows.append(["memory of the process after all", "", f"{resident_mebibytes():.0f} MiB"])
    publish(
        "cold start",
        ["what", "seconds", "figure"],
        rows,
        f"{PEOPLE:,} people, {PEOPLE * LINKS_A_PERSON:,} relationships. Goal: 10 s with a snapshot.",
    )


if __name__ == "__main__":
    asyncio.run(main())

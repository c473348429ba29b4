"""Importing whole folders of CSV files into an empty graph: `python -m bench.imports [FOLDER OF FOLDERS]`."""

import asyncio
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.organization import fresh_server, replica_on
from bench.tables import publish
from graph_api.exchange.export import export_folder
from graph_api.exchange.importing import import_folder
from graph_api.exchange.report import ImportReport
from graph_api.generate.scale import Scale
from graph_api.generate.seller import build
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.ops.settings import load_settings
from graph_api.projection.replica import Replica

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("kubernetes", "carpentries", "nsf", "adopters", "diffusion")
GENERATED_PEOPLE = 10_000


def silent(done: int, total: int) -> None:
    """Take progress and say nothing."""


@contextmanager
def folders(real: Path) -> Generator[dict[str, Path]]:
    """The real sets that are there, and a generated one."""
    with tempfile.TemporaryDirectory() as made:
        graph = Graph()
        graph.apply(map(upsert, build(Scale.of_people(GENERATED_PEOPLE)).records))
        export_folder(graph, Path(made))
        found = {name: real / name for name in SETS if (real / name).is_dir()}
        yield found | {f"generated, {GENERATED_PEOPLE:,} people": Path(made)}


async def imported(replica: Replica, folder: Path) -> ImportReport:
    done = await import_folder(replica, folder, actor="bench", progress=silent)
    assert done.report.loaded, done.report.errors[:3]
    return done.report


async def measure(name: str, folder: Path) -> list[object]:
    async with fresh_server() as (settings, address), replica_on(settings, address) as replica:
        first, second = await imported(replica, folder), await imported(replica, folder)
        assert second.change_count == 0
    memory = psutil.Process().memory_info().rss / 2**20
    return [
        name, sum(first.rows_read.values()), first.change_count, f"{first.elapsed_seconds:.1f}",
        f"{first.rows_per_second:.0f}", f"{second.elapsed_seconds:.1f}", f"{memory:.0f}",
    ]  # fmt: skip


async def main() -> None:
    real = Path(sys.argv[1]) if sys.argv[1:] else REAL
    with folders(real) as found:
        rows = [await measure(name, folder) for name, folder in found.items()]
    publish(
        "import",
        ["folder", "rows", "changes", "s", "rows/s", "again, s", "memory of the process so far, MiB"],
        rows,
        f"Each into an empty graph on a server of its own with a heap of {load_settings().heap_mebibytes} MiB. "
        "Goal: kubernetes in at most 120 s. Importing again changes nothing.",
    )


if __name__ == "__main__":
    asyncio.run(main())

"""`swarmgraph generate`: make up a labelled synthetic organization, as CSV files or straight into the graph."""

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from graph_api.cli.composition import open_site, settings_of
from graph_api.cli.paths import prove_file, prove_folder, writing
from graph_api.cli.progress import counting
from graph_api.exchange.export import export_folder
from graph_api.generate.scale import DEFAULT_SEED, Scale
from graph_api.generate.seller import Generated, build
from graph_api.kernel.errors import BadUserInput, Conflict
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.ops.settings import Settings
from graph_api.organization.model import Person
from graph_api.projection.replica import Replica

ACTOR: Final = "system:generate"
_SYNTHETIC: Final = ",true"


def generate(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Folder to write CSV files into.")] = None,
    people: Annotated[int, typer.Option(help="Number of people, 60 or more.")] = Scale().people,
    tasks: Annotated[int | None, typer.Option(help="Number of historic tasks [default: 2 a person and 1,600].")] = None,
    customers: Annotated[int | None, typer.Option(help="Number of customers [default: 12 a hundred people].")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another organization.")] = DEFAULT_SEED,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="UTC day before which the history ends [default: today]."),
    ] = None,
    load: Annotated[bool, typer.Option("--load", help="Load it into the graph, which must be empty.")] = False,
    truths: Annotated[Path | None, typer.Option(help="File to write the planted truths into, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the planted truths as JSON.")] = False,
) -> None:
    """Make up a labelled synthetic organization: a cross-border seller that does not exist."""
    if not (folder or load or truths or as_json):
        raise BadUserInput("Nothing says where it should go.", suggestion="Give a folder, --load, --truths or --json.")
    if folder is not None:
        prove_folder(folder, "folder")
    if truths is not None:
        prove_file(truths, "--truths")
    generated = build(_scale(people, tasks, customers), seed, today.date() if today else _today())
    if folder is not None:
        with writing(folder, "folder"):
            write_folder(generated, folder)
    if truths is not None:
        with writing(truths, "--truths"):
            truths.write_text(_truth_text(generated), encoding="utf-8")
    if load:
        asyncio.run(_load(settings_of(context), generated))
    typer.echo(_truth_text(generated) if as_json else _summary(generated.truths), nl=not as_json)


def write_folder(generated: Generated, folder: Path) -> None:
    """Write CSV files; raises Conflict where the folder holds an organization that is not synthetic."""
    declared = folder / "organization.csv"
    if any(folder.glob("*.csv")) and not (
        declared.exists() and _SYNTHETIC in declared.read_text(encoding="utf-8", errors="replace")
    ):
        raise Conflict(
            f"{folder} holds CSV files of another organization; nothing was written.", suggestion="Give a new folder."
        )
    graph = Graph()
    graph.apply(map(upsert, generated.records))
    export_folder(graph, folder)


async def load_generated(replica: Replica, generated: Generated) -> str:
    """Load into an empty graph, or into one that holds exactly this, and return the revision; raises Conflict."""
    graph = replica.graph
    changes = [upsert(record) for record in generated.records if graph.record(record.key) != record]
    if changes and graph.count(Person):
        raise Conflict(
            "The graph holds another organization already; nothing was changed.",
            suggestion="Give an empty one by --data-dir or NEO4J_URI.",
        )
    done = 0
    with counting("Loading") as show:

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            show(done, len(changes))

        return await replica.import_changes(_import_id(generated), changes, actor=ACTOR, progress=advance)


def _import_id(generated: Generated) -> str:
    return f"generate-{generated.truths['seed']}-{generated.truths['today']}"


async def _load(settings: Settings, generated: Generated) -> None:
    async with open_site(settings) as replica:
        revision = await load_generated(replica, generated)
    typer.echo(f"Loaded; the graph is at revision {revision}.", err=True)


def _today() -> date:
    return datetime.now(UTC).date()


def _scale(people: int, tasks: int | None, customers: int | None) -> Scale:
    scale = Scale.of_people(max(people, Scale().people))
    return Scale(people=people, tasks=tasks or scale.tasks, customers=customers or scale.customers)


def _truth_text(generated: Generated) -> str:
    return json.dumps(generated.truths, indent=2, ensure_ascii=False) + "\n"


def _summary(truths: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in truths["counts"].items() if kind.istitle())
    return f"Made up, all synthetic: {counts}. The open order is {truths['order']['task']}."

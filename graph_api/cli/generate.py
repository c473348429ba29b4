"""`swarmgraph generate`: make up a labelled synthetic organization, as CSV files or straight into the graph."""

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from graph_api.cli.composition import open_site, settings_of
from graph_api.cli.progress import counting
from graph_api.generate.scale import DEFAULT_SEED, Scale
from graph_api.generate.seller import Generated, build
from graph_api.kernel.errors import BadUserInput, Conflict
from graph_api.kernel.records import upsert
from graph_api.ops.settings import Settings
from graph_api.organization.model import Person

ACTOR: Final = "system:generate"


def generate(
    context: typer.Context,
    people: Annotated[int, typer.Option(help="Number of people, 60 or more.")] = Scale().people,
    tasks: Annotated[
        int | None, typer.Option(help="Number of historic tasks; by default 2 a person and 1,600.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another organization.")] = DEFAULT_SEED,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day before which the history ends; by default today.")
    ] = None,
    load: Annotated[bool, typer.Option("--load", help="Load it into the graph, which must be empty.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the planted truths as JSON.")] = False,
) -> None:
    """Make up a labelled synthetic organization: a cross-border seller that does not exist."""
    generated = build(_scale(people, tasks), seed, today.date() if today else _today())
    if load:
        asyncio.run(_load(settings_of(context), generated, f"generate-{seed}-{people}"))
    if as_json:
        typer.echo(json.dumps(generated.truths, indent=2, ensure_ascii=False))
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in generated.truths["counts"].items() if kind.istitle())
        typer.echo(f"Made up {counts}; the open order is {generated.truths['order']['task']}.")


def _today() -> date:
    return datetime.now(UTC).date()


def _scale(people: int, tasks: int | None) -> Scale:
    if people < 1:
        raise BadUserInput(f"There is no organization of {people} people.")
    scale = Scale.of_people(people)
    return scale if tasks is None else Scale(people=people, tasks=tasks, customers=scale.customers)


async def _load(settings: Settings, generated: Generated, import_id: str) -> None:
    async with open_site(settings) as replica:
        graph = replica.graph
        changes = [upsert(record) for record in generated.records if graph.record(record.key) != record]
        if changes and graph.count(Person):
            raise Conflict(
                "The graph holds another organization already; nothing was changed.",
                suggestion="Give an empty one by --data-dir or NEO4J_URI.",
            )
        with counting("Loading", len(changes)) as progress:
            revision = await replica.import_changes(import_id, changes, actor=ACTOR, progress=progress)
    typer.echo(f"Loaded {len(changes)} changes at revision {revision}.", err=True)

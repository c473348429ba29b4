"""`swarmgraph flow`: who learned from whom, as a file for a network tool."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from graph_api.cli.composition import open_site, settings_of
from graph_api.cli.paths import prove_file, writing
from graph_api.kernel.errors import BadUserInput
from graph_api.knowledge.flow.export import FlowFormat, written
from graph_api.knowledge.flow.links import FlowLevel, flow, table, uses, within
from graph_api.ops.settings import Settings

_ALL: Final = 1 << 62
_DAY: Final = typer.Option(formats=["%Y-%m-%d"], help="UTC day, included; with one, undated uses are left out.")


def flow_command(
    context: typer.Context,
    between: Annotated[
        FlowLevel, typer.Option(case_sensitive=False, help="Between what it is added up.")
    ] = FlowLevel.UNIT,
    since: Annotated[datetime | None, _DAY] = None,
    until: Annotated[datetime | None, _DAY] = None,
    file_format: Annotated[
        FlowFormat, typer.Option("--format", case_sensitive=False, help="GraphML, GEXF or CSV.")
    ] = FlowFormat.GRAPHML,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; without, it is printed.")
    ] = None,
) -> None:
    """Write the flow of knowledge between people, units, skills, customers or cities as a graph."""
    first, last = since and since.date(), until and until.date()
    if first is not None and last is not None and last < first:
        raise BadUserInput(f"{last} is before {first}.", suggestion="Swap them.", place=("--until",))
    if output is not None:
        prove_file(output, "--output")
    text = asyncio.run(_written(settings_of(context), between, first, last, file_format))
    if output is None:
        typer.echo(text, nl=False)
        return
    with writing(output, "--output"):
        output.write_text(text, encoding="utf-8")
    typer.echo(f"Wrote {output}.")


async def _written(
    settings: Settings, between: FlowLevel, since: date | None, until: date | None, wanted: FlowFormat
) -> str:
    async with open_site(settings) as replica:
        view = replica.graph
        laid = table(view, within(uses(view), since, until), between, settings.flow_group_people_min)
        return written(view, flow(laid, _ALL), wanted)

"""`swarmgraph import` and `swarmgraph export`: an organization as a folder of CSV files."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from graph_api.cli.composition import open_site, settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.paths import prove_file, prove_folder, writing
from graph_api.cli.progress import counting
from graph_api.exchange.export import export_folder
from graph_api.exchange.importing import Imported, import_folder, limits_of, write_rejects
from graph_api.exchange.report import report_as_json, report_as_text
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings

ACTOR: Final = "system:import"


def import_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of CSV files, one a kind.")],
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Load the valid rows and leave the others out.")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="File to write everything that is wrong into, as CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import an organization from CSV files, all of it or nothing; importing twice changes nothing."""
    if not folder.is_dir():
        raise BadUserInput(f"{folder} is no folder.", place=(str(folder),))
    if rejects is not None:
        prove_file(rejects, "--rejects")
    imported = asyncio.run(_import(settings_of(context), folder, skip_invalid=skip_invalid))
    typer.echo(report_as_json(imported.report) if as_json else report_as_text(imported.report))
    if rejects is not None:
        with writing(rejects, "--rejects"):
            write_rejects(imported.rejects, rejects)
    if not imported.report.loaded:
        raise typer.Exit(ExitCode.REFUSED)


def export_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to write CSV files into; older ones are replaced.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows of each file as JSON.")] = False,
) -> None:
    """Export the organization as CSV files that import to the same state."""
    prove_folder(folder, "folder")
    rows = asyncio.run(_export(settings_of(context), folder))
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    else:
        typer.echo(f"Wrote {sum(rows.values())} rows in {len(rows)} files to {folder}.")


async def _import(settings: Settings, folder: Path, *, skip_invalid: bool) -> Imported:
    async with open_site(settings) as replica:
        with counting("Importing") as show:
            return await import_folder(
                replica, folder, actor=ACTOR, progress=show, skip_invalid=skip_invalid, limits=limits_of(settings)
            )


async def _export(settings: Settings, folder: Path) -> dict[str, int]:
    async with open_site(settings) as replica:
        with writing(folder, "folder"):
            return export_folder(replica.graph, folder)

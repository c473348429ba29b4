"""`swarmgraph permission replay`: a real history of permissions, event by event, and who had access when."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from graph_api.cli.composition import PERMISSION_DECLARED, open_site, settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.progress import counting
from graph_api.exchange.importing import limits_of
from graph_api.exchange.replay.answers import read_date
from graph_api.exchange.replay.report import ReplayReport, report_as_json, report_as_text
from graph_api.exchange.replay.running import ReplayOptions, replay_folder
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings
from graph_api.permission.service import open_permissions


def replay_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with permission_events.csv.")],
    rate: Annotated[
        float | None, typer.Option(metavar="EVENTS", help="At most so many events a second [default: all it can].")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="Tell who had access then: a day (its beginning in UTC) or an instant."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, with the people's ids.")] = False,
) -> None:
    """Replay a history of permission changes, each at the instant at which it occurred; go on where one ended."""
    if not folder.is_dir():
        raise BadUserInput(f"{folder} is no folder.", place=(str(folder),))
    if rate is not None and not rate > 0:
        raise BadUserInput("A rate is more than 0 events a second.", place=("--rate",))
    settings = settings_of(context)
    options = ReplayOptions(
        events_a_second=rate,
        asked=tuple(map(read_date, at or ())),
        commit_seconds=settings.background_commit_seconds,
        limits=limits_of(settings),
    )
    report = asyncio.run(_replay(settings, folder, options))
    typer.echo(report_as_json(report) if as_json else report_as_text(report))
    if not report.is_as_expected:
        raise typer.Exit(ExitCode.REFUSED)


async def _replay(settings: Settings, folder: Path, options: ReplayOptions) -> ReplayReport:
    async with open_site(settings) as replica, open_permissions(replica, PERMISSION_DECLARED, settings) as permissions:
        with counting("Replaying") as show:
            return await replay_folder(replica, permissions, folder, progress=show, options=options)

"""`swarmgraph log`: check the change log, or show it."""

import asyncio
import json
from typing import Annotated, Any

import msgspec
import typer

from graph_api.cli.composition import REGISTRY, open_site_database, settings_of
from graph_api.ops.settings import Settings
from graph_api.projection.commit import Commit, CommitCodec
from graph_api.projection.verify import LogReport, commits_from, verify_log

log = typer.Typer(no_args_is_help=True, help="Check the change log, or show it.")


@log.command()
def verify(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False
) -> None:
    """Check every hash, number and instant of the log, from the first commit to the head."""
    report = asyncio.run(_verify(settings_of(context)))
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo(
            f"The log {report.log_id} holds: {report.commits} commits, {report.entries} entries, "
            f"{report.redacted} of them redacted; head {report.hash}."
        )


@log.command()
def show(
    context: typer.Context,
    first: Annotated[int, typer.Option("--from", min=1, help="First revision to show.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most commits to show.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with every change.")] = False,
) -> None:
    """Show commits in order: revision, instant, who, what, and how many changes."""
    asyncio.run(_show(settings_of(context), first, limit, as_json=as_json))


async def _verify(settings: Settings) -> LogReport:
    async with open_site_database(settings) as database:
        return await verify_log(database, CommitCodec(REGISTRY))


async def _show(settings: Settings, first: int, limit: int, *, as_json: bool) -> None:
    async with open_site_database(settings) as database:
        async for commit in commits_from(database, CommitCodec(REGISTRY), first):
            if commit.revision >= first + limit:
                return
            typer.echo(json.dumps(_whole(commit), ensure_ascii=False) if as_json else _line(commit))


def _whole(commit: Commit) -> dict[str, Any]:
    return {
        "revision": commit.revision,
        "at": commit.row.at.isoformat(),
        "hash": commit.row.hash,
        "importId": commit.row.import_id,
        "redacted": commit.redacted,
        "entries": msgspec.to_builtins(commit.entries),
    }


def _line(commit: Commit) -> str:
    commands = [entry.command for entry in commit.entries if entry.command is not None]
    who = ", ".join(sorted({f"{command.operation} by {command.actor}" for command in commands})) or "-"
    changes = sum(1 for _ in commit.changes)
    redacted = f", {commit.redacted} redacted" if commit.redacted else ""
    return f"{commit.revision:>8}  {commit.row.at:%Y-%m-%dT%H:%M:%S.%fZ}  {changes} changes{redacted}  {who}"

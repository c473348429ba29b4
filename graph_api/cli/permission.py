"""`swarmgraph permission`: the group of commands, and `test`, which runs the tests of store files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from graph_api.cli.composition import settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings
from graph_api.permission import PermissionGraph, PermissionGraphError
from graph_api.permission.casting import Misfit, parsed_timestamp
from graph_api.permission.errors import ModelProblem
from graph_api.permission.files.folder import read_store_at
from graph_api.permission.files.report import FileReport, report_as_text, reports_as_json
from graph_api.permission.files.running import run_store_tests
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.store_reading import ReadStore
from graph_api.permission.model import AuthorizationModel

permission = typer.Typer(
    no_args_is_help=True, help="Who may do what: ask, grant, revoke; tuples, models and tests as files."
)


@permission.command("test")
def run_tests(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Store files: .fga.yaml, .fga or fga.mod.")],
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When the tests take place, for tuples that expire.")
    ] = None,
    anywhere: Annotated[
        bool, typer.Option("--allow-external-files", help="A file may name files outside its folder.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run the tests of store files, without a server; exit code 1 where one fails, 2 where a file cannot be read."""
    instant, limits = _instant(at), limits_of(settings_of(context))
    reports = [_report(path, instant, limits, anywhere=anywhere) for path in files]
    typer.echo(reports_as_json(reports) if as_json else "\n".join(map(report_as_text, reports)))
    if any(each.report is None for each in reports):
        raise typer.Exit(ExitCode.BAD_INPUT)
    if not all(each.passed for each in reports):
        raise typer.Exit(ExitCode.REFUSED)


def limits_of(settings: Settings) -> FileLimits:
    """Return how large a file that is read may be: as large as one of an import."""
    return FileLimits(file_max_bytes=settings.import_file_max_bytes, cell_max_bytes=settings.import_cell_max_bytes)


def _instant(text: str | None) -> datetime:
    try:
        return datetime.now(UTC) if text is None else parsed_timestamp(text)
    except Misfit as misfit:
        raise BadUserInput(str(misfit), suggestion="Write it with its offset from UTC.", place=("--at",)) from misfit


def _report(path: Path, instant: datetime, limits: FileLimits, *, anywhere: bool) -> FileReport:
    try:
        read = _read(path, limits, anywhere=anywhere)
    except PermissionGraphError as error:
        own = ModelProblem("invalid-file", error.message, error.suggestion, file=path.as_posix())
        return FileReport(path.as_posix(), problems=error.problems or (own,))

    def graph_of(model: AuthorizationModel) -> PermissionGraph:
        return PermissionGraph(model, clock=lambda: instant)

    return FileReport(path.as_posix(), run_store_tests(read.store, graph_of), warnings=read.warnings)


def _read(path: Path, limits: FileLimits, *, anywhere: bool) -> ReadStore:
    try:
        return read_store_at(path, limits=limits, anywhere=anywhere)
    except OSError as fault:
        raise BadUserInput(
            f"{path} cannot be read: {fault.strerror or fault}.",
            suggestion="Name a store file, such as store.fga.yaml.",
            place=("FILE",),
        ) from fault

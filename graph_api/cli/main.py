"""Entry point of the command `swarmgraph`."""

import logging
import sys
import traceback
import uuid
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from graph_api.cli.assemble import assemble
from graph_api.cli.composition import CommonOptions
from graph_api.cli.doctor import doctor
from graph_api.cli.exchange import export_command, import_command
from graph_api.cli.flow import flow_command
from graph_api.cli.generate import generate
from graph_api.cli.log import log
from graph_api.cli.outcome import ExitCode, exit_code_of, paragraph
from graph_api.cli.permission import permission
from graph_api.cli.permission_commands import add_permission_commands
from graph_api.cli.permission_replay import replay_command
from graph_api.cli.run import run_command
from graph_api.cli.schema import schema
from graph_api.cli.serve import serve_command
from graph_api.cli.tokens import token
from graph_api.kernel.errors import SwarmgraphError
from graph_api.ops.settings import load_settings

_log: Final = logging.getLogger(__name__)
_HELPING: Final = frozenset({"--help", "--version"})

app = typer.Typer(
    name="swarmgraph", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.command("run")(run_command)
app.command("serve")(serve_command)
app.command()(assemble)
app.command()(doctor)
app.command("export")(export_command)
app.command("import")(import_command)
app.command("flow")(flow_command)
app.command()(generate)
app.command()(schema)
app.add_typer(log, name="log")
app.add_typer(permission, name="permission")
permission.command("replay")(replay_command)
add_permission_commands(permission)
app.add_typer(token, name="token")


def _print_version(asked: bool) -> None:  # Typer calls it with the option's value
    if asked:
        typer.echo(version("swarmgraph"))
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the managed server, tokens and snapshots.")] = None,
    print_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Keep a living model of an organization in Neo4j and assemble proved cross-city teams on it."""
    context.obj = CommonOptions(data_dir=data_dir)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are one paragraph on the error stream."""
    try:
        # Also a command that needs no setting refuses a bad one: its asker believes that it counts.
        if arguments and _HELPING.isdisjoint(arguments):
            load_settings()
        app(arguments, prog_name="swarmgraph")
    except SwarmgraphError as fault:
        typer.echo(paragraph(fault), err=True)
        return exit_code_of(fault)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.DONE
    except Exception as fault:  # noqa: BLE001  # the last door: nobody should meet a stack trace
        return _report_fault(fault)
    return ExitCode.DONE


def _report_fault(fault: Exception) -> ExitCode:
    error_id = uuid.uuid4().hex[:12]
    _log.debug("Error %s:\n%s", error_id, "".join(traceback.format_exception(fault)))
    typer.echo(
        f"INTERNAL: A fault of ours ({type(fault).__name__}: {fault}), error {error_id}. "
        "Please report it with the output of `swarmgraph doctor`.",
        err=True,
    )
    return ExitCode.FAULT

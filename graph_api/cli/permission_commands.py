"""The commands of `swarmgraph permission` that need a server, under their names."""

import typer

from graph_api.cli.permission_changes import grant, revoke
from graph_api.cli.permission_files import export_command, import_command
from graph_api.cli.permission_models import model
from graph_api.cli.permission_questions import check, explain, listing, tuples


def add_permission_commands(group: typer.Typer) -> None:
    """Add them to the group."""
    for command in (grant, revoke, check, explain, tuples):
        group.command()(command)
    group.command("import")(import_command)
    group.command("export")(export_command)
    group.add_typer(listing, name="list")
    group.add_typer(model, name="model")

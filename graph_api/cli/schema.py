"""`swarmgraph schema`: print the GraphQL schema."""

import typer

from graph_api.ops.files import project_path


def schema() -> None:
    """Print the GraphQL schema that this version serves."""
    typer.echo(project_path("schema.graphql").read_text(encoding="utf-8"), nl=False)

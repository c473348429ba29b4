"""`swarmgraph serve`: answer GraphQL until told to stop."""

import asyncio
import gc

import typer

from graph_api.api.auth import local_token
from graph_api.api.service import ApiService
from graph_api.cli.composition import open_service, settings_of
from graph_api.ops.logs import configure_logging
from graph_api.ops.settings import Settings
from graph_api.web.serve import serve


def serve_command(context: typer.Context) -> None:
    """Serve GraphQL and its query editor until Ctrl-C, and print the link with the local access token."""
    settings = settings_of(context)
    configure_logging(settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_service(settings, warm=True) as service:
        await serve_with_link(service)


async def serve_with_link(service: ApiService) -> None:
    """Serve until SIGINT or SIGTERM; the link is printed as soon as somebody listens there."""
    leave_out_of_collections()
    await serve(service, local_token(service.settings.data_dir), _print_link)


def _print_link(link: str) -> None:
    typer.echo(f"Ready. Open this link in a browser; Ctrl-C ends the service.\n  {link}")


def leave_out_of_collections() -> None:
    """Keep the garbage collector from walking through all that is there by now."""
    # A million tuples take it a second, in which nobody is answered and the log is not followed (R9).
    gc.collect()
    gc.freeze()

"""`swarmgraph token`: further tokens, each for one person, contact or integration."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
import typer

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.tokens import NewToken, StoredTokens
from graph_api.cli.composition import open_service, settings_of
from graph_api.cli.permission_options import JsonOption, patient, pretty
from graph_api.ops.settings import Settings
from graph_api.permission.tokens import DAYS_MAX, Token

token = typer.Typer(no_args_is_help=True, help="Make, list and revoke tokens for people, contacts and integrations.")


@token.command()
def create(
    context: typer.Context,
    actor: Annotated[str, typer.Option("--as", metavar="ID", help="person:ada, contact:kep-buyer or integration:erp.")],
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for.")] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=DAYS_MAX, metavar="N", help="When it ends by itself [default: never].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept. Whoever brings it asks as the one it is for."""
    made = asyncio.run(_create(settings_of(context), actor, name, expires_in_days))
    if as_json:
        typer.echo(pretty(_form(made.token) | {"token": made.secret}))
        return
    until = f"until {made.token.expires_at.isoformat()}" if made.token.expires_at is not None else "until it is revoked"
    typer.echo(f"{made.token.id} lets in {actor} {until}. It is shown this once:", err=True)
    typer.echo(made.secret)


@token.command("list")
def list_tokens(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the tokens that were not revoked, the oldest first, and which of them let nobody in any more."""
    forms = asyncio.run(_list(settings_of(context)))
    if as_json:
        typer.echo(pretty(forms))
    elif forms:
        typer.echo("\n".join(map(_line, forms)))


@token.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as `token list` shows it.")],
    as_json: JsonOption = False,
) -> None:
    """Let nobody in by a token any more, on no replica; sockets that were opened with it are closed."""
    revoked = asyncio.run(_revoke(settings_of(context), token_id))
    typer.echo(pretty(_form(revoked)) if as_json else f"Revoked {revoked.id}, which let in {revoked.actor}.")


async def _create(settings: Settings, actor: str, name: str | None, days: int | None) -> NewToken:
    async with open_service(patient(settings)) as service:
        tokens = StoredTokens(service.replica)
        return await tokens.create(actor, creator=LOCAL_ADMINISTRATOR.id, name=name, expires_in_days=days)


async def _list(settings: Settings) -> list[dict[str, Any]]:
    async with open_service(patient(settings)) as service:
        tokens = StoredTokens(service.replica)
        return [_form(each) | {"fault": tokens.fault(each)} for each in tokens.all()]


async def _revoke(settings: Settings, token_id: str) -> Token:
    async with open_service(patient(settings)) as service:
        return await StoredTokens(service.replica).revoke(token_id, actor=LOCAL_ADMINISTRATOR.id)


def _form(each: Token) -> dict[str, Any]:
    """Return what may be told of a token: not its hash."""
    return {
        "id": each.id,
        "actor": each.actor,
        "name": each.name,
        "createdAt": msgspec.to_builtins(each.created_at),
        "createdBy": each.created_by,
        "expiresAt": msgspec.to_builtins(each.expires_at),
    }


def _line(form: dict[str, Any]) -> str:
    return "  ".join(_parts(form))


def _parts(form: dict[str, Any]) -> Iterable[str]:
    yield form["id"]
    yield form["actor"]
    yield f"made {form['createdAt']}"
    yield f"until {form['expiresAt']}" if form["expiresAt"] is not None else "for good"
    if form["name"] is not None:
        yield form["name"]
    if form["fault"] is not None:
        yield f"({form['fault']})"

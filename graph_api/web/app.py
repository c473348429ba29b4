"""The application: /graphql by HTTP and WebSocket, health, and the query editor at /."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from graph_api.api.service import ApiService
from graph_api.kernel.errors import Unavailable
from graph_api.ops.settings import Settings
from graph_api.web.graphql_http import GraphQLEndpoint
from graph_api.web.graphql_socket import GraphQLSockets
from graph_api.web.middleware import WILDCARDS, AccessLog, HostGuard, SecurityHeaders

_STATIC: Final = Path(__file__).resolve().parent / "static"
_NOT_FOUND: Final = 404
_NOT_READY: Final = 503


def create_app(service: ApiService) -> Starlette:
    """Build the application of one service."""
    graphql = GraphQLEndpoint(service)

    async def answer(request: Request) -> Response:
        return await graphql(request)

    async def is_ready(_: Request) -> Response:
        reasons = _reasons_against(service)
        return _health(_NOT_READY if reasons else 200, ready=not reasons, reasons=reasons)

    app = Starlette(
        routes=[
            Route("/graphql", answer, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", GraphQLSockets(service)),
            Route("/health/live", _is_live, methods=["GET"]),
            Route("/health/ready", is_ready, methods=["GET"]),
            Route("/", _editor, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(AccessLog),
            Middleware(SecurityHeaders),
            Middleware(HostGuard, names=own_names(service.settings)),
        ],
        exception_handlers={HTTPException: _refused},
    )
    app.router.redirect_slashes = False  # a redirected POST is resent by some clients without its body
    return app


def own_names(settings: Settings) -> list[str]:
    """Return the names under which the service may be asked beside the loopback ones."""
    names = [settings.host, *settings.host_names.split(",")]
    return [name.strip() for name in names if name.strip() not in WILDCARDS]


def _reasons_against(service: ApiService) -> list[str]:
    try:
        service.replica.ensure_fresh()
        _ = service.permissions.graph  # without it nobody may do anything
    except Unavailable as fault:
        return [str(fault)]
    return []


async def _is_live(_: Request) -> Response:
    return _health(200, live=True)


async def _editor(_: Request) -> Response:
    return FileResponse(_STATIC / "graphiql" / "index.html", headers={"cache-control": "no-cache"})


async def _refused(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    code = "NOT_FOUND" if fault.status_code == _NOT_FOUND else "BAD_USER_INPUT"
    error = {"message": f"{fault.detail}.", "extensions": {"code": code}}
    return JSONResponse({"errors": [error]}, fault.status_code, headers=fault.headers)


def _health(status: int, **facts: bool | list[str]) -> Response:
    return JSONResponse(facts, status, headers={"cache-control": "no-store"})

"""What surrounds every request: a guard against foreign host names, headers that browsers heed, and the access log."""

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph_api.api.door import refusal
from graph_api.kernel.errors import Forbidden

_log: Final = logging.getLogger(__name__)
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # named here to be left out of the allowed names
_GUARDED: Final = frozenset({"http", "websocket"})
_ADD_NAME: Final = "Add the name to SWARMGRAPH_HOST_NAMES."
# The query editor sets styles from its script; scripts come from this package alone.
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class SecurityHeaders:
    """Adds to every answer what keeps browsers from being used against the asker."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


class HostGuard:
    """Refuses requests under a name that is not ours: a foreign page cannot reach us by renaming itself.

    Browsers let any page open sockets anywhere and tell where the page is from: a foreign one is refused as well.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names) | LOOPBACK_NAMES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        fault = self._fault(scope["type"], Headers(scope=scope)) if scope["type"] in _GUARDED else None
        if fault is not None:
            await JSONResponse(refusal(fault).body, status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _fault(self, kind: str, headers: Headers) -> Forbidden | None:
        if host_name(headers.get("host", "")) not in self._names:
            return Forbidden("The service is not asked under this name.", suggestion=_ADD_NAME)
        origin = headers.get("origin")
        if kind == "websocket" and origin is not None and _origin_name(origin) not in self._names:
            return Forbidden("Pages from elsewhere may open no socket here.", suggestion=_ADD_NAME)
        return None


def _origin_name(origin: str) -> str:
    """Return the host name in an Origin header; empty where it tells none."""
    try:
        return host_name(urlsplit(origin).netloc)
    except ValueError:
        return ""


def host_name(host: str) -> str:
    """Return the name in a Host header, without port, brackets and final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


class AccessLog:
    """Writes one line a request or socket, without query and headers, which may hold what nobody should read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and tell how it ended."""
        if scope["type"] == "websocket":
            return await self._pass_socket(scope, receive, send)
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status, size, began = 0, 0, perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            took_ms = (perf_counter() - began) * 1000
            _log.info(
                "%s %r was answered with %d in %.1f ms, %d bytes.",
                scope["method"],
                scope["path"],
                status,
                took_ms,
                size,
            )

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        code, began = 0, perf_counter()

        def noting(message: Message) -> Message:
            nonlocal code
            if message["type"] in ("websocket.close", "websocket.disconnect"):
                code = code or message.get("code", 0)
            elif message["type"] == "websocket.http.response.start":
                code = message["status"]
            return message

        async def receiving() -> Message:
            return noting(await receive())

        async def sending(message: Message) -> None:
            await send(noting(message))

        try:
            await self._app(scope, receiving, sending)
        finally:
            _log.info("A socket at %r ended with %d after %.1f s.", scope["path"], code, perf_counter() - began)

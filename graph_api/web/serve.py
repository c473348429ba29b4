"""Serving over HTTP and WebSocket until told to stop: requests under way are answered first, sockets are closed."""

import asyncio
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import uvicorn

from graph_api.api.service import ApiService
from graph_api.kernel.errors import SettingsError
from graph_api.ops.settings import Settings
from graph_api.web.app import create_app
from graph_api.web.middleware import WILDCARDS
from graph_api.web.socket_protocol import SocketProtocol

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_BACKLOG: Final = 2048


class HttpServer(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and tells when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        if self.started:
            self._on_listening()

    def stop(self) -> None:
        """Stop after the requests under way; asked twice, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def serve(
    service: ApiService, token: str, on_link: Callable[[str], None], *, stop: asyncio.Event | None = None
) -> None:
    """Serve until SIGINT, SIGTERM or `stop`; `on_link` is told where, with the token, as soon as it listens.

    Raises SettingsError where the address cannot be used.
    """
    settings = service.settings
    with listen(settings) as listening:
        link = link_to(settings.host, listening.getsockname()[1], token)
        server = HttpServer(_config(service), lambda: on_link(link))
        with stopping(server):
            await _until_stopped(server, listening, stop or asyncio.Event())


def _config(service: ApiService) -> uvicorn.Config:
    settings = service.settings
    return uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws=SocketProtocol,
        ws_max_size=settings.body_max_bytes,
        ws_ping_interval=settings.socket_ping_seconds,
        ws_ping_timeout=settings.socket_ping_seconds,
        ws_per_message_deflate=False,  # HTTP answers are not compressed either: a proxy before us may do that
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=round(settings.mutation_seconds) + 1,
    )


async def _until_stopped(server: HttpServer, listening: socket.socket, stop: asyncio.Event) -> None:
    async def stop_when_asked() -> None:
        await stop.wait()
        server.stop()

    asked = asyncio.create_task(stop_when_asked())
    try:
        await server.serve(sockets=[listening])
    finally:
        asked.cancel()


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say; port 0 takes a free one. Raises SettingsError."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
        # Inherited by every connection: else a small answer waits for the client's delayed acknowledgement, 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as fault:
        raise SettingsError(
            f"Nothing can be served at {settings.host}, port {settings.port}: {fault.strerror or fault}.",
            suggestion="Set SWARMGRAPH_PORT to another port; 0 takes a free one.",
        ) from fault


def link_to(host: str, port: int, token: str) -> str:
    """Return the link of the query editor; the token stands in the fragment, which browsers send to nobody."""
    shown = "127.0.0.1" if host in WILDCARDS else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/#token={token}"


@contextmanager
def stopping(server: HttpServer) -> Generator[None]:
    """Let SIGINT and SIGTERM stop a server, and put back what they did before."""
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, server.stop)
    try:
        yield
    finally:
        for number in _STOPPING:
            loop.remove_signal_handler(number)

"""Use the managed server: share it with other processes, and end it with the last of them."""

import asyncio
import logging
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from graph_api.ops.settings import Settings
from graph_api.store.address import ServerAddress
from graph_api.store.managed.faults import Progress, ServerFailed, log_tail
from graph_api.store.managed.install import NEO4J_VERSION
from graph_api.store.managed.locks import POLL_SECONDS, FileLock, file_lock, wait_until
from graph_api.store.managed.password import USERNAME, read_or_make_password
from graph_api.store.managed.places import places_of
from graph_api.store.managed.server import HOST, rotate_log
from graph_api.store.managed.state import Phase, ServerState, now, read_state, write_state
from graph_api.store.managed.supervisor_command import supervisor_command

_STARTS_MAX: Final = 3
_WATCH_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = 5.0
_DOCTOR: Final = "`swarmgraph doctor` tells what is missing."
_MORE_TIME: Final = "SWARMGRAPH_SERVER_START_SECONDS allows it more time."
_LOG: Final = logging.getLogger(__name__)


def server_address(settings: Settings) -> ServerAddress | None:
    """Return the server that the settings name, or None where the managed one is to be used."""
    if settings.neo4j_uri is None:
        return None
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else None
    return ServerAddress(settings.neo4j_uri, settings.neo4j_username, password)


@contextmanager
def hold_server(settings: Settings, progress: Progress) -> Generator[ServerAddress]:
    """Hold a server for the length of the block: the one that the settings name, else the managed one.

    The managed server is installed and started where it is not, and ended where nobody else holds it afterwards.
    Raises InstallFailed, ServerFailed.
    """
    if (named := server_address(settings)) is not None:
        yield named
        return
    client = ManagedClient(settings, progress)
    try:
        yield client.enter()
    finally:
        client.leave()


@asynccontextmanager
async def managed_server(settings: Settings, progress: Progress) -> AsyncGenerator[ServerAddress]:
    """Do what hold_server does, without blocking the event loop; progress is called on another thread."""
    if (named := server_address(settings)) is not None:
        yield named
        return
    client = ManagedClient(settings, progress)
    try:
        yield await asyncio.to_thread(client.enter)
    finally:
        client.give_up()
        await asyncio.to_thread(client.leave)


class ManagedClient:
    """One holder of the managed server of a data folder."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._places = places_of(settings.data_dir)
        self._places.create()
        self._begun = now()
        self._starts = 0
        self._children: list[subprocess.Popen[bytes]] = []
        self._given_up = threading.Event()
        # Entering and leaving exclude each other: a cancelled enter() still runs on its thread for a moment.
        self._turn = threading.Lock()
        self._lock = FileLock(self._places.clients_lock)
        self._watcher = threading.Thread(target=self._watch, name="managed-server", daemon=True)

    def enter(self) -> ServerAddress:
        """Wait until the server answers and return where it is.

        Raises ServerFailed after `server_start_seconds`, to which an installation adds up to `server_install_seconds`.
        """
        with self._turn:
            state = self._wait_for_ready()
            self._watcher.start()
            password = read_or_make_password(self._places.password)
            return ServerAddress(f"bolt://{HOST}:{state.bolt_port}", USERNAME, password)

    def give_up(self) -> None:
        """Make enter() end soon."""
        self._given_up.set()

    def leave(self) -> None:
        """Stop holding the server; the last holder waits until its processes are gone."""
        self._given_up.set()
        with self._turn:
            if self._watcher.is_alive():
                self._watcher.join(_WATCH_SECONDS + _EXIT_SECONDS)
            self._lock.close()
            if not wait_until(self._settled, self._settings.server_stop_seconds + _EXIT_SECONDS):
                _LOG.warning("the managed server is still ending; see %s", self._places.supervisor_log)
            _adopt(self._children)

    def _wait_for_ready(self) -> ServerState:
        deadline = time.monotonic() + self._settings.server_start_seconds
        install_deadline = time.monotonic() + self._settings.server_install_seconds
        joined = False
        while time.monotonic() < deadline:
            # A supervisor that is about to end keeps the lock from us until it has.
            joined = joined or self._lock.try_shared()
            state = self._look() if joined else None
            if state is not None and state.phase is Phase.READY:
                return state
            if state is not None and state.phase is Phase.INSTALLING and time.monotonic() < install_deadline:
                deadline = time.monotonic() + self._settings.server_start_seconds
            if self._given_up.wait(POLL_SECONDS):
                raise ServerFailed("Waiting for the managed server was given up.")
        raise self._failure("The managed server did not start in time.", _MORE_TIME)

    def _look(self) -> ServerState | None:
        self._ensure_supervisor()
        state = read_state(self._places.state)
        if state is None:
            return None
        if state.phase is Phase.FAILED and state.at > self._begun:
            raise ServerFailed(state.error or "The managed server failed.", suggestion=state.mend or _DOCTOR)
        if not state.speaks():
            return None
        if state.doing:
            self._progress(state.doing, state.fraction)
        return state

    def _ensure_supervisor(self) -> None:
        with file_lock(self._places.supervisor_lock) as lock:
            if not lock.try_exclusive():
                return
            state = read_state(self._places.state)
            if state is not None and state.phase is Phase.FAILED and state.at > self._begun:
                return
            self._starts += 1
            if self._starts > _STARTS_MAX and not self._watcher.is_alive():
                raise self._failure(f"The supervisor ended {_STARTS_MAX} times without a word.", _DOCTOR)
            self._start_supervisor(lock, state)

    def _start_supervisor(self, lock: FileLock, previous: ServerState | None) -> None:
        # Written under the lock, so that nobody takes the last report of a dead supervisor for news.
        port = previous.bolt_port if previous else None
        write_state(self._places.state, ServerState(Phase.STARTING, now(), bolt_port=port, neo4j_version=NEO4J_VERSION))
        rotate_log(self._places.supervisor_log)
        with self._places.supervisor_log.open("ab") as log:
            # The child inherits the open lock: at no moment is it free, so there is never a second supervisor.
            child = subprocess.Popen(  # noqa: S603  # this very Python with our own words, no shell
                supervisor_command(self._settings, lock.descriptor),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(lock.descriptor,),
                start_new_session=True,
            )
        self._children.append(child)

    def _settled(self) -> bool:
        """Return whether somebody else holds the server, or its supervisor is gone."""
        with file_lock(self._places.supervisor_lock) as lock, file_lock(self._places.clients_lock) as clients:
            if lock.try_exclusive():
                return all(child.poll() is not None for child in self._children)
            # Nobody holds it, so the supervisor lingers; or it holds the lock alone, so it is ending. Else a client.
            return not clients.try_exclusive() and clients.try_shared()

    def _watch(self) -> None:
        """Start another supervisor where ours was killed: it takes the same port, so the address stays."""
        while not self._given_up.wait(_WATCH_SECONDS):
            self._begun = now()
            try:
                self._ensure_supervisor()
            except OSError as fault:
                _LOG.warning("cannot look after the managed server: %s", fault)
            for child in self._children:
                child.poll()

    def _failure(self, message: str, mend: str) -> ServerFailed:
        words = log_tail(self._places.supervisor_log, 5)
        return ServerFailed(f"{message} The supervisor's last words:\n{words}\n", suggestion=mend)


_adopted: Final[list[subprocess.Popen[bytes]]] = []


def _adopt(children: list[subprocess.Popen[bytes]]) -> None:
    """Keep children that outlive their client, because others use the server, to collect them when they end."""
    _adopted.extend(children)
    _adopted[:] = [child for child in _adopted if child.poll() is None]

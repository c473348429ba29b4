"""The process that owns the managed server: `python -m graph_api.store.managed.supervisor --data-dir DIR`.

It holds the supervisor's lock for life, restarts a server that crashed, and ends with the last client.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final

import msgspec
from neo4j.exceptions import DriverError, Neo4jError

from graph_api.kernel.errors import SwarmgraphError
from graph_api.ops.settings import Settings, load_settings
from graph_api.store.managed.faults import Progress, ServerFailed, log_tail
from graph_api.store.managed.install import NEO4J_VERSION, installation
from graph_api.store.managed.locks import POLL_SECONDS, FileLock
from graph_api.store.managed.password import read_or_make_password, settle_password
from graph_api.store.managed.places import Places, places_of
from graph_api.store.managed.processes import end_process, process_id
from graph_api.store.managed.server import (
    HOST,
    free_port,
    port_answers,
    port_is_free,
    server_id,
    stale_servers,
    start_server,
)
from graph_api.store.managed.state import Phase, ServerState, now, read_state, write_state
from graph_api.store.managed.supervisor_command import read_supervisor_command

_PORT_ATTEMPTS: Final = 3
_BACK_OFF_FIRST_SECONDS: Final = 0.5
_BACK_OFF_MAX_SECONDS: Final = 30.0
_HEALTHY_SECONDS: Final = 60.0
_REPORT_SECONDS: Final = 0.2
_SEE_LOG: Final = "logs/supervisor.log in the data folder says more."
_LOG: Final = logging.getLogger("graph_api.supervisor")


class _Abandoned(Exception):
    """No client is left, or somebody asked us to end."""


class _Clients:
    """The clients, seen through their common lock."""

    def __init__(self, lock: FileLock, linger_seconds: float) -> None:
        self._lock = lock
        self._linger_seconds = linger_seconds
        self._alone_since: float | None = None
        self.asked_to_end = False

    def check(self) -> None:
        """Raise _Abandoned, and from then on keep newcomers waiting, once nobody has been there for the linger."""
        if self.asked_to_end or not self._lock.try_exclusive():
            self._alone_since = None
            if self.asked_to_end:
                raise _Abandoned
            return
        moment = time.monotonic()
        self._alone_since = self._alone_since or moment
        if moment - self._alone_since >= self._linger_seconds:
            raise _Abandoned
        self._lock.unlock()

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the last client's leaving."""
        deadline = time.monotonic() + seconds
        while True:
            self.check()
            if time.monotonic() >= deadline:
                return
            time.sleep(POLL_SECONDS)

    def end(self, _signal: int, _frame: FrameType | None) -> None:
        """Ask to end, as a signal handler."""
        self.asked_to_end = True


class Supervisor:
    """Keeps one server running for as long as it has clients."""

    def __init__(self, settings: Settings, places: Places, clients: _Clients) -> None:
        self._settings = settings
        self._places = places
        self._clients = clients
        self._server: subprocess.Popen[bytes] | None = None
        previous = read_state(places.state)
        # A client of a killed supervisor still knows the old port; without one it does not matter.
        self._port = settings.bolt_port or (previous.bolt_port if previous else None)
        self._state = ServerState(
            Phase.STARTING, at=now(), supervisor=process_id(os.getpid()), neo4j_version=NEO4J_VERSION
        )

    def run(self) -> int:
        """Install, start, watch, end; return the exit code."""
        try:
            self._live()
        except _Abandoned:
            _LOG.info("nobody is left")
            self._end(Phase.STOPPED)
        except SwarmgraphError as fault:
            _LOG.error("%s", fault)  # the reader of this log needs the sentence, not the stack
            self._end(Phase.FAILED, error=fault.message, mend=fault.suggestion)
            return 1
        except Exception as fault:  # noqa: BLE001  # whatever it is, those who wait must hear of it
            _LOG.exception("unexpected")
            self._end(Phase.FAILED, error=f"The supervisor failed: {fault!r}", mend=_SEE_LOG)
            return 1
        return 0

    def _live(self) -> None:
        self._report(phase=Phase.INSTALLING, doing="Looking at the installation of Neo4j")
        class_path = installation(self._settings).install(self._settings.server_install_seconds, self._progress())
        self._end_stale()
        self._start_first(class_path)
        back_off = _BACK_OFF_FIRST_SECONDS
        while True:
            started = time.monotonic()
            self._watch()
            back_off = _BACK_OFF_FIRST_SECONDS if time.monotonic() - started > _HEALTHY_SECONDS else back_off
            self._restart(class_path, back_off)
            back_off = min(_BACK_OFF_MAX_SECONDS, 2 * back_off)

    def _progress(self) -> Progress:
        last = 0.0

        def tell(doing: str, fraction: float | None) -> None:
            nonlocal last
            self._clients.check()
            if time.monotonic() - last > _REPORT_SECONDS:
                last = time.monotonic()
                self._report(doing=doing, fraction=fraction)

        return tell

    def _end_stale(self) -> None:
        for stale in stale_servers(self._places):
            _LOG.warning("ending server %s, left by a supervisor that was killed", stale.pid)
            self._report(phase=Phase.STARTING, doing="Ending a server that was left behind", fraction=None)
            end_process(stale, seconds=self._settings.server_stop_seconds)

    def _start_first(self, class_path: Sequence[Path]) -> None:
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            port = self._settings.bolt_port or free_port(self._port)
            try:
                self._start(class_path, port, Phase.STARTING)
            except ServerFailed:
                # Between finding a free port and using it somebody else may take it.
                lost_port = not self._settings.bolt_port and not port_is_free(port)
                if not lost_port or attempt == _PORT_ATTEMPTS:
                    raise
            else:
                return

    def _start(self, class_path: Sequence[Path], port: int, phase: Phase) -> None:
        if not port_is_free(port):
            raise ServerFailed(
                f"Port {port} on {HOST} is taken by another program.",
                suggestion="End that program, or set SWARMGRAPH_BOLT_PORT to another port (0 takes a free one).",
            )
        _LOG.info("starting Neo4j %s on port %s", NEO4J_VERSION, port)
        password = read_or_make_password(self._places.password)
        self._server = start_server(self._settings, self._places, class_path, port)
        self._port = port
        self._report(phase=phase, doing="Starting Neo4j", fraction=None, server=server_id(self._server), bolt_port=port)
        self._wait_for_bolt(f"bolt://{HOST}:{port}", password)
        self._report(phase=Phase.READY, doing="", error=None, mend="")
        _LOG.info("ready")

    def _wait_for_bolt(self, uri: str, password: str) -> None:
        deadline = time.monotonic() + self._settings.server_start_seconds
        while time.monotonic() < deadline:
            self._clients.wait(POLL_SECONDS)
            self._refuse_dead()
            if port_answers(int(uri.rpartition(":")[2])) and self._settled(uri, password):
                return
        raise ServerFailed(
            f"Neo4j did not answer within {self._settings.server_start_seconds:.0f} s. "
            f"Its last words:\n{log_tail(self._places.server_log)}\n",
            suggestion="SWARMGRAPH_SERVER_START_SECONDS allows it more time.",
        )

    def _settled(self, uri: str, password: str) -> bool:
        try:
            settle_password(uri, password, self._places.password)
        except (DriverError, Neo4jError, OSError) as fault:
            _LOG.info("not yet: %s", fault)
            return False
        return True

    def _refuse_dead(self) -> None:
        if self._server is not None and (code := self._server.poll()) is not None:
            raise ServerFailed(
                f"Neo4j ended by itself with code {code}. Its last words:\n{log_tail(self._places.server_log)}\n",
                suggestion="`swarmgraph doctor` checks memory, disk and port.",
            )

    def _watch(self) -> None:
        while self._server is not None and self._server.poll() is None:
            self._clients.wait(POLL_SECONDS)

    def _restart(self, class_path: Sequence[Path], back_off: float) -> None:
        if self._server is not None:
            self._report(error=f"Neo4j ended by itself with code {self._server.poll()}.")
        _LOG.warning("%s Starting it again in %s s.", self._state.error, back_off)
        self._report(
            phase=Phase.RESTARTING,
            doing="Starting Neo4j again after a crash",
            server=None,
            restarts=self._state.restarts + 1,
        )
        self._clients.wait(back_off)
        try:
            self._start(class_path, self._port or 0, Phase.RESTARTING)
        except ServerFailed as fault:
            # Clients hold the address and wait: what failed once may work when memory, disk or port are free again.
            _LOG.warning("%s", fault)
            self._stop_server()
            self._report(error=fault.message, mend=fault.suggestion)

    def _end(self, phase: Phase, *, error: str | None = None, mend: str = "") -> None:
        self._report(phase=Phase.STOPPING, doing="Ending Neo4j", fraction=None)
        self._stop_server()
        self._report(phase=phase, doing="", server=None, error=error, mend=mend)

    def _stop_server(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        try:
            server.wait(self._settings.server_stop_seconds)
        except subprocess.TimeoutExpired:
            _LOG.warning("the server does not end; killing it")
            server.kill()
            server.wait()

    def _report(self, **news: Any) -> None:
        self._state = msgspec.structs.replace(self._state, at=now(), **news)
        write_state(self._places.state, self._state)


def supervise(settings: Settings, lock_descriptor: int | None) -> None:
    """Be the supervisor, unless there is one; the lock may have been taken for us by our parent."""
    places = places_of(settings.data_dir)
    places.create()
    lock = FileLock(places.supervisor_lock, lock_descriptor)
    if not lock.try_exclusive():
        _LOG.info("another supervisor is at work")
        return
    clients = _Clients(FileLock(places.clients_lock), settings.server_linger_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, clients.end)
    code = Supervisor(settings, places, clients).run()
    logging.shutdown()
    # Not sys.exit: it would wait for downloads that nobody wants any more, and keep newcomers waiting too.
    os._exit(code)


def main() -> None:
    """Read the command line and supervise."""
    given, lock_descriptor = read_supervisor_command()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("neo4j").setLevel(logging.ERROR)
    supervise(load_settings(**given), lock_descriptor)


if __name__ == "__main__":
    main()

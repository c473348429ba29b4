"""Where OpenFGA keeps tuples while it is measured: PostgreSQL of one's own where it is installed, SQLite elsewhere.

Its store in memory looks through all tuples for every question, and is meant for trying.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from bench.peers.server import LOOPBACK, PeerFailed, clean_environment, free_port, migrate, stop

VARIABLE = "OPENFGA_BENCH_URI"
START_SECONDS = 30.0
# Larger than all tuples, so that nothing is read from the disk; statistics soon after they are written.
SETTINGS = ("shared_buffers=1GB", "autovacuum_naptime=5s", f"listen_addresses={LOOPBACK}", "unix_socket_directories=")


class Datastore(NamedTuple):
    """A database that has its tables: what to call it, and the server's options for it."""

    name: str
    options: tuple[str, ...]


@contextmanager
def datastore() -> Generator[Datastore]:
    """Name a database that is gone afterwards, unless OPENFGA_BENCH_URI names one that is there already."""
    named = os.environ.get(VARIABLE)
    if named:
        yield migrated(named.partition(":")[0], named)
    elif shutil.which("initdb") and shutil.which("postgres"):
        with postgres() as uri:
            yield migrated("postgres", uri)
    else:
        with tempfile.TemporaryDirectory(prefix="swarmgraph-peer-") as folder:
            yield migrated("sqlite", f"file:{Path(folder) / 'openfga.db'}")


def migrated(engine: str, uri: str) -> Datastore:
    options = (f"--datastore-engine={engine}", f"--datastore-uri={uri}")
    migrate(*options)
    return Datastore(engine, options)


@contextmanager
def postgres() -> Generator[str]:
    """Run PostgreSQL in a folder of its own; it refuses to be run by root, and is somebody else then."""
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="swarmgraph-peer-") as folder:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        run_as(user, folder, "initdb", "--auth=trust", "--username=openfga", "--no-sync", f"--pgdata={folder}/data")
        port = free_port()
        settings = [part for each in SETTINGS for part in ("-c", each)]
        process = subprocess.Popen(
            ["postgres", "-D", f"{folder}/data", "-p", str(port), *settings],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=clean_environment(), cwd=folder, user=user, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(process, port)
            yield f"postgres://openfga@{LOOPBACK}:{port}/postgres?sslmode=disable"
        finally:
            stop(process)


def run_as(user: str | None, folder: str, *command: str) -> None:
    done = subprocess.run(command, user=user, cwd=folder, env=clean_environment(), capture_output=True, check=False)
    if done.returncode:
        raise PeerFailed(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex((LOOPBACK, port)) == 0:
                return
        sleep(0.05)
    raise PeerFailed("PostgreSQL did not start.")

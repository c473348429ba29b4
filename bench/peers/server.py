"""An OpenFGA server of one's own: found, started on free loopback ports, stopped by its process id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import psutil

VARIABLE = "OPENFGA_BINARY"
START_SECONDS = 30.0
STOP_SECONDS = 15.0
LOOPBACK = "127.0.0.1"
HOW_TO_GET_IT = (
    "No OpenFGA server is here: it is looked for in the environment variable OPENFGA_BINARY, in PATH and in ~/go/bin. "
    "Build it with `go install github.com/openfga/openfga/cmd/openfga@v1.18.1`."
)


class PeerMissing(Exception):
    """The peer is not on this machine."""


class PeerFailed(Exception):
    """The peer did not start, or answered what cannot be understood."""


def find_binary() -> Path | None:
    """Return the server's binary; one that the environment names wrongly is not silently replaced by another."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    found = shutil.which("openfga") or shutil.which("openfga", path=Path.home() / "go" / "bin")
    return Path(found) if found else None


def needed_binary() -> Path:
    found = find_binary()
    if found is None:
        raise PeerMissing(HOW_TO_GET_IT)
    return found


def clean_environment() -> dict[str, str]:
    """Leave out what would set options of the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENFGA_")}


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


class Server:
    """A running server: where it listens, and its process."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.process = process

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def resident_mebibytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def wait_until_ready(self, log: Path) -> None:
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline and self.process.poll() is None:
            if self._is_healthy():
                return
            sleep(0.05)
        raise PeerFailed(f"OpenFGA did not start: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz", trust_env=False).is_success
        except httpx.HTTPError:
            return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process group that was started for one process, and nothing else."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, one)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


def arguments(port: int, options: Sequence[str]) -> list[str]:
    return [
        "run", f"--http-addr={LOOPBACK}:{port}", f"--grpc-addr={LOOPBACK}:{free_port()}", "--log-level=none",
        "--playground-enabled=false", "--metrics-enabled=false", "--profiler-enabled=false", *options,
    ]  # fmt: skip


@contextmanager
def running(*options: str) -> Generator[Server]:
    """Run a server in memory, or as the options say; raise PeerMissing where there is none."""
    binary = needed_binary()
    with tempfile.TemporaryDirectory(prefix="swarmgraph-peer-") as folder:
        log, port = Path(folder) / "openfga.log", free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [binary, *arguments(port, options)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=clean_environment(), cwd=folder, start_new_session=True,
            )  # fmt: skip
        server = Server(port, process)
        try:
            server.wait_until_ready(log)
            yield server
        finally:
            stop(process)


def migrate(*options: str) -> None:
    """Make the tables of a server that keeps its tuples in a database."""
    done = subprocess.run(
        [needed_binary(), "migrate", *options], env=clean_environment(), capture_output=True, check=False
    )
    if done.returncode:
        raise PeerFailed(f"OpenFGA could not make its tables: {done.stderr.decode(errors='replace')[-500:]}")

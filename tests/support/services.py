"""Commands that serve, as processes of their own: started until their link is printed, asked, and ended."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

import httpx
import psutil

from graph_api.cli.outcome import ExitCode

START_SECONDS = 120
STOP_SECONDS = 30
COMMAND = [sys.executable, "-m", "graph_api.cli"]
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""A connection a request: the server may close an idle one at the very moment in which a client takes it again."""
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)")


class Service:
    """A command that serves: what it said until the link came, and ways to ask it and to end it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.said = _until_link(process, process.stdout)
        found = LINK.search(self.said)
        assert found is not None, f"no link was printed within {START_SECONDS} s: {self.said!r}"
        self.address, self.token = found.groups()
        self.children = psutil.Process(process.pid).children(recursive=True)
        # It never goes through a proxy, and a client a service keeps what is costly to make.
        self._client = httpx.Client(base_url=self.address, trust_env=False, timeout=START_SECONDS, limits=NO_REUSE)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def ask(self, query: str, *, at_least: str | None = None) -> httpx.Response:
        headers = self.headers | ({"revision-at-least": at_least} if at_least else {})
        return self._client.post("/graphql", json={"query": query}, headers=headers)

    def is_ready(self) -> bool:
        """Return whether it answers and says that it is ready."""
        try:
            return self._client.get("/health/ready").is_success
        except httpx.TransportError:
            return False

    def has(self, revision: str) -> bool:
        """Return whether it answers from a state that has a revision."""
        return "errors" not in self.ask("{ viewer { id } }", at_least=revision).json()

    def end(self, number: signal.Signals, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end: it must say that all went well, and leave no process behind."""
        self.process.send_signal(number)
        assert self.process.wait(seconds) == ExitCode.DONE
        self._buried()

    def kill(self) -> None:
        """Kill it as the system does, in the midst of whatever it does: the processes it started must end as well."""
        self.process.kill()
        self._buried()

    def _buried(self) -> None:
        self._client.close()
        bury(self.process)
        left = psutil.wait_procs([child for child in self.children if not _outlives(child)], STOP_SECONDS)[1]
        assert [child for child in left if child.is_running()] == []


def _outlives(child: psutil.Process) -> bool:
    """Say whether a process belongs to the database, which others may use."""
    try:
        return "graph_api.store.managed.supervisor" in child.cmdline() or child.name() == "java"
    except psutil.NoSuchProcess:
        return False


def _until_link(process: "subprocess.Popen[str]", lines: IO[str]) -> str:
    said = ""
    late = Timer(START_SECONDS, process.kill)
    late.start()
    for line in lines:
        said += line
        if LINK.search(line):
            break
    late.cancel()
    return said


def launched(*words: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start a command on any free port; `Service` waits until it serves."""
    variables = {**(os.environ if environment is None else environment), "SWARMGRAPH_PORT": "0"}
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, text=True, start_new_session=True, env=variables
    )


def bury(process: "subprocess.Popen[str]") -> None:
    """Kill a command unless it has ended, and leave nothing of it open."""
    process.kill()
    process.wait(STOP_SECONDS)
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def serving(command: str) -> Generator[Service]:
    """Run a command until its block ends, then interrupt it as Ctrl-C does: it and all its children must be gone."""
    process = launched(command)
    try:
        service = Service(process)
        yield service
        service.end(signal.SIGINT)
    finally:
        bury(process)


def quiet_environment(folder: Path, **settings: Any) -> dict[str, str]:
    """Return the variables of a small service on a managed server of its own, whatever server ours name."""
    named = {"data_dir": folder, "log_level": "WARNING", "solver_processes": 1} | settings
    told = {f"SWARMGRAPH_{name.upper()}": str(value) for name, value in named.items()}
    return {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")} | told

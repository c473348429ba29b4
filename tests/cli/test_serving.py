"""`swarmgraph run` and `swarmgraph serve` as processes of their own, to an end that leaves nothing behind."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.generate.order import ORDER_ID

pytestmark = pytest.mark.usefixtures("on_the_server")
START_SECONDS = 120
STOP_SECONDS = 30
COMMAND = [sys.executable, "-m", "graph_api.cli"]
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/#token=(\S+)")


class Service:
    """A command that serves: what it said until the link came, and a way to ask it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.said = _until_link(process.stdout)
        found = LINK.search(self.said)
        assert found is not None, self.said
        self._address, self.token = found.groups()

    def ask(self, query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.post(f"{self._address}/graphql", json={"query": query}, headers=headers, timeout=START_SECONDS)

    def swarms(self) -> list[str]:
        edges = self.ask("{ swarms { edges { node { id } } } }").json()["data"]["swarms"]["edges"]
        return [edge["node"]["id"] for edge in edges]

    def is_ready(self) -> bool:
        return httpx.get(f"{self._address}/health/ready", timeout=START_SECONDS).is_success


def _until_link(lines: IO[str]) -> str:
    said = ""
    for line in lines:
        said += line
        if LINK.search(line):
            break
    return said


@contextmanager
def serving(command: str) -> Generator[Service]:
    """Run a command until its block ends, then interrupt it as Ctrl-C does: it and all its children must be gone."""
    process = subprocess.Popen([*COMMAND, command], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        service = Service(process)
        children = psutil.Process(process.pid).children(recursive=True)
        yield service
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == ExitCode.DONE
        assert [child for child in psutil.wait_procs(children, STOP_SECONDS)[1] if child.is_running()] == []
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMGRAPH_PORT", "0")


def test_run_fills_an_empty_graph_proves_a_team_serves_and_does_it_only_once() -> None:
    with serving("run") as service:
        assert "Synthetic cross-border seller, all of it made up: 400 people" in service.said
        assert "“Customs clearance in Mexico”" in service.said
        assert "PROVED: no better team exists among" in service.said
        assert service.is_ready()
        first = service.swarms()
        assert len(first) == 1
    with serving("run") as service:
        assert f"Booked {first[0]}" in service.said
        assert "PROVED" in service.said
        assert service.swarms() == first


def test_run_opens_another_order_where_the_first_one_is_staffed_already() -> None:
    assert run(["generate", "--people", "60", "--tasks", "250", "--load"]) == ExitCode.DONE
    assert run(["assemble", ORDER_ID, "--book"]) == ExitCode.DONE
    with serving("run") as service:
        assert f"({ORDER_ID}-" in service.said
        assert len(service.swarms()) == 2


def test_run_leaves_an_organization_alone_that_is_not_made_up(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\nada,Ada\n", encoding="utf-8")
    assert run(["import", str(tmp_path)]) == ExitCode.DONE
    ended = subprocess.run([*COMMAND, "run"], capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == ExitCode.REFUSED
    assert "holds another organization" in ended.stderr


def test_serve_answers_who_brings_the_token_and_nobody_else() -> None:
    with serving("serve") as service:
        assert service.ask("{ organization { counts { people } } }").json()["data"]["organization"]["counts"] == {
            "people": 0
        }
        service.token = "wrong"
        assert service.ask("{ viewer { id } }").json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

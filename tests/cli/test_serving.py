"""`swarmgraph run` and `swarmgraph serve` as processes of their own, to an end that leaves nothing behind."""

import subprocess
from pathlib import Path

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.generate.order import ORDER_ID
from tests.support.services import COMMAND, START_SECONDS, Service, serving

pytestmark = pytest.mark.usefixtures("on_the_server")


def swarms(service: Service) -> list[str]:
    edges = service.ask("{ swarms { edges { node { id } } } }").json()["data"]["swarms"]["edges"]
    return [edge["node"]["id"] for edge in edges]


def test_run_fills_an_empty_graph_proves_a_team_serves_and_does_it_only_once() -> None:
    with serving("run") as service:
        assert "Synthetic cross-border seller, all of it made up: 400 people" in service.said
        assert "“Customs clearance in Mexico”" in service.said
        assert "PROVED: no better team exists among" in service.said
        assert service.is_ready()
        first = swarms(service)
        assert len(first) == 1
    with serving("run") as service:
        assert f"Booked {first[0]}" in service.said
        assert "PROVED" in service.said
        assert swarms(service) == first


def test_run_opens_another_order_where_the_first_one_is_staffed_already() -> None:
    assert run(["generate", "--people", "60", "--tasks", "250", "--load"]) == ExitCode.DONE
    assert run(["assemble", ORDER_ID, "--book"]) == ExitCode.DONE
    with serving("run") as service:
        assert f"({ORDER_ID}-" in service.said
        assert len(swarms(service)) == 2


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

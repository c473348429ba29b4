"""`swarmgraph assemble` on the real server: teams, reasons, bookings, exit codes."""

import json
from typing import Any

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode

pytestmark = pytest.mark.usefixtures("on_the_server")
ORDER = "task:order-mexico-customs"


@pytest.fixture(autouse=True)
def seller(on_the_server: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--people", "60", "--tasks", "250", "--load"]) == ExitCode.DONE
    capsys.readouterr()


def assembled(capsys: pytest.CaptureFixture[str], *options: str, code: ExitCode = ExitCode.DONE) -> Any:
    assert run(["assemble", *options, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_order_gets_a_proved_team_that_is_booked_once(capsys: pytest.CaptureFixture[str]) -> None:
    proposed = assembled(capsys, ORDER, "--alternatives", "1")
    assert proposed["certificate"]["status"] == "PROVED"
    assert len(proposed["seats"]) == 5
    assert len({seat["person"]["city"] for seat in proposed["seats"]}) >= 3
    assert proposed["alternatives"][0]["objective"] <= proposed["objective"]

    booked = assembled(capsys, ORDER, "--book")
    assert booked["__typename"] == "SwarmAssembled"
    assert booked["proposal"]["objective"] == proposed["objective"]
    again = assembled(capsys, ORDER, "--book", code=ExitCode.REFUSED)
    assert again["__typename"] == "InputRejected"


def test_team_is_printed_with_roles_points_and_proof(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assemble", ORDER]) == ExitCode.DONE
    said = capsys.readouterr().out
    assert "nothing is booked" in said
    assert "Mexico customs clearance" in said
    assert "PROVED: no better team exists among" in said


def test_demand_that_cannot_be_met_is_told_with_the_conflict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assemble", "--skill", "skill:hs-classification,5,8", "--headcount", "8"]) == ExitCode.REFUSED
    said = capsys.readouterr().out
    assert "These cannot hold together" in said
    assert "8 different people" in said


def test_demand_that_makes_no_sense_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assemble", "--skill", "skill:hs-classification,9"]) == ExitCode.REFUSED
    assert "demand.skills.0.minimumLevel: Level 9" in capsys.readouterr().out
    assert run(["assemble", "--skill", "skill:none"]) == ExitCode.REFUSED
    assert "demand.skills.0.skillId" in capsys.readouterr().out


def test_nothing_is_booked_without_a_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assemble", "--skill", "skill:hs-classification", "--book"]) == ExitCode.BAD_INPUT
    assert "booked for a task" in capsys.readouterr().err


def test_certificate_is_checked_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = assembled(capsys, ORDER, "--verify", "--deadline-ms", "60000")
    told = found["verification"]
    assert told["holds"], told["faults"]
    assert told["optimum"] == found["objective"]
    assert told["survivors"] <= told["candidates"] == found["certificate"]["candidates"]
    assert run(["assemble", ORDER, "--verify", "--deadline-ms", "60000"]) == ExitCode.DONE
    assert "VERIFIED: Of" in capsys.readouterr().out
    assert run(["assemble", ORDER, "--verify", "--book"]) == ExitCode.BAD_INPUT

"""`swarmgraph token`: made, listed and revoked beside a service that runs, which heeds it at once."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.store.managed.locks import wait_until
from tests.support.command_line import Shell
from tests.support.services import Service, serving

pytestmark = pytest.mark.usefixtures("on_the_server")

PEOPLE = "id,name,last_day\nada,Ada,\nleft,Left,2020-01-31\n"
PATIENCE_SECONDS = 30.0
SECRET = re.compile(r"swarmgraph_[A-Za-z0-9_-]{43}")
WHO = "{ viewer { id name person { id } } tasks { totalCount } }"


@pytest.fixture
def organization(tmp_path: Path) -> None:
    """Ada, who works here, somebody who left, and a task."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "tasks.csv").write_text("id,title\na,A\n", encoding="utf-8")
    assert run(["import", str(folder)]) == ExitCode.DONE


@pytest.fixture
def shell(organization: None, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell on the organization."""
    return Shell(capsys)


@pytest.fixture
def service(organization: None) -> Generator[Service]:
    """A service of its own process on the same graph."""
    with serving("serve") as service:
        yield service


def answer(service: Service, secret: str) -> Any:
    service.token = secret
    return service.ask(WHO).json()


def eventually(service: Service, secret: str, wanted: Any) -> None:
    """Ask until the answer is the one that is wanted: the service follows the log, and a command was faster."""
    assert wait_until(lambda: read(answer(service, secret)) == wanted, PATIENCE_SECONDS), read(answer(service, secret))


def read(told: Any) -> Any:
    if "errors" in told:
        return told["errors"][0]["extensions"]["code"]
    return (told["data"]["viewer"]["id"], told["data"]["tasks"]["totalCount"])


def test_token_works_on_the_running_service_and_what_is_granted_is_seen_until_it_is_revoked(
    service: Service, shell: Shell
) -> None:
    made = shell("token", "create", "--as", "person:ada", "--name", "Laptop", "--expires-in-days", "30")
    assert made.code == ExitCode.DONE
    secret = made.out.strip()
    assert SECRET.fullmatch(secret), "the secret stands alone on the output"
    assert secret not in made.err
    eventually(service, secret, ("person:ada", 0))
    assert shell("permission", "grant", "person:ada", "dispatcher", "organization:main").code == ExitCode.DONE
    eventually(service, secret, ("person:ada", 1))
    assert shell("permission", "revoke", "person:ada", "dispatcher", "organization:main").code == ExitCode.DONE
    eventually(service, secret, ("person:ada", 0))
    (listed,) = shell("token", "list", "--json").json
    revoked = shell("token", "revoke", listed["id"])
    assert (revoked.code, revoked.out) == (ExitCode.DONE, f"Revoked {listed['id']}, which let in person:ada.\n")
    eventually(service, secret, "UNAUTHENTICATED")


def test_list_tells_all_but_the_secret_and_its_hash(shell: Shell) -> None:
    first = shell("token", "create", "--as", "integration:erp", "--name", "Nightly", "--json").json
    second = shell("token", "create", "--as", "person:ada", "--expires-in-days", "1", "--json").json
    assert set(first) == {"id", "actor", "name", "createdAt", "createdBy", "expiresAt", "token"}
    assert (first["actor"], first["name"], first["expiresAt"]) == ("integration:erp", "Nightly", None)
    assert first["createdBy"] == "admin:local"
    told = shell("token", "list")
    lines = told.out.splitlines()
    assert lines[0] == f"{first['id']}  integration:erp  made {first['createdAt']}  for good  Nightly"
    assert lines[1] == f"{second['id']}  person:ada  made {second['createdAt']}  until {second['expiresAt']}"
    listed = shell("token", "list", "--json")
    for text in (told.out, told.err, listed.out, listed.err):
        assert not SECRET.search(text)
        assert not re.search(r"[0-9a-f]{64}", text)


def test_list_without_tokens_is_empty(shell: Shell) -> None:
    assert shell("token", "list").out == ""
    assert shell("token", "list", "--json").json == []


def test_token_that_lets_nobody_in_any_more_is_told_apart(shell: Shell, tmp_path: Path) -> None:
    shell("token", "create", "--as", "person:ada")
    folder = tmp_path / "gone"
    folder.mkdir()
    (folder / "people.csv").write_text("id,name,last_day\nada,Ada,2021-01-31\n", encoding="utf-8")
    assert run(["import", str(folder)]) == ExitCode.DONE
    assert "The last day of person:ada was 2021-01-31." in shell("token", "list").out
    assert "last day" in shell("token", "list", "--json").json[0]["fault"]


REFUSED = {
    "the administrator by file": (["--as", "admin:local"], ExitCode.BAD_INPUT, "nobody whom a token can stand for"),
    "the service itself": (["--as", "system:permissions"], ExitCode.BAD_INPUT, "nobody whom a token can stand for"),
    "a unit": (["--as", "unit:asia"], ExitCode.BAD_INPUT, "Name one of person:key (somebody of the organization)"),
    "no id": (["--as", "person:a b"], ExitCode.BAD_INPUT, "'person:a b' is not of the form person:key"),
    "nobody": (["--as", "person:nobody"], ExitCode.REFUSED, "There is no person:nobody in the organization."),
    "somebody who left": (["--as", "person:left"], ExitCode.REFUSED, "The last day of person:left was 2020-01-31."),
    "an empty name": (["--as", "person:ada", "--name", " "], ExitCode.BAD_INPUT, "The name of a token: An empty text"),
}


@pytest.mark.parametrize(("words", "code", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_token_that_cannot_be_made_is_refused_in_one_paragraph(
    shell: Shell, words: list[str], code: ExitCode, why: str
) -> None:
    told = shell("token", "create", *words)
    assert (told.code, told.out, told.err.count("\n")) == (code, "", 1)
    assert why in told.err
    assert shell("token", "list", "--json").json == []


def test_token_that_is_not_there_cannot_be_revoked(shell: Shell) -> None:
    told = shell("token", "revoke", "token:none")
    assert (told.code, told.out) == (ExitCode.REFUSED, "")
    assert told.err.startswith("NOT_FOUND: There is no token 'token:none'.")


@pytest.mark.parametrize("words", [["create"], ["create", "--as", "person:ada", "--expires-in-days", "0"], ["revoke"]])
def test_command_with_too_little_is_bad_usage(shell: Shell, words: list[str]) -> None:
    assert shell("token", *words).code == ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    "words", [["token", "list"], ["token", "create", "--as", "person:ada"], ["token", "revoke", "x"],
              ["permission", "check", "a:b", "c", "d:e"], ["permission", "export", "x.csv"]], ids=" ".join,
)  # fmt: skip
def test_bad_setting_is_refused_before_anything_is_done(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARMGRAPH_JWT_ISSUER", "https://issuer.example/")
    assert run(words) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert "SWARMGRAPH_JWT_AUDIENCE" in told.err

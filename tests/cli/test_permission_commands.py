"""`swarmgraph permission`: grant, revoke, check, explain, list, tuples and models, on a real server."""

from pathlib import Path

import pytest

from graph_api.cli.main import app, run
from graph_api.cli.outcome import ExitCode
from graph_api.cli.permission import permission
from tests.support.command_line import Shell

pytestmark = pytest.mark.usefixtures("on_the_server")

BOX = """model
  schema 1.1

type box
  relations
    define owner: [person, contact, unit#member, contact:*]
    define viewer: [person, person with in_office] or owner
    define blocked: [contact]
    define guest: [contact:*] but not blocked

condition in_office(hour: int) {
  hour >= 9 && hour < 18
}
"""
ADA = ["person:ada", "viewer", "box:1"]


@pytest.fixture
def organization(tmp_path: Path) -> None:
    """Ada and Bo, and a model with boxes."""
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "people.csv").write_text("id,name\nada,Ada\nbo,Bo\n", encoding="utf-8")
    assert run(["import", str(folder)]) == ExitCode.DONE
    path = tmp_path / "box.fga"
    path.write_text(BOX, encoding="utf-8")
    assert run(["permission", "model", "write", str(path)]) == ExitCode.DONE


@pytest.fixture
def shell(organization: None, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell on the organization."""
    return Shell(capsys, "permission")


def test_grant_is_seen_by_check_and_gone_after_revoke(shell: Shell) -> None:
    assert shell("check", *ADA).out == "DENIED: person:ada viewer box:1.\n"
    assert shell("check", *ADA).code == ExitCode.REFUSED
    assert shell("grant", *ADA).out == "Granted: person:ada viewer box:1.\n"
    assert shell("grant", *ADA).out == "There already: person:ada viewer box:1.\n"
    allowed = shell("check", *ADA)
    assert (allowed.code, allowed.out) == (ExitCode.DONE, "ALLOWED: person:ada viewer box:1.\n")
    assert shell("revoke", *ADA).out == "Revoked: person:ada viewer box:1.\n"
    assert shell("revoke", *ADA).out == "It was not granted: person:ada viewer box:1.\n"
    assert shell("check", *ADA).code == ExitCode.REFUSED


def test_condition_is_stored_and_asked_for(shell: Shell) -> None:
    assert shell("grant", *ADA, "--condition", "in_office").code == ExitCode.DONE
    told = shell("check", *ADA)
    assert told.code == ExitCode.REFUSED
    assert told.out == "CONDITIONAL: person:ada viewer box:1; it depends on hour, to be given by --context.\n"
    assert shell("check", *ADA, "--context", '{"hour": 9}').code == ExitCode.DONE
    assert shell("check", *ADA, "--context", '{"hour": 20}').code == ExitCode.REFUSED
    assert shell("grant", *ADA, "--condition", "in_office", "--context", '{"hour": 12}').code == ExitCode.DONE
    assert shell("check", *ADA, "--json").json["outcome"] == "ALLOWED"
    assert shell("tuples", "--object", "box:1").out == 'person:ada viewer box:1 where in_office with {"hour": 12}\n'


def test_grant_with_an_end_ends_and_the_past_remembers_it(shell: Shell) -> None:
    assert shell("grant", *ADA, "--expires-at", "2200-01-01", "--json").json["added"] == 1
    assert shell("tuples", "--user", "person:ada", "--source", "explicit").out == (
        "person:ada viewer box:1 until 2200-01-01T00:00:00+00:00\n"
    )
    assert shell("check", *ADA, "--at", "2199-12-31T23:59:59Z").code == ExitCode.DONE
    assert shell("check", *ADA, "--at", "2200-01-01").code == ExitCode.REFUSED
    over = shell("grant", *ADA, "--expires-at", "2020-01-01T00:00:00+08:00")
    assert over.code == ExitCode.REFUSED
    assert over.out.startswith("1 problem in the input; nothing was changed.\n  expiresAt: The tuple would expire at")


def test_explanation_names_the_tuples_and_what_would_grant(shell: Shell) -> None:
    denied = shell("explain", *ADA)
    assert (denied.code, "person:ada" in denied.out) == (ExitCode.DONE, True)
    assert shell("explain", *ADA, "--json").json["wouldGrant"][0]["object"] == "box:1"
    shell("grant", "person:ada", "owner", "box:1")
    path = shell("explain", *ADA, "--json").json["path"]
    assert [(each["user"], each["relation"], each["source"]) for each in path] == [("person:ada", "owner", "EXPLICIT")]


def test_lists_are_whole_one_name_a_line(shell: Shell) -> None:
    for box in ("1", "2", "3"):
        shell("grant", "person:ada", "viewer", f"box:{box}")
    shell("grant", "contact:*", "guest", "box:1")
    shell("grant", "contact:bad", "blocked", "box:1")
    assert shell("list", "objects", "person:ada", "viewer", "box").out == "box:1\nbox:2\nbox:3\n"
    assert shell("list", "objects", "person:bo", "viewer", "box").out == ""
    assert shell("list", "objects", "person:bo", "viewer", "box", "--json").json == []
    assert shell("list", "users", "box:2", "viewer", "person", "contact").out == "person:ada\n"
    assert shell("list", "users", "box:1", "guest", "contact").out == "contact:* but not contact:bad\n"
    assert shell("list", "users", "box:1", "guest", "contact", "--json").json == [
        {"user": "contact:*", "excluded": ["contact:bad"]}
    ]
    assert shell("list", "objects", "person:ada", "viewer", "box", "--at", "2999-01-01").out.count("\n") == 3


def test_lists_longer_than_a_page_of_the_service_are_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_api.cli.permission_options._ROWS", 2)
    for box in range(5):
        shell("grant", "person:ada", "viewer", f"box:{box}")
    assert shell("list", "objects", "person:ada", "viewer", "box", "--json").json == [f"box:{box}" for box in range(5)]
    assert len(shell("tuples", "--user", "person:ada", "--source", "explicit", "--json").json) == 5


def test_tuples_that_follow_from_the_organization_are_told_apart(shell: Shell) -> None:
    assert shell("tuples", "--user", "person:ada", "--source", "derived").out.splitlines() == [
        "person:ada itself person:ada (follows from the organization)",
        "person:ada member organization:main (follows from the organization)",
    ]
    revoked = shell("revoke", "person:ada", "member", "organization:main")
    assert revoked.code == ExitCode.REFUSED
    assert "follows from the organization, and cannot be written or removed. Change the organization" in revoked.out


REFUSED = {
    "a type that there is not": (["person:ada", "viewer", "boxx:1"], "object: The model has no type `boxx`"),
    "a relation that there is not": (["person:ada", "views", "box:1"], "relation: The type `box` has no relation"),
    "a user who may not": (["contact:a", "viewer", "box:1"], "user: `contact:a` cannot be assigned to `viewer`"),
    "no object": (["person:ada", "viewer", "box"], "object: `box` is no object"),
    "no user": (["ada", "viewer", "box:1"], "user: `ada` is no user"),
}


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_tuple_that_the_model_forbids_is_refused_in_plain_words(shell: Shell, words: list[str], why: str) -> None:
    told = shell("grant", *words)
    assert (told.code, told.err) == (ExitCode.REFUSED, "")
    assert told.out.startswith("1 problem in the input; nothing was changed.\n")
    assert why in told.out
    assert shell("grant", *words, "--json").json["problems"][0]["code"] == "INVALID_TUPLE"


BAD = {
    "a context that is no JSON": (["check", *ADA, "--context", "{"], "(at --context)"),
    "a context that is no object": (["check", *ADA, "--context", "[9]"], "(at --context)"),
    "a time that is none": (["check", *ADA, "--at", "yesterday"], "'yesterday' is no instant"),
    "a day that is none": (["check", *ADA, "--at", "2026-02-30"], "(at --at)"),
    "an instant without offset": (["grant", *ADA, "--expires-at", "2200-01-01T00:00:00"], "(at --expires-at)"),
    "a context without a condition": (["grant", *ADA, "--context", "{}"], "A context belongs to a condition."),
    "a check of no type": (["check", "person:ada", "viewer", "boxx:1"], "The model has no type `boxx`"),
    "a list of no relation": (["list", "objects", "person:ada", "views", "box"], "has no relation `views`"),
    "a model that is not there": (["model", "write", "nowhere.fga"], "nowhere.fga cannot be read: No such file"),
    "a file of tuples that is not there": (["import", "nowhere.csv"], "nowhere.csv cannot be read: No such file"),
    "a file to write that says no format": (["export", "tuples.txt"], "says no format"),
    "a folder that is not there": (["export", "nowhere/tuples.csv"], "cannot be written: No such file"),
}


@pytest.mark.parametrize(("words", "why"), BAD.values(), ids=BAD.keys())
def test_command_that_cannot_be_understood_says_so_in_one_paragraph(shell: Shell, words: list[str], why: str) -> None:
    told = shell(*words)
    assert (told.code, told.out, told.err.count("\n")) == (ExitCode.BAD_INPUT, "", 1)
    assert told.err.startswith("BAD_USER_INPUT: ")
    assert why in told.err


def test_question_that_needs_context_says_which(shell: Shell) -> None:
    shell("grant", *ADA, "--condition", "in_office")
    told = shell("list", "objects", "person:ada", "viewer", "box")
    assert (told.code, told.out) == (ExitCode.BAD_INPUT, "")
    assert "hour" in told.err
    assert shell("list", "objects", "person:ada", "viewer", "box", "--context", '{"hour": 9}').out == "box:1\n"


def test_live_model_is_shown_as_text_and_as_json(shell: Shell, tmp_path: Path) -> None:
    text = shell("model", "show").out
    assert "define viewer: [person, person with in_office] or owner" in text
    assert {"box", "organization"} <= {
        each["type"] for each in shell("model", "show", "--json").json["type_definitions"]
    }
    assert shell("model", "show", "authorization_model:none").code == ExitCode.REFUSED


def test_model_is_tried_before_it_is_written(shell: Shell, tmp_path: Path) -> None:
    shell("grant", *ADA)
    other = tmp_path / "other.fga"
    other.write_text(BOX.replace("viewer: [person, person", "viewer: [person"), encoding="utf-8")
    tried = shell("model", "preview", str(other))
    assert tried.code == ExitCode.DONE
    assert "0 accesses would be gained, 1 lost.\n  person:ada viewer box:1: ALLOWED -> DENIED\n" in tried.out
    assert "1 tuples do not count under it" in tried.out
    assert shell("check", *ADA).code == ExitCode.DONE, "nothing was changed"
    written = shell("model", "write", str(other))
    assert written.code == ExitCode.DONE
    assert written.out.startswith("authorization_model:")
    assert shell("check", *ADA).code == ExitCode.REFUSED
    assert shell("tuples", "--invalid").out == "person:ada viewer box:1 (does not count under the live model)\n"


def test_model_that_cannot_be_live_is_refused_with_every_place(shell: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "broken.fga"
    broken.write_text(BOX.replace("or owner", "or ownr").replace("[contact:*] but", "[contact:*] but but"), "utf-8")
    for verb in ("write", "preview"):
        told = shell("model", verb, str(broken))
        assert (told.code, told.err) == (ExitCode.REFUSED, "")
        assert "nothing was changed" in told.out
        assert f"  {broken.as_posix()}:" in told.out
    lacking = tmp_path / "lacking.fga"
    lacking.write_text("model\n  schema 1.1\ntype person\n", encoding="utf-8")
    told = shell("model", "write", str(lacking))
    assert told.code == ExitCode.REFUSED
    assert "The type `organization` is missing." in told.out


def test_model_is_read_as_json_and_as_modules(shell: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(shell("model", "show", "--json").out, encoding="utf-8")
    assert shell("model", "write", str(kept)).code == ExitCode.DONE
    (tmp_path / "crates.fga").write_text("module crates\n\ntype crate\n  relations\n    define owner: [person]\n")
    (tmp_path / "fga.mod").write_text("schema: '1.2'\ncontents:\n  - crates.fga\n")
    assert shell("model", "write", str(tmp_path / "fga.mod")).code == ExitCode.DONE
    assert shell("grant", "person:ada", "owner", "crate:1").code == ExitCode.DONE
    (tmp_path / "bad.json").write_text('{"type_definitions": [}')
    told = shell("model", "write", str(tmp_path / "bad.json"))
    assert (told.code, told.out) == (ExitCode.BAD_INPUT, "")
    assert told.err == (
        f"BAD_USER_INPUT: {tmp_path.as_posix()}/bad.json:1:23: This is no JSON: `}}` is no value. (at FILE)\n"
    )


def test_model_that_the_language_cannot_say_is_shown_as_json(shell: Shell, tmp_path: Path) -> None:
    named = tmp_path / "named.json"
    named.write_text('{"schema_version": "1.1", "type_definitions": [{"type": "übung!"}]}', encoding="utf-8")
    assert shell("model", "write", str(named)).code == ExitCode.DONE
    assert "übung!" in [each["type"] for each in shell("model", "show", "--json").json["type_definitions"]]
    told = shell("model", "show")
    assert (told.code, told.out) == (ExitCode.BAD_INPUT, "")
    assert "The DSL cannot say the name `übung!`." in told.err
    assert "Ask for `json` instead." in told.err


def test_every_command_of_the_group_says_what_it_does() -> None:
    commands = [*permission.registered_commands]
    for group in permission.registered_groups:
        commands += group.typer_instance.registered_commands if group.typer_instance is not None else []
    assert len(commands) > 12
    assert all((command.callback.__doc__ or "").endswith(".") for command in commands if command.callback)
    assert {"permission", "token"} <= {group.name for group in app.registered_groups}

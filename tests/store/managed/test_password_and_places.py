"""The password's file, the folders, and the configuration that is written into them."""

from pathlib import Path

import pytest

from graph_api.store.managed.password import read_or_make_password
from graph_api.store.managed.places import places_of
from graph_api.store.managed.server import configuration
from tests.support.managed import small_settings


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_password_is_made_once_long_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "password"
    password = read_or_make_password(path)
    assert len(password) == 32
    assert mode_of(path) == 0o600
    assert read_or_make_password(path) == password
    assert read_or_make_password(tmp_path / "other") != password
    assert {file.name for file in tmp_path.iterdir()} == {"password", "other"}


def test_a_password_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("chosen\n")
    path.chmod(0o644)
    assert read_or_make_password(path) == "chosen"
    assert mode_of(path) == 0o600


def test_a_draft_of_a_killed_process_does_not_hinder_the_next(tmp_path: Path) -> None:
    (tmp_path / "password.draft").write_text("half")
    assert read_or_make_password(tmp_path / "password") not in {"", "half"}
    assert mode_of(tmp_path / "password") == 0o600


def test_folders_of_the_server_are_closed_to_others(tmp_path: Path) -> None:
    places = places_of(tmp_path / "data")
    places.create()
    folders = (places.folder, places.home, places.configuration, places.server_log.parent)
    assert {mode_of(folder) for folder in folders} == {0o700}


def test_two_names_of_one_data_folder_are_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    assert places_of(tmp_path / "link") == places_of(Path("real")) == places_of(tmp_path / "real")


def test_configuration_keeps_security_on_and_the_server_to_itself(tmp_path: Path) -> None:
    lines = configuration(small_settings(tmp_path), 7777).splitlines()
    assert {
        "server.bolt.listen_address=127.0.0.1:7777",
        "server.http.enabled=false",
        "server.https.enabled=false",
        "dbms.security.auth_enabled=true",
        "dbms.usage_report.enabled=false",
        "db.logs.query.enabled=OFF",
        "server.memory.heap.max_size=256m",
        "server.memory.pagecache.size=16m",
    } <= set(lines)

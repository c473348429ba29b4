"""Starts that fail: the error says what happened and what to do, and nothing is left running."""

import socket
from pathlib import Path

import pytest

from graph_api.ops.settings import Settings
from graph_api.store.managed.client import hold_server
from graph_api.store.managed.faults import ServerFailed
from graph_api.store.managed.places import places_of
from graph_api.store.managed.server import HOST
from graph_api.store.managed.state import Phase
from tests.conftest import silent
from tests.support.managed import NO_NETWORK, left_behind, small_settings, state_of


def failure_of(settings: Settings) -> ServerFailed:
    with pytest.raises(ServerFailed) as failed, hold_server(settings, silent):
        pass
    assert left_behind(settings.data_dir) == []
    return failed.value


def test_a_port_of_the_settings_that_is_taken_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        fault = failure_of(small_settings(tmp_path, bolt_port=port))
    assert fault.message == f"Port {port} on {HOST} is taken by another program."
    assert "SWARMGRAPH_BOLT_PORT" in fault.suggestion
    assert (state_of(small_settings(tmp_path)).phase, state_of(small_settings(tmp_path)).server) == (Phase.FAILED, None)


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    fault = failure_of(small_settings(tmp_path, heap_mebibytes=1))
    assert "Neo4j ended by itself with code 1. Its last words:" in fault.message
    assert "Too small maximum heap" in fault.message
    assert "memory" in fault.suggestion
    assert "Too small maximum heap" in places_of(tmp_path).server_log.read_text()


def test_an_option_that_java_does_not_know_is_told_with_its_last_words(tmp_path: Path) -> None:
    fault = failure_of(small_settings(tmp_path, server_jvm_additional="-XX:+UseCompressedOops -XX:+NoSuchOption"))
    assert "Unrecognized VM option 'NoSuchOption'" in fault.message


def test_a_server_that_takes_too_long_is_told_with_the_limit(tmp_path: Path) -> None:
    fault = failure_of(small_settings(tmp_path, server_start_seconds=1.0, server_stop_seconds=5.0))
    assert "did not start in time" in fault.message
    assert "SWARMGRAPH_SERVER_START_SECONDS" in fault.suggestion


def test_a_first_start_without_network_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, dead in NO_NETWORK.items():
        monkeypatch.setenv(name, dead)
    fault = failure_of(small_settings(tmp_path / "data", cache_dir=tmp_path / "cache"))
    assert "of Neo4j cannot be fetched" in fault.message
    assert "network and proxy" in fault.suggestion
    assert "goes on where it stopped" in fault.suggestion


def test_a_supervisor_that_dies_without_a_word_is_not_started_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_settings(tmp_path)
    monkeypatch.setenv("SWARMGRAPH_NO_SUCH_SETTING", "1")
    fault = failure_of(settings)
    assert "The supervisor ended 3 times without a word." in fault.message
    assert "There is no setting SWARMGRAPH_NO_SUCH_SETTING." in fault.message


def test_a_start_after_a_failed_one_hears_of_its_own_failure_only(tmp_path: Path) -> None:
    first = failure_of(small_settings(tmp_path, heap_mebibytes=1))
    with socket.create_server((HOST, 0)) as taken:
        second = failure_of(small_settings(tmp_path, bolt_port=taken.getsockname()[1]))
    assert "heap" in first.message
    assert "heap" not in second.message

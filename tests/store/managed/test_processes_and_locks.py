"""What processes know of each other: who is alive, who holds a lock, what the supervisor said last."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
import pytest

from graph_api.ops.settings import load_settings
from graph_api.store.managed.faults import log_tail
from graph_api.store.managed.locks import FileLock, file_lock
from graph_api.store.managed.processes import ProcessId, end_process, process_id, processes_with
from graph_api.store.managed.server import rotate_log
from graph_api.store.managed.state import Phase, ServerState, read_state, write_state
from graph_api.store.managed.supervisor_command import read_supervisor_command, supervisor_command
from tests.support.managed import eventually, runs, small_settings

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
IDLE = "import signal; print('idle', flush=True); signal.pause()"

HEADLESS = """
import ctypes, signal, threading
def stay():
    print("headless", flush=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.sigwait([signal.SIGUSR1])
threading.Thread(target=stay).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@contextmanager
def child(program: str, *words: str) -> Generator[subprocess.Popen[str]]:
    """Run a program that says a word when it is ready, and kill it at the end."""
    with subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip()
            yield process
        finally:
            process.kill()


async def test_a_process_waiting_to_be_buried_is_not_alive() -> None:
    with child(IDLE) as process:
        known = process_id(process.pid)
        assert known.alive()
        os.kill(process.pid, signal.SIGKILL)
        await eventually(lambda: not runs(process.pid))
        assert psutil.pid_exists(process.pid)
        assert not known.alive()
        process.wait()
        assert not known.alive()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process does not outlive its first thread")
async def test_a_process_is_alive_until_its_last_thread_ends() -> None:
    with child(HEADLESS) as process:
        known = process_id(process.pid)
        await eventually(lambda: not runs(process.pid))
        assert known.alive()
        process.kill()
        await eventually(lambda: not known.alive())


def test_a_process_that_got_the_number_of_another_is_not_taken_for_it() -> None:
    mine = process_id(os.getpid())
    other = ProcessId(mine.pid, mine.started - 1)
    assert mine.alive()
    assert not other.alive()
    end_process(other, seconds=0.1)
    assert mine.alive()


@pytest.mark.skipif(sys.platform != "linux", reason="the place of the clock is Linux's")
def test_a_clock_that_is_set_anew_makes_no_other_process_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    before = process_id(os.getpid())
    booted = psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: booted + 3600.0)
    assert psutil.Process().create_time() > booted + 3600
    assert process_id(os.getpid()) == before
    assert before.alive()


def test_a_process_that_ends_while_it_is_looked_at_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(process: psutil.Process) -> str:
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "status", vanish)
    assert not process_id(os.getpid()).alive()


def test_a_process_that_does_not_listen_is_killed() -> None:
    with child(DEAF) as process:
        end_process(process_id(process.pid), seconds=0.2)
        assert process.wait() == -signal.SIGKILL


def test_a_process_that_listens_is_asked_only() -> None:
    with child(IDLE) as process:
        end_process(process_id(process.pid), seconds=30.0)
        assert process.wait() == -signal.SIGTERM


def test_processes_are_found_by_all_their_words() -> None:
    with child(IDLE, "--home-dir=here", "main") as process:
        assert [found.pid for found in processes_with(("main", "--home-dir=here"))] == [process.pid]
        assert list(processes_with(("main", "--home-dir=her"))) == []


def test_a_lock_is_shared_by_many_or_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path) as one, file_lock(path) as two, file_lock(path) as three:
        assert one.try_shared()
        assert two.try_shared()
        assert not three.try_exclusive()
        one.unlock()
        two.unlock()
        assert three.try_exclusive()
        assert not one.try_shared()


def test_a_lock_handed_to_a_child_is_free_only_when_both_let_it_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path) as later:
        lock = FileLock(path)
        assert lock.try_exclusive()
        handed = FileLock(path, os.dup(lock.descriptor))
        lock.close()
        assert not later.try_exclusive()
        handed.close()
        assert later.try_exclusive()


def test_a_report_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) is None
    state = ServerState(Phase.READY, 1.5, supervisor=ProcessId(7, 2.25), bolt_port=7687, error="Why?")
    write_state(path, state)
    assert read_state(path) == state
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    path.write_bytes(path.read_bytes()[:-5])
    assert read_state(path) is None


def test_a_report_of_a_dead_supervisor_does_not_speak() -> None:
    mine = process_id(os.getpid())
    assert ServerState(Phase.READY, 0.0, supervisor=mine).speaks()
    assert not ServerState(Phase.READY, 0.0, supervisor=msgspec.structs.replace(mine, started=0.5)).speaks()
    assert not ServerState(Phase.STARTING, 0.0).speaks()


def test_a_supervisor_gets_the_options_of_the_client_that_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_settings(tmp_path, bolt_port=7777, cache_dir=tmp_path / "cache", server_stop_seconds=3.5)
    monkeypatch.setattr(sys, "argv", supervisor_command(settings, 5)[2:])
    given, descriptor = read_supervisor_command()
    heard = load_settings(**given)
    assert descriptor == 5
    assert heard.model_dump(exclude={"neo4j_uri", "neo4j_database"}) == settings.model_dump(
        exclude={"neo4j_uri", "neo4j_database"}
    )


def test_a_log_that_grew_large_is_put_aside(tmp_path: Path) -> None:
    log, aside = tmp_path / "server.log", tmp_path / "server.log.1"
    rotate_log(log)
    log.write_text("short")
    rotate_log(log)
    assert (log.read_text(), aside.exists()) == ("short", False)
    os.truncate(log, 10_000_001)
    rotate_log(log)
    assert (log.exists(), aside.stat().st_size) == (False, 10_000_001)


def test_the_last_words_of_a_log_are_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    assert log_tail(log) == ""
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % number for number in range(5000)))
    assert log_tail(log, 2) == "line 4998\nline 4999"

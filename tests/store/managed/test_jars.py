"""The jars of Neo4j: fetched once from a repository, checked by their hashes, and never taken where they are others."""

import functools
import hashlib
import http.server
import re
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from graph_api.store.managed.faults import InstallFailed
from graph_api.store.managed.install import LOCK_FILE, NEO4J_VERSION, Installation, read_lock
from graph_api.store.managed.locks import file_lock
from tests.conftest import silent

DEAD = {"dead": "http://127.0.0.1:9"}
SECONDS = 60.0
PATHS = (Path("org/example/one/1.0/one-1.0.jar"), Path("org/example/two/2.0/two-2.0-linux.jar"))
CONTENTS = (b"the first jar" * 1000, b"the second jar" * 1000)
LOCK = """\
[[dependencies]]
groupId = "org.example"
artifactId = "{name}"
version = "{version}"
classifier = "{classifier}"
sha256 = "{sha256}"
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Answers from a folder and keeps silent."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Repository:
    """A repository on the loopback address, with the two jars of the lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path, content in zip(PATHS, CONTENTS, strict=True):
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_bytes(content)
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        self.addresses = {"loopback": f"http://127.0.0.1:{self.server.server_port}"}

    def alter(self, content: bytes) -> None:
        (self.folder / PATHS[0]).write_bytes(content)


class Site:
    """A cache folder, a lock file of two jars and their repository."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repository")
        self._cache = folder / "cache"
        self._lock_file = folder / "lock.toml"
        hashes = [hashlib.sha256(content).hexdigest() for content in CONTENTS]
        self._lock_file.write_text(
            LOCK.format(name="one", version="1.0", classifier="", sha256=hashes[0])
            + LOCK.format(name="two", version="2.0", classifier="linux", sha256=hashes[1])
        )

    def installation(self, repositories: dict[str, str] | None = None) -> Installation:
        return Installation(
            self._cache, lock_file=self._lock_file, repositories=repositories or self.repository.addresses
        )

    def offline(self) -> Installation:
        """Return an installation that could fetch nothing."""
        return self.installation(DEAD)

    def install(self) -> list[Path]:
        return self.installation().install(SECONDS, silent)

    def jar(self, number: int = 0) -> Path:
        return self.installation().folder / PATHS[number]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site(tmp_path)
    thread = threading.Thread(target=site.repository.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.repository.server.shutdown()
    site.repository.server.server_close()
    thread.join()


def test_missing_jars_are_fetched_and_the_class_path_names_them_in_order(site: Site) -> None:
    assert [jar.name for jar in site.installation().missing()] == ["one", "two"]
    class_path = site.install()
    assert [path.read_bytes() for path in class_path] == list(CONTENTS)
    assert class_path == [site.jar(0), site.jar(1)]
    assert site.installation().missing() == []
    assert site.installation().verified()


def test_a_second_start_needs_no_network(site: Site) -> None:
    class_path = site.install()
    assert site.offline().install(SECONDS, silent) == class_path


def test_a_first_start_without_network_fails_and_the_next_one_goes_on(site: Site) -> None:
    site.jar(1).parent.mkdir(parents=True)
    site.jar(1).write_bytes(CONTENTS[1])
    with pytest.raises(InstallFailed, match=r"one-1\.0\.jar of Neo4j cannot be fetched") as failed:
        site.offline().install(SECONDS, silent)
    assert "goes on where it stopped" in failed.value.suggestion
    (site.repository.folder / PATHS[1]).unlink()
    assert [path.read_bytes() for path in site.install()] == list(CONTENTS)


def test_a_jar_half_fetched_by_a_killed_start_is_fetched_anew(site: Site) -> None:
    site.jar().parent.mkdir(parents=True)
    site.jar().write_bytes(CONTENTS[0][:500])
    assert site.install()[0].read_bytes() == CONTENTS[0]


def test_a_flipped_byte_in_a_complete_installation_is_refused(site: Site) -> None:
    site.install()
    altered = bytearray(CONTENTS[0])
    altered[100] ^= 1
    site.jar().write_bytes(altered)
    assert not site.installation().verified()
    for _ in range(2):
        with pytest.raises(InstallFailed, match=r"not the ones of the lock file: one-1\.0\.jar") as refused:
            site.install()
        assert refused.value.suggestion == f"Delete the folder {site.installation().folder} and start again."
    assert site.jar().read_bytes() == altered


def test_a_jar_missing_from_a_complete_installation_is_fetched_again(site: Site) -> None:
    site.install()
    site.jar().unlink()
    assert [jar.name for jar in site.installation().missing()] == ["one"]
    (site.repository.folder / PATHS[1]).unlink()
    assert site.install()[0].read_bytes() == CONTENTS[0]


def test_jars_with_other_times_are_checked_again_without_network(site: Site) -> None:
    site.install()
    site.jar().touch()
    assert not site.installation().verified()
    site.offline().install(SECONDS, silent)
    assert site.installation().verified()


def test_a_repository_with_another_jar_is_not_believed(site: Site) -> None:
    site.repository.alter(b"not the jar of the lock")
    with pytest.raises(InstallFailed, match="not the ones of the lock file"):
        site.install()
    assert not site.installation().verified()
    site.repository.alter(CONTENTS[0])
    assert site.install()[0].read_bytes() == CONTENTS[0]


def test_a_new_lock_file_makes_the_jars_be_checked_again(site: Site) -> None:
    site.install()
    with (site.installation().folder.parents[1] / "lock.toml").open("a") as lock:
        lock.write("# of another version\n")
    assert not site.installation().verified()
    site.offline().install(SECONDS, silent)
    assert site.installation().verified()


def test_progress_is_told_in_words_with_the_part_that_is_done(site: Site) -> None:
    told: list[tuple[str, float | None]] = []
    site.installation().install(SECONDS, lambda doing, fraction: told.append((doing, fraction)))
    assert told[0] == ("Checking the jars of Neo4j", None)
    assert told[-1] == (f"Fetching Neo4j {NEO4J_VERSION}: 2 of 2 jars", 1.0)


def test_a_second_process_waits_for_the_one_that_installs(site: Site) -> None:
    site.installation().folder.mkdir(parents=True)
    told: list[str] = []
    with file_lock(site.installation().folder / "install.lock") as first:
        assert first.try_exclusive()

        def let_go(doing: str, _: float | None) -> None:
            told.append(doing)
            first.unlock()

        site.installation().install(SECONDS, let_go)
    assert told[0] == "Waiting for another process that installs Neo4j"
    assert site.installation().verified()


def test_a_second_process_does_not_wait_forever(site: Site) -> None:
    site.installation().folder.mkdir(parents=True)
    with file_lock(site.installation().folder / "install.lock") as first:
        assert first.try_exclusive()
        with pytest.raises(InstallFailed, match="for too long"):
            site.installation().install(0.01, silent)


def test_the_shipped_lock_names_every_jar_by_its_hash_and_no_address() -> None:
    jars = read_lock(LOCK_FILE)
    assert len({jar.path for jar in jars}) == len(jars) == 237
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert any((jar.name, jar.version) == ("neo4j", NEO4J_VERSION) for jar in jars)
    assert "://" not in LOCK_FILE.read_text()

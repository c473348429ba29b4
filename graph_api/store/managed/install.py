"""Fetch the jars of Neo4j: exactly those of jgo.lock.toml, each checked by its SHA-256.

jgo knows the repository and its layout. Its resolver is not asked: the lock names every jar, so that the result is the
same on every machine and on every day, half an installation is simply continued, and nothing else is fetched.
"""

import hashlib
import logging
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

import msgspec
from jgo.maven import MavenContext

from graph_api.ops.settings import Settings
from graph_api.store.managed.faults import InstallFailed, Progress
from graph_api.store.managed.locks import file_lock, wait_until

NEO4J_VERSION: Final = "2026.08.1"
LOCK_FILE: Final = Path(__file__).with_name("jgo.lock.toml")
_DOWNLOADS: Final = 6
_ATTEMPTS: Final = 3
_REQUEST_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.2
_LOG: Final = logging.getLogger(__name__)


class LockedJar(msgspec.Struct, frozen=True):
    """One jar of the lock."""

    group: str = msgspec.field(name="groupId")
    name: str = msgspec.field(name="artifactId")
    version: str
    sha256: str
    classifier: str = ""

    @property
    def path(self) -> Path:
        """Return its place inside the repository."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        return Path(*self.group.split("."), self.name, self.version, f"{self.name}-{self.version}{suffix}.jar")


class _Lock(msgspec.Struct, frozen=True):
    dependencies: list[LockedJar]


class _Stamp(msgspec.Struct, frozen=True):
    lock_sha256: str
    files: dict[str, tuple[int, int]]


class Installation:
    """The jars below one cache folder. `repositories` replaces where jgo looks, name to address."""

    def __init__(
        self, cache_dir: Path, *, lock_file: Path = LOCK_FILE, repositories: dict[str, str] | None = None
    ) -> None:
        self.folder: Final = cache_dir.expanduser().resolve() / f"neo4j-{NEO4J_VERSION}"
        self.jars: Final = read_lock(lock_file)
        self._lock_sha256 = _sha256(lock_file)
        self._stamp = self.folder / "installed.json"
        self._repositories = repositories

    @property
    def class_path(self) -> list[Path]:
        """Return the jars, in the order of the lock."""
        return [self.folder / jar.path for jar in self.jars]

    def missing(self) -> list[LockedJar]:
        """Return the jars that are not there."""
        return [jar for jar in self.jars if not (self.folder / jar.path).is_file()]

    def verified(self) -> bool:
        """Return whether sizes and times are those of the last full check; reads no jar."""
        stamp = self._read_stamp()
        return stamp is not None and stamp.files == self._facts()

    def install(self, seconds: float, progress: Progress) -> list[Path]:
        """Return the class path, after fetching what is not there; a second process waits for the first.

        Raises InstallFailed where a jar cannot be fetched or is not the one of the lock.
        """
        if self.verified():
            return self.class_path
        self.folder.mkdir(parents=True, exist_ok=True)
        with file_lock(self.folder / "install.lock") as lock:

            def ours() -> bool:
                progress("Waiting for another process that installs Neo4j", None)
                return lock.try_exclusive()

            if not lock.try_exclusive() and not wait_until(ours, seconds):
                raise InstallFailed("Another process has been installing Neo4j for too long.")
            if not self.verified():
                self._complete(seconds, progress)
        return self.class_path

    def _complete(self, seconds: float, progress: Progress) -> None:
        progress("Checking the jars of Neo4j", None)
        wrong = [jar for jar in self.jars if not self._matches(jar)]
        changed = [jar for jar in wrong if (self.folder / jar.path).exists()]
        if changed and self._read_stamp() is not None:
            # A complete installation was altered. What else was, nobody knows: mending one jar would hide it.
            raise self._mismatch(changed)
        self._fetch_all(wrong, seconds, progress)
        draft = self._stamp.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(_Stamp(self._lock_sha256, self._facts())))
        draft.replace(self._stamp)

    def _fetch_all(self, jars: Sequence[LockedJar], seconds: float, progress: Progress) -> None:
        _each(
            [(lambda jar=jar: self._fetch(jar)) for jar in jars],
            seconds,
            lambda done: progress(f"Fetching Neo4j {NEO4J_VERSION}: {done} of {len(jars)} jars", done / len(jars)),
        )

    def _fetch(self, jar: LockedJar) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            # jgo takes a file that is there for good; it is not, or we would not be here.
            (self.folder / jar.path).unlink(missing_ok=True)
            try:
                self._download(jar)
            # jgo raises RuntimeError where no repository has the file, and the OSErrors of its HTTP library.
            except (RuntimeError, OSError) as fault:
                _LOG.warning("Attempt %s to fetch %s failed: %s", attempt, jar.path.name, fault)
                if attempt == _ATTEMPTS:
                    raise InstallFailed(
                        f"The jar {jar.path.name} of Neo4j cannot be fetched: {fault}",
                        suggestion="Check network and proxy, then start again: it goes on where it stopped.",
                    ) from fault
            else:
                if self._matches(jar):
                    return
        raise self._mismatch([jar])

    def _download(self, jar: LockedJar) -> None:
        context = MavenContext(
            repo_cache=self.folder, local_repos=[], remote_repos=self._repositories, timeout=_REQUEST_SECONDS
        )
        context.project(jar.group, jar.name).at_version(jar.version).artifact(jar.classifier).resolve()

    def _matches(self, jar: LockedJar) -> bool:
        path = self.folder / jar.path
        return path.is_file() and _sha256(path) == jar.sha256

    def _mismatch(self, jars: Sequence[LockedJar]) -> InstallFailed:
        names = ", ".join(jar.path.name for jar in jars[:5])
        return InstallFailed(
            f"{len(jars)} jars of Neo4j are not the ones of the lock file: {names}.",
            suggestion=f"Delete the folder {self.folder} and start again.",
        )

    def _facts(self) -> dict[str, tuple[int, int]]:
        return {str(jar.path): _size_and_time(self.folder / jar.path) for jar in self.jars}

    def _read_stamp(self) -> _Stamp | None:
        try:
            stamp = msgspec.json.decode(self._stamp.read_bytes(), type=_Stamp)
        except (OSError, msgspec.DecodeError):
            return None
        return stamp if stamp.lock_sha256 == self._lock_sha256 else None


def read_lock(lock_file: Path) -> list[LockedJar]:
    """Return the jars of a lock file."""
    return msgspec.convert(tomllib.loads(lock_file.read_text()), type=_Lock).dependencies


def installation(settings: Settings) -> Installation:
    """Return the installation of these settings."""
    return Installation(settings.cache_dir)


def _each(tasks: Sequence[Callable[[], None]], seconds: float, progress: Callable[[int], None]) -> None:
    pool = ThreadPoolExecutor(_DOWNLOADS, thread_name_prefix="jars")
    try:
        _follow({pool.submit(task) for task in tasks}, seconds, progress)
    finally:
        # Whoever gives up does not wait for downloads under way.
        pool.shutdown(wait=False, cancel_futures=True)


def _follow(tasks: set[Future[None]], seconds: float, progress: Callable[[int], None]) -> None:
    rest, deadline = tasks, time.monotonic() + seconds
    while rest and time.monotonic() < deadline:
        done, rest = wait(rest, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        progress(len(tasks) - len(rest))
    if rest:
        raise InstallFailed(
            f"Neo4j was not fetched within {seconds:.0f} s.",
            suggestion="Start again: it goes on where it stopped. SWARMGRAPH_SERVER_INSTALL_SECONDS is the limit.",
        )


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (-1, 0)
    return facts.st_size, facts.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

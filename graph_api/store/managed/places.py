"""Where the managed server keeps its files."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Folders and files below one data folder."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        """Return the folder of everything that belongs to the server."""
        return self.data_dir / "neo4j"

    @property
    def home(self) -> Path:
        """Return the home folder of Neo4j: its data and its own logs."""
        return self.folder / "home"

    @property
    def configuration(self) -> Path:
        """Return the folder with neo4j.conf, written anew at each start."""
        return self.folder / "conf"

    @property
    def password(self) -> Path:
        """Return the file with the password."""
        return self.folder / "password"

    @property
    def state(self) -> Path:
        """Return the file in which the supervisor says how it is."""
        return self.folder / "state.json"

    @property
    def supervisor_lock(self) -> Path:
        """Return the file that a supervisor locks for its whole life."""
        return self.folder / "supervisor.lock"

    @property
    def clients_lock(self) -> Path:
        """Return the file that all clients lock together."""
        return self.folder / "clients.lock"

    @property
    def supervisor_log(self) -> Path:
        """Return the log of the supervisor."""
        return self.data_dir / "logs" / "supervisor.log"

    @property
    def server_log(self) -> Path:
        """Return what the server prints."""
        return self.data_dir / "logs" / "neo4j-server.log"

    def create(self) -> None:
        """Make the folders; nobody else may look into them."""
        for folder in (self.folder, self.home, self.configuration, self.server_log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def places_of(data_dir: Path) -> Places:
    """Return the places below a data folder, as an absolute path: processes find each other by it."""
    return Places(data_dir.expanduser().resolve())

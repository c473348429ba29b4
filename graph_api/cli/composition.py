"""The composition root of the command line: settings, the kinds of records, the server and a replica on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import typer

from graph_api.cli.progress import stages
from graph_api.kernel.records import RecordRegistry
from graph_api.knowledge.model import RECORDS as KNOWLEDGE
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import RECORDS as ORGANIZATION
from graph_api.projection.records import RECORDS as PROJECTION
from graph_api.projection.replica import Replica, open_replica
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database, open_database
from graph_api.store.managed.client import managed_server
from graph_api.swarm.model import RECORDS as SWARM

REGISTRY: Final = RecordRegistry([*ORGANIZATION, *SWARM, *KNOWLEDGE, *PROJECTION])


class CommonOptions(msgspec.Struct, frozen=True):
    """Options before the command's name."""

    data_dir: Path | None = None


def settings_of(context: typer.Context) -> Settings:
    """Read the settings, with the common options over them; raises SettingsError."""
    options = context.find_object(CommonOptions) or CommonOptions()
    return load_settings(data_dir=options.data_dir)


@asynccontextmanager
async def open_server(settings: Settings) -> AsyncGenerator[ServerAddress]:
    """Hold the server that the settings name, else the managed one, and show how far its start is."""
    with stages() as progress:
        async with managed_server(settings, progress) as address:
            progress.end()
            yield address


@asynccontextmanager
async def open_site_database(settings: Settings) -> AsyncGenerator[Database]:
    """Connect to the database alone, without loading its state."""
    async with open_server(settings) as address, open_database(address, settings) as database:
        yield database


@asynccontextmanager
async def open_site(settings: Settings) -> AsyncGenerator[Replica]:
    """Open a replica for the length of one command."""
    async with open_server(settings) as address, open_replica(settings, REGISTRY, address) as replica:
        yield replica

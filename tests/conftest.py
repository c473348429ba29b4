"""Fixtures for everybody: one real Neo4j a worker, emptied for each test that asks for it."""

import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from graph_api.ops.settings import load_settings
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database, open_database
from graph_api.store.managed.client import hold_server
from tests.support.cleaning import empty
from tests.support.replicas import Site

HEAP_MEBIBYTES = 768
PAGE_CACHE_MEBIBYTES = 128

# What services of tests are asked once gains nothing by code that the JVM optimized, and the optimizing takes longer
# than all their statements. Read by the processes that tests start as well.
os.environ.setdefault("SWARMGRAPH_SERVER_JVM_ADDITIONAL", "-XX:TieredStopAtLevel=1")
os.environ.setdefault("SWARMGRAPH_WARM_UP_SECONDS", "0.1")

# A busy machine makes any single example slow now and then; that says nothing about the code.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


def silent(doing: str, fraction: float | None) -> None:
    """Take progress and say nothing."""


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerAddress]:
    """The server that NEO4J_URI names, else a managed one of this worker; its content may be deleted at will."""
    settings = load_settings(
        data_dir=tmp_path_factory.mktemp("swarmgraph"),
        heap_mebibytes=HEAP_MEBIBYTES,
        page_cache_mebibytes=PAGE_CACHE_MEBIBYTES,
    )
    with hold_server(settings, silent) as address:
        yield address


@pytest.fixture(scope="session")
async def database(neo4j_server: ServerAddress) -> AsyncGenerator[Database]:
    """A connection to the worker's server."""
    async with open_database(neo4j_server, load_settings(neo4j_uri=None)) as database:
        yield database


@pytest.fixture
async def site(neo4j_server: ServerAddress, database: Database, tmp_path: Path) -> Site:
    """An emptied database and a folder of its own."""
    await empty(database)
    return Site(neo4j_server, tmp_path)

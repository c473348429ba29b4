"""A real Neo4j for the whole test run: the one NEO4J_URI names, else a managed one with its own data folder."""

from collections.abc import Generator

import pytest

from graph_api.ops.settings import Settings, load_settings
from graph_api.store.address import ServerAddress
from graph_api.store.managed.client import hold_server

HEAP_MEBIBYTES = 640
PAGE_CACHE_MEBIBYTES = 128


def silent(doing: str, fraction: float | None) -> None:
    """Take progress and say nothing."""


@pytest.fixture(scope="session")
def server_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a data folder of this test process; the jars are shared with everybody else."""
    return load_settings(
        data_dir=tmp_path_factory.mktemp("swarmgraph"),
        heap_mebibytes=HEAP_MEBIBYTES,
        page_cache_mebibytes=PAGE_CACHE_MEBIBYTES,
    )


@pytest.fixture(scope="session")
def managed_server_for_tests(server_settings: Settings) -> Generator[ServerAddress]:
    """Address of a server that lives as long as the test process; its data may be deleted at will."""
    with hold_server(server_settings, silent) as address:
        yield address

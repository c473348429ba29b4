"""Commands that find the worker's server by their environment."""

import pytest

from tests.support.replicas import Site


@pytest.fixture
def on_the_server(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the variables name the emptied server and a data folder of the test."""
    monkeypatch.setenv("NEO4J_URI", site.address.uri)
    monkeypatch.setenv("SWARMGRAPH_DATA_DIR", str(site.folder))
    if site.address.password is not None:
        monkeypatch.setenv("NEO4J_USERNAME", site.address.username)
        monkeypatch.setenv("NEO4J_PASSWORD", site.address.password)

"""Services and their database are killed under write load: what was acknowledged is there, once and whole."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from graph_api.store.managed.client import managed_server
from tests.conftest import silent
from tests.soak.crew import FEW, MANY, PATIENCE, SMALL, Crew, Victim
from tests.soak.judging import judge_all
from tests.soak.load import Load
from tests.soak.services import last_words, services
from tests.support.managed import left_behind, small_settings
from tests.support.replicas import Site
from tests.support.services import quiet_environment

CLIENTS: Final = 6


@pytest.mark.soak
@pytest.mark.parametrize("victims", [pytest.param(FEW, id="small"), pytest.param(MANY, id="full")])
async def test_what_was_acknowledged_outlives_kills_under_load(
    tmp_path: Path, victims: Sequence[Victim], record_property: Callable[[str, object], None]
) -> None:
    settings = small_settings(tmp_path)
    environments = [quiet_environment(tmp_path, mutation_seconds=seconds, **SMALL) for seconds in PATIENCE]
    async with services(environments) as running:
        load = Load(running, CLIENTS)
        crew = Crew(settings, running, environments, load)
        await load.prepare()
        record_property("kills", await crew.kill_under_load(victims))
        async with managed_server(settings, silent) as address:
            words = await last_words(running, tmp_path, load.newest)
            await judge_all(Site(address, tmp_path), settings, load.acknowledged, words)
    assert left_behind(tmp_path) == []

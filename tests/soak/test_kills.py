"""Services and their database are killed under write load: what was acknowledged is there, once and whole."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from graph_api.ops.settings import Settings
from graph_api.projection.state import differences
from graph_api.projection.verify import commits_from
from graph_api.store.database import open_database
from graph_api.store.managed.client import managed_server
from tests.conftest import silent
from tests.soak.crew import Crew, Victim
from tests.soak.judging import judge, written_under
from tests.soak.load import Load
from tests.soak.services import CODEC, LastWords, last_words, loaded, services, words_of
from tests.support.command_line import commands_on, told
from tests.support.folds import Fold
from tests.support.managed import left_behind, small_settings
from tests.support.replicas import Site
from tests.support.services import quiet_environment

CLIENTS: Final = 6
SMALL: Final[dict[str, Any]] = {"heap_mebibytes": 512, "page_cache_mebibytes": 64, "snapshot_commits": 50}
PATIENCE: Final = (5, 60)
"""Seconds that the one and the other service wait for a commit: a short outage ends before, or after."""
FEW: Final = (Victim.SERVICE, Victim.DATABASE)
MANY: Final = (Victim.SERVICE,) * 7 + (Victim.BOTH_SERVICES,) * 3 + (Victim.DATABASE,) * 10


@pytest.mark.parametrize(
    "victims", [pytest.param(FEW, id="small"), pytest.param(MANY, id="full", marks=pytest.mark.soak)]
)
async def test_what_was_acknowledged_outlives_kills_under_load(
    tmp_path: Path, victims: Sequence[Victim], record_property: Callable[[str, object], None]
) -> None:
    settings = small_settings(tmp_path)
    environments = [quiet_environment(tmp_path, mutation_seconds=seconds, **SMALL) for seconds in PATIENCE]
    async with services(environments) as running:
        load = Load(running, CLIENTS)
        crew = Crew(settings, running, environments, load)
        await crew.prepare()
        began = time.monotonic()
        await kill_under_load(crew, load, victims)
        record_property("kills", told_of(crew, load, time.monotonic() - began))
        async with managed_server(settings, silent) as address:
            words = await last_words(running, tmp_path, load.newest)
            await judge_all(Site(address, tmp_path), settings, load, words)
    assert left_behind(tmp_path) == []


async def kill_under_load(crew: Crew, load: Load, victims: Sequence[Victim]) -> None:
    order = random.Random(4).sample(victims, len(victims))
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        await crew.answered()
        for victim in order:
            await crew.kill(victim)
        load.stop()


async def judge_all(site: Site, settings: Settings, load: Load, words: Sequence[LastWords]) -> None:
    """See that log, graph and memories agree, and that they hold what was acknowledged."""
    with commands_on(site):
        verified = await told("log", "verify")
    async with open_database(site.address, settings) as database:
        state = await loaded(database)
        folded = await Fold(database).up_to(state.revision)
        assert differences(state.graph, folded.graph) == {}
        assert [*words, words_of(folded)] == [words_of(state)] * 3
        assert (verified["commits"], verified["hash"]) == (state.revision, state.hash)
        judge(load.acknowledged, await written_under(commits_from(database, CODEC, 1)))


def told_of(crew: Crew, load: Load, seconds: float) -> str:
    outages = ", ".join(f"{victim.value} {back:.0f} s" for victim, back in crew.outages)
    kinds = dict(Counter(one.operation for one in load.acknowledged))
    return (
        f"{len(crew.outages)} survived in {seconds:.0f} s (back after: {outages}); "
        f"acknowledged {len(load.acknowledged)} commands {kinds}, {load.retries} asked again"
    )

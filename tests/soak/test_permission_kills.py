"""Services and their database are killed under permission load: what was granted and revoked stands at every start."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest

from graph_api.permission.records import Granted
from graph_api.projection.snapshot import read_snapshot
from graph_api.store.cypher import NoParams, NoRow, Query
from graph_api.store.database import open_database
from graph_api.store.managed.client import managed_server
from tests.conftest import silent
from tests.soak.crew import FEW, MANY, PATIENCE, SMALL, Crew, Victim
from tests.soak.judging import judge_all
from tests.soak.permission_load import PermissionLoad, judge_rights
from tests.soak.services import last_words, loaded, services
from tests.support.managed import left_behind, small_settings
from tests.support.replicas import REGISTRY, Site
from tests.support.services import quiet_environment

CLIENTS: Final = 6
OFTEN: Final = SMALL | {"snapshot_commits": 20}
_FORGET_GRANTS: Final[Query[NoParams, NoRow]] = Query(
    name="tests/forget_grants",
    mode="write",
    plan="starts from the type GRANTED",
    text="MATCH ()-[grant:GRANTED]->() DELETE grant",
    params=NoParams,
    row=NoRow,
)


@pytest.mark.soak
@pytest.mark.parametrize("victims", [pytest.param(FEW, id="small"), pytest.param(MANY, id="full")])
async def test_what_was_granted_and_revoked_outlives_kills_on_cold_and_on_snapshot_loads(
    tmp_path: Path, victims: Sequence[Victim], record_property: Callable[[str, object], None]
) -> None:
    settings = small_settings(tmp_path)
    environments = [quiet_environment(tmp_path, mutation_seconds=seconds, **OFTEN) for seconds in PATIENCE]
    snapshots, older = tmp_path / "snapshots", tmp_path / "older"
    async with AsyncExitStack() as held:
        async with services(environments) as running:
            load = PermissionLoad(running, CLIENTS)
            crew = Crew(settings, running, environments, load)
            await load.prepare()
            record_property("kills", await crew.kill_under_load(victims))
            address = await held.enter_async_context(managed_server(settings, silent))
        # Both services were killed: what snapshots they leave are from the midst of the load.
        snapshots.rename(older)
        async with services(environments) as running:
            await judge_rights(running, load)
            words = await last_words(running, tmp_path, load.newest)
        await judge_all(Site(address, tmp_path), settings, load.acknowledged, words)
        shutil.rmtree(snapshots)
        older.rename(snapshots)
        record_property("snapshots", f"at {revisions(snapshots)} of {words[0].revision} revisions")
        # Who still answers rightly after this has not loaded the graph.
        async with open_database(address, settings) as database:
            await database.write(_FORGET_GRANTS, NoParams())
            left = (await loaded(database)).graph.records()
            assert [record for record in left if isinstance(record, Granted)] == []
        async with services(environments) as running:
            await judge_rights(running, load)
    assert left_behind(tmp_path) == []


def revisions(folder: Path) -> list[int]:
    """Return how far the snapshots of the replicas go."""
    states = [read_snapshot(path, REGISTRY) for path in sorted(folder.glob("*/state.snapshot"))]
    return [state.revision for state in states if state is not None]

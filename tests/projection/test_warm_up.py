"""The warm-up of the write path: it ends at its limit or with a warm server, and leaves nothing behind."""

import pytest

from graph_api.projection.commit import CommitCodec
from graph_api.projection.verify import verify_log
from graph_api.projection.warm_up import is_warm, warm_up
from graph_api.store.cypher import NoParams
from graph_api.store.database import Database
from tests.support import named_answers
from tests.support.commands import INCREMENT, Increment
from tests.support.replicas import REGISTRY, Site

FAST, SLOW = [0.010], [0.100]


async def all_there_is(database: Database) -> object:
    nodes = await database.read(named_answers.NODES, NoParams())
    return [(row.kind, row.records) for row in nodes], (await verify_log(database, CommitCodec(REGISTRY))).commits


async def test_it_ends_at_its_limit_and_leaves_nothing_behind(site: Site, database: Database) -> None:
    async with site.replica() as one:
        await one.submit(INCREMENT, Increment(skill_id="skill:counter"), actor="test", timeout_seconds=60)
    before = await all_there_is(database)
    assert await warm_up(database, limit_seconds=0.001) >= 0.001
    assert await all_there_is(database) == before


@pytest.mark.parametrize(
    ("rounds", "warm"),
    [
        (FAST * 19, False),
        (FAST * 20, True),
        (SLOW * 9 + FAST * 11, True),
        (FAST * 9 + SLOW * 11, False),
        (SLOW * 20, False),
    ],
)
def test_a_server_is_warm_where_half_of_the_last_rounds_are_fast(rounds: list[float], warm: bool) -> None:
    assert is_warm(rounds) is warm

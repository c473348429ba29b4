"""A process that writes a model and dies before it is live."""

import asyncio
import os
import sys
from pathlib import Path

from graph_api.permission.commands import ModelSource
from graph_api.projection.live import LiveState
from graph_api.store.address import ServerAddress
from tests.permission.world import DOCUMENTS
from tests.support.permissions import unkept
from tests.support.replicas import Site


def die_at_the_first_commit(live: LiveState) -> None:
    live.subscribe(lambda state, commit: os.kill(os.getpid(), 9))


async def main(uri: str, password: str, folder: str) -> None:
    site = Site(ServerAddress(uri, "neo4j", password or None), Path(folder))
    async with site.replica() as replica:
        die_at_the_first_commit(replica.live)
        await unkept(site, replica).write_model(ModelSource(dsl=DOCUMENTS), actor="test")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

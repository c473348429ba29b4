"""A process that replays a history and dies when so many of its events are answered."""

import asyncio
import os
import sys
from pathlib import Path

from graph_api.exchange.replay.running import ReplayOptions, replay_folder
from graph_api.store.address import ServerAddress
from tests.support.permissions import guarded
from tests.support.replicas import Site


async def main(uri: str, password: str, place: str, folder: str, events: str, changes_a_commit: str) -> None:
    def die(done: int, total: int) -> None:
        if done >= int(events):
            os.kill(os.getpid(), 9)

    site = Site(ServerAddress(uri, "neo4j", password or None), Path(place))
    async with guarded(site, changes_a_commit_max=int(changes_a_commit)) as one:
        await replay_folder(one.replica, one.permissions, Path(folder), progress=die, options=ReplayOptions())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

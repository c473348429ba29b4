"""A process that begins an import and dies in the middle of it."""

import asyncio
import os
import sys
from pathlib import Path

from graph_api.kernel.records import upsert
from graph_api.organization.model import Person
from graph_api.store.address import ServerAddress
from tests.support.replicas import Site


def die(_: int) -> None:
    os.kill(os.getpid(), 9)


async def main(uri: str, password: str, folder: str) -> None:
    changes = [upsert(Person(id=f"person:{number}", name="Imported")) for number in range(250)]
    site = Site(ServerAddress(uri, "neo4j", password or None), Path(folder))
    async with site.replica(import_chunk_changes=100) as replica:
        await replica.import_changes("import:killed", changes, actor="test", progress=die)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

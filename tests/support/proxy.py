"""A wire that can be cut: forwards Bolt to a server, and loses what it is told to lose."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit

from graph_api.store.address import ServerAddress

COMMIT_MESSAGE = b"\x00\x02\xb0\x12\x00\x00"
APPENDING = b"store/append_commit"  # so that reading transactions are spared


class Cut(Enum):
    NOTHING = 0
    COMMIT = 1  # the server never hears the commit
    ANSWER_TO_COMMIT = 2  # the server commits, the client never hears it
    EVERYTHING = 3


class Wire:
    """Forwards each connection; `cut` decides what happens to the next commit, or to everything."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self.cut = Cut.NOTHING
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut is Cut.EVERYTHING:
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        pair = {writer, up_writer}
        self._writers |= pair
        lost = asyncio.Event()
        try:
            await asyncio.gather(
                self._up(reader, up_writer, writer, lost), self._down(up_reader, writer, up_writer, lost)
            )
        except OSError:
            pass
        finally:
            self._writers -= pair
            for end in pair:
                end.close()

    def cut_everything(self) -> None:
        self.cut = Cut.EVERYTHING
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _up(
        self,
        reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        lost: asyncio.Event,
    ) -> None:
        appending = False
        while data := await reader.read(65536):
            appending = appending or APPENDING in data
            if appending and data.endswith(COMMIT_MESSAGE) and self.cut in (Cut.COMMIT, Cut.ANSWER_TO_COMMIT):
                mode, self.cut = self.cut, Cut.NOTHING
                self.cuts += 1
                if mode is Cut.COMMIT:
                    client.transport.abort()
                    server.transport.abort()
                    return
                lost.set()
            appending = appending and not data.endswith(COMMIT_MESSAGE)
            server.write(data)
            await server.drain()
        server.close()

    async def _down(
        self,
        reader: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        lost: asyncio.Event,
    ) -> None:
        while data := await reader.read(65536):
            if lost.is_set():
                client.transport.abort()
                server.transport.abort()
                return
            client.write(data)
            await client.drain()
        client.close()


@asynccontextmanager
async def wire_to(address: ServerAddress) -> AsyncGenerator[tuple[Wire, ServerAddress]]:
    """Open a wire to a server; yields it and the address that leads through it."""
    target = urlsplit(address.uri)
    wire = Wire(target.hostname or "127.0.0.1", target.port or 7687)
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await wire.serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield wire, ServerAddress(f"bolt://127.0.0.1:{port}", address.username, address.password)
    finally:
        server.close()
        wire.cut_everything()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

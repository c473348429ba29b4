"""A service on a real socket that answers as it is told to, well or badly."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

Writer: TypeAlias = asyncio.StreamWriter
Behaviour: TypeAlias = Callable[[Writer, asyncio.Event], Awaitable[None]]
"""Answers a request that was read; the event is set when the test is over."""
PACE_SECONDS = 0.02


class Service:
    """Where the service is, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str], bytes]] = []


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncGenerator[Service]:
    service, over = Service(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            service.requests.append(await _request(reader))
            await behave(writer, over)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone, as it should
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield service
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return line, headers, await reader.readexactly(int(headers["content-length"]))


def head(status: str, length: int, fields: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {length}", *(f"{k}: {v}" for k, v in (fields or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def saying(body: bytes, status: str = "200 OK", fields: Mapping[str, str] | None = None) -> Behaviour:
    async def behave(writer: Writer, _: asyncio.Event) -> None:
        writer.write(head(status, len(body), fields) + body)

    return behave


def completion(content: object) -> bytes:
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return json.dumps(
        {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": said}}]}
    ).encode()


async def hang(_: Writer, over: asyncio.Event) -> None:
    await over.wait()


async def hang_within_the_head(writer: Writer, over: asyncio.Event) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-le")
    await over.wait()


async def drip(writer: Writer, over: asyncio.Event) -> None:
    """Send a byte now and then, so that no wait for a single one is long."""
    writer.write(head("200 OK", 100_000))
    while not await _is_over_within_a_moment(over):
        writer.write(b" ")
        await writer.drain()


async def _is_over_within_a_moment(over: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(over.wait(), PACE_SECONDS)
    except TimeoutError:
        return False
    return True


async def close_at_once(writer: Writer, _: asyncio.Event) -> None:
    writer.close()


async def close_half_way(writer: Writer, _: asyncio.Event) -> None:
    body = completion({"claims": []})
    writer.write(head("200 OK", len(body)) + body[: len(body) // 2])
    await writer.drain()
    writer.close()


async def flood(writer: Writer, over: asyncio.Event) -> None:
    """Send chunks without end, of no length told before."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not over.is_set():
        writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        await writer.drain()


async def speak_another_protocol(writer: Writer, _: asyncio.Event) -> None:
    writer.write(b"220 mail.example ESMTP ready\r\n")

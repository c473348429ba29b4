"""Snapshots (R11): the state of one replica in one file, used only where the log confirms it.

Layout: a line of JSON (format, log_id, revision, hash, at, records, checksum of the body), then the records as one
MessagePack array a block, each block behind its length in 8 bytes, big endian. It holds all that is known of people,
so that only the owner may read it.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from graph_api.kernel.records import Change, Record, RecordRegistry
from graph_api.ops.private import private_folder, write_private
from graph_api.projection.state import State
from graph_api.store.log import HeadRow

SNAPSHOT_FORMAT: Final = 1
_BLOCK_RECORDS: Final = 1000
_LENGTH_BYTES: Final = 8
_log: Final = logging.getLogger(__name__)


class _Header(msgspec.Struct, frozen=True):
    format: int
    log_id: str
    revision: int
    hash: str
    at: datetime
    records: int
    checksum: str


async def write_snapshot(state: State, path: Path) -> None:
    """Write the state as of now, in pauses of other work, and put the file in place in one step."""
    records = state.graph.copied()
    head = (state.log_id, state.revision, state.hash, state.at.astimezone(UTC))
    body = path.with_suffix(".body")
    private_folder(path.parent)
    hashed = hashlib.blake2b(digest_size=32)
    with write_private(body) as file:
        async for block in _blocks(records):
            hashed.update(block)
            file.write(block)
    header = _Header(SNAPSHOT_FORMAT, *head, records=len(records), checksum=hashed.hexdigest())
    await asyncio.to_thread(_join, header, body, path)


async def _blocks(records: list[Record]) -> AsyncGenerator[bytes]:
    encoder = msgspec.msgpack.Encoder()
    for start in range(0, len(records), _BLOCK_RECORDS):
        block = encoder.encode(records[start : start + _BLOCK_RECORDS])
        yield len(block).to_bytes(_LENGTH_BYTES, "big") + block
        await asyncio.sleep(0)


def _join(header: _Header, body: Path, path: Path) -> None:
    temporary = path.with_suffix(".new")
    with write_private(temporary) as file, body.open("rb") as source:
        file.write(msgspec.json.encode(header) + b"\n")
        while chunk := source.read(1 << 20):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    body.unlink()


def read_snapshot(path: Path, registry: RecordRegistry) -> State | None:
    """Return the state in a file, or None where there is none that can be trusted; the log has to confirm it."""
    try:
        with path.open("rb") as file:
            header = msgspec.json.decode(file.readline(), type=_Header)
            if header.format != SNAPSHOT_FORMAT or _checksum(file) != header.checksum:
                raise ValueError("format or checksum differ")
            file.seek(0)
            file.readline()
            return _state(header, file, registry)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        _log.warning("The snapshot %s is not used: %s", path.name, fault)
        return None


def _checksum(file: BinaryIO) -> str:
    hashed = hashlib.blake2b(digest_size=32)
    while chunk := file.read(1 << 20):
        hashed.update(chunk)
    return hashed.hexdigest()


def _state(header: _Header, file: BinaryIO, registry: RecordRegistry) -> State:
    state = State(HeadRow(header.log_id, 0, header.revision, header.hash, header.at, []))
    for records in _read_blocks(file, registry):
        state.graph.apply(Change(key=record.key, after=record) for record in records)
    return state


def _read_blocks(file: BinaryIO, registry: RecordRegistry) -> Iterator[list[Record]]:
    decoder: msgspec.msgpack.Decoder[list[Record]] = msgspec.msgpack.Decoder(list[registry.union])
    while length := file.read(_LENGTH_BYTES):
        yield decoder.decode(file.read(int.from_bytes(length, "big")))

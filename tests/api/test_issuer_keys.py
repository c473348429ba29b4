"""The keys of an issuer: fetched when wanted, kept for a while, and asked for once more where one is unknown."""

import asyncio
import json
import logging
import socket
import threading
from pathlib import Path

import pytest

from graph_api.api.issuer_keys import IssuerKeys, KeyTimes, file_reader, keys_in, url_reader
from graph_api.kernel.errors import Unavailable
from tests.support.issuer import Issuer, publishing
from tests.support.waiting import until

TIMES = KeyTimes(fetch=30, kept=300, kept_max=3600, pause=10)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    """An issuer with two keys."""
    return Issuer(first="ES256", second="ES256")


class Failing:
    """Reads keys, or fails to."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.fault: Exception | None = None
        self.tries = 0

    def __call__(self) -> bytes:
        self.tries += 1
        if self.fault is not None:
            raise self.fault
        return self.issuer.read()


async def knows(keys: IssuerKeys, key_id: str) -> bool:
    return await keys.find(key_id) is not None


async def test_keys_are_fetched_when_the_first_is_wanted_and_then_kept(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.read, TIMES, clock=clock)
    assert issuer.reads == 0
    assert [await knows(keys, key_id) for key_id in ("first", "second", "first")] == [True] * 3
    assert issuer.reads == 1


async def test_unknown_key_has_them_fetched_once_more_and_then_not_for_a_while(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.read, TIMES, clock=clock)
    await keys.find("first")
    assert [await knows(keys, f"unknown-{number}") for number in range(20)] == [False] * 20
    assert issuer.reads == 2
    clock.seconds += TIMES.pause - 0.1
    assert not await knows(keys, "unknown")
    assert issuer.reads == 2
    clock.seconds += 0.2
    assert not await knows(keys, "unknown")
    assert issuer.reads == 3


async def test_key_that_was_published_since_is_found_at_once(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.read, TIMES, clock=clock)
    assert await knows(keys, "first")
    issuer.add("third")
    assert await knows(keys, "third")
    assert issuer.reads == 2


async def test_many_who_want_a_key_at_once_have_it_fetched_once(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.read, TIMES, clock=clock)
    assert all(await asyncio.gather(*(knows(keys, "first") for _ in range(30))))
    issuer.add("third")
    assert all(await asyncio.gather(*(knows(keys, "third") for _ in range(30))))
    assert issuer.reads == 2


async def test_keys_are_fetched_anew_when_they_are_old_and_one_taken_back_counts_no_more(
    issuer: Issuer, clock: Clock
) -> None:
    keys = IssuerKeys(issuer.read, TIMES, clock=clock)
    assert await knows(keys, "second")
    del issuer.published[1]
    assert await knows(keys, "second")
    clock.seconds += TIMES.kept
    assert not await knows(keys, "second")
    assert await knows(keys, "first")


FAULTS = [OSError("no route"), TimeoutError(), ValueError("no JSON")]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_issuer_that_cannot_be_reached_is_unavailable_and_asked_seldom(
    issuer: Issuer, clock: Clock, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    read = Failing(issuer)
    read.fault = fault
    keys = IssuerKeys(read, TIMES, clock=clock)
    for _ in range(5):
        with pytest.raises(Unavailable, match="public keys of the tokens' issuer") as told:
            await keys.find("first")
        assert told.value.suggestion
    assert read.tries == 1
    assert type(fault).__name__ in caplog.text
    clock.seconds += TIMES.pause
    read.fault = None
    assert await knows(keys, "first")
    assert read.tries == 2


async def test_old_keys_serve_while_the_issuer_cannot_be_reached_but_not_for_ever(issuer: Issuer, clock: Clock) -> None:
    read = Failing(issuer)
    keys = IssuerKeys(read, TIMES, clock=clock)
    assert await knows(keys, "first")
    read.fault = OSError("no route")
    clock.seconds += TIMES.kept
    assert await knows(keys, "first")
    assert not await knows(keys, "unknown")
    assert read.tries == 2
    clock.seconds += TIMES.kept_max - TIMES.kept - 1
    assert await knows(keys, "first")
    clock.seconds += 1
    with pytest.raises(Unavailable):
        await keys.find("first")
    read.fault = None
    clock.seconds += TIMES.pause
    assert await knows(keys, "first")


async def test_fetching_leaves_the_event_loop_to_others(issuer: Issuer) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def read() -> bytes:
        begun.set()
        assert go_on.wait(30)
        return issuer.read()

    asking = asyncio.create_task(IssuerKeys(read, TIMES).find("first"))
    await until(begun.is_set)
    assert not asking.done(), "this very line runs while the keys are fetched"
    go_on.set()
    assert await asking is not None


async def test_nobody_waits_for_keys_that_another_renews(issuer: Issuer, clock: Clock) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def read() -> bytes:
        if issuer.reads == 1:
            begun.set()
            assert go_on.wait(30)
        return issuer.read()

    keys = IssuerKeys(read, TIMES, clock=clock)
    assert await knows(keys, "first")
    clock.seconds += TIMES.kept
    renewing = asyncio.create_task(keys.find("first"))
    await until(begun.is_set)
    assert await knows(keys, "second")
    assert not renewing.done()
    go_on.set()
    assert await renewing is not None
    assert issuer.reads == 2


async def test_fetch_that_takes_too_long_is_given_up(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    def read() -> bytes:
        assert go_on.wait(30)
        return issuer.read()

    try:
        with pytest.raises(Unavailable):
            await IssuerKeys(read, KeyTimes(fetch=0.05, kept=300, kept_max=3600, pause=10)).find("first")
    finally:
        go_on.set()
    assert "TimeoutError" in caplog.text


NO_KEYS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "no keys": b"{}",
    "keys that are none": b'{"keys": null}',
    "a key that is none": b'{"keys": [7]}',
    "no key at all": b'{"keys": []}',
    "a key of no kind": b'{"keys": [{"kid": "a"}]}',
    "a shared secret": b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
    "no text": b"\xff\xfe",
    "what is nested deeply": b'{"keys": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
}


@pytest.mark.parametrize("data", NO_KEYS.values(), ids=NO_KEYS.keys())
async def test_what_holds_no_public_key_leaves_the_issuer_without_keys(data: bytes) -> None:
    with pytest.raises(Unavailable):
        await IssuerKeys(lambda: data, TIMES).find("first")


def test_key_that_cannot_be_used_takes_none_of_the_others_along(issuer: Issuer) -> None:
    issuer.published.insert(0, {"kty": "EC", "crv": "P-999", "kid": "odd"})
    issuer.published.insert(0, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"})
    assert [key.key_id for key in keys_in(issuer.key_set())] == ["first", "second"]


async def test_file_of_keys_is_read_and_read_again(issuer: Issuer, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "keys.json"
    keys = IssuerKeys(file_reader(path), TIMES, clock=clock)
    with pytest.raises(Unavailable):
        await keys.find("first")
    path.write_bytes(issuer.key_set())
    clock.seconds += TIMES.pause
    assert await knows(keys, "first")
    issuer.add("third")
    path.write_bytes(issuer.key_set())
    assert await knows(keys, "third")


def test_file_that_is_too_large_is_not_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b" " * 1_000_001)
    with pytest.raises(OSError, match="more than 1000000 bytes"):
        file_reader(path)()


def test_published_keys_are_fetched_from_their_address(issuer: Issuer) -> None:
    with publishing(issuer) as address:
        data = url_reader(f"{address}/keys", 30)()
    assert json.loads(data) == {"keys": issuer.published}


@pytest.mark.parametrize(
    ("path", "why"), [("moved", "302"), ("failing", "500"), ("endless", "more than 1000000 bytes")]
)
def test_address_that_gives_no_keys_is_a_failure(issuer: Issuer, path: str, why: str) -> None:
    with publishing(issuer) as address, pytest.raises(OSError, match=why) as fault:
        url_reader(f"{address}/{path}", 30)()
    close_answer(fault.value)


def close_answer(fault: OSError) -> None:
    """Close the answer that an error of its status holds open."""
    getattr(fault, "close", lambda: None)()


def test_address_where_nobody_listens_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        url_reader(f"http://127.0.0.1:{port}/keys", 30)()


async def test_failing_address_is_told_in_the_log(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    with publishing(issuer) as address, caplog.at_level(logging.WARNING), pytest.raises(Unavailable):
        await IssuerKeys(url_reader(f"{address}/failing", 30), TIMES).find("first")
    assert "HTTP Error 500" in caplog.text

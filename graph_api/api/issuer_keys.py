"""The public keys of whoever issues signed tokens: fetched when they are wanted, off the event loop, and kept a while.

A key that is not among them has them fetched once more, but seldom: anybody can name a key that there is not.
"""

import asyncio
import logging
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final, TypeAlias
from urllib.error import HTTPError

import jwt
import msgspec

from graph_api.kernel.errors import Unavailable
from graph_api.ops.settings import Settings

_log: Final = logging.getLogger(__name__)
_BYTES_MAX: Final = 1_000_000
_PART_BYTES: Final = 65_536
_UNFETCHED: Final = (OSError, HTTPException, TimeoutError)
_UNREADABLE: Final = (ValueError, TypeError, RecursionError, jwt.PyJWTError)
_SHARED: Final = "oct"
"""The type of a key that both sides share."""
Read: TypeAlias = Callable[[], bytes]
"""Reads a JSON Web Key Set from where it is published; may take its time, as it runs in a thread."""


class _Published(msgspec.Struct, frozen=True):
    """A JSON Web Key Set."""

    keys: list[dict[str, Any]]


class KeyTimes(msgspec.Struct, frozen=True):
    """Seconds: that one fetch may take; after which keys are fetched anew; for which old ones serve where they cannot
    be; between two fetches for the sake of an unknown key, or after one that failed.
    """

    fetch: float
    kept: float
    kept_max: float
    pause: float


def key_times(settings: Settings) -> KeyTimes:
    """Return what the settings say."""
    return KeyTimes(
        fetch=settings.jwt_fetch_seconds,
        kept=settings.jwt_keys_seconds,
        kept_max=max(settings.jwt_keys_max_seconds, settings.jwt_keys_seconds),
        pause=settings.jwt_refetch_seconds,
    )


class IssuerKeys:
    """The keys of one issuer."""

    def __init__(self, read: Read, times: KeyTimes, *, clock: Callable[[], float] = monotonic) -> None:
        self._read = read
        self._times = times
        self._clock = clock
        self._keys: tuple[jwt.PyJWK, ...] = ()
        self._fetched: float | None = None
        self._failed: float | None = None
        self._searched: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key of an id, or the only key where none is named; raises Unavailable where there are no keys."""
        await self._renew()
        self._ensure_known()
        return self._pick(key_id) or await self._search(key_id)

    async def _renew(self) -> None:
        """Fetch keys that are due; while somebody else does, old ones serve."""
        if not self._is_due() or (self._keys and self._fetching.locked()):
            return
        async with self._fetching:
            if self._is_due():
                await self._fetch()

    async def _search(self, key_id: str | None) -> jwt.PyJWK | None:
        """Fetch keys for the sake of one that is unknown, or wait for the fetch that is under way."""
        async with self._fetching:
            if self._pick(key_id) is None and self._may_search():
                self._searched = self._clock()
                await self._fetch()
        return self._pick(key_id)

    def _pick(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == key_id), None)

    def _is_due(self) -> bool:
        return self._is_past(self._fetched, self._times.kept) and self._is_past(self._failed, self._times.pause)

    def _may_search(self) -> bool:
        return self._is_past(self._searched, self._times.pause) and self._is_past(self._failed, self._times.pause)

    def _is_past(self, since: float | None, seconds: float) -> bool:
        return since is None or self._clock() - since >= seconds

    def _ensure_known(self) -> None:
        if self._is_past(self._fetched, self._times.kept_max):
            raise Unavailable(
                "The public keys of the tokens' issuer cannot be had now.",
                suggestion="Try again in a moment; the log of the service says why.",
            )

    async def _fetch(self) -> None:
        """Fetch the keys; where that fails the old ones stay."""
        try:
            async with asyncio.timeout(self._times.fetch):
                self._keys = keys_in(await asyncio.to_thread(self._read))
        except (*_UNFETCHED, *_UNREADABLE) as fault:
            self._failed = self._clock()
            _log.warning("The keys of the tokens' issuer could not be fetched: %s", _reason(fault))
        else:
            self._fetched, self._failed = self._clock(), None


def _reason(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__


def keys_in(data: bytes) -> tuple[jwt.PyJWK, ...]:
    """Return the keys of a set with which signatures are checked; raises ValueError, PyJWKSetError where there is none.

    Secrets that both sides share are left out: nobody publishes one in earnest.
    """
    keys = msgspec.json.decode(data, type=_Published).keys
    public = (key for key in jwt.PyJWKSet(keys).keys if key.key_type != _SHARED)
    checking = tuple(key for key in public if key.public_key_use in (None, "sig"))
    if not checking:
        raise ValueError("no public key of it checks signatures")
    return checking


def file_reader(path: Path) -> Read:
    """Return what reads a file of keys."""

    def read() -> bytes:
        with path.open("rb") as file:
            return _bounded(file.read(_BYTES_MAX + 1))

    return read


def url_reader(url: str, seconds: float) -> Read:
    """Return what fetches keys; it follows no redirect, as only the address of the settings is trusted."""
    opener = urllib.request.build_opener(_NoRedirects)

    def read() -> bytes:
        until = monotonic() + seconds
        data = bytearray()
        with _opened(opener, url, seconds) as answer:
            while part := answer.read1(_PART_BYTES):
                data += _bounded(part)
                if len(data) > _BYTES_MAX or monotonic() > until:
                    raise OSError(0, f"the answer has more than {_BYTES_MAX} bytes or takes more than {seconds:g} s")
        return bytes(data)

    return read


def _opened(opener: urllib.request.OpenerDirector, url: str, seconds: float) -> HTTPResponse:
    try:
        return opener.open(url, timeout=seconds)
    except HTTPError as fault:
        fault.close()  # it holds the connection
        raise


def _bounded(data: bytes) -> bytes:
    if len(data) > _BYTES_MAX:
        raise OSError(0, f"there are more than {_BYTES_MAX} bytes")
    return data


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow none: the answer then is an error of its status."""

"""The extractor that asks an OpenAI-compatible service, and makes the draft offline on any trouble."""

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Callable
from typing import Final

import httpx
import msgspec

from graph_api.knowledge.extraction.answering import AnswerUnusable, Taken, taken
from graph_api.knowledge.extraction.asking import question
from graph_api.knowledge.extraction.drafting import DraftLimits, bounded
from graph_api.knowledge.extraction.port import Extraction, Extractor, Source

_log: Final = logging.getLogger(__name__)
_TROUBLES: Final = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    OSError,  # TimeoutError among them
    ValueError,  # DecodeError of msgspec and AnswerUnusable among them
    RecursionError,
    ExceptionGroup,  # what several tries to connect raise
)


_AWAY: Final = (httpx.TransportError, OSError)
"""Troubles of which the next question would have to be waited for too."""
_OK: Final = 200
_TOO_MANY: Final = 429
_FAILS: Final = 500


class ServiceAway(AnswerUnusable):
    """The service says that it does not answer now."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how to ask: `url` is the base to which `/chat/completions` is added."""

    url: str
    model: str
    token: str | None = None
    seconds: float
    pause_seconds: float
    answer_bytes: int

    def __repr__(self) -> str:
        """Name the place and hide the token, as this may be logged."""
        return f"Endpoint({self.url!r}, {self.model!r})"


class EndpointExtractor:
    """Asks for claims, keeps those that quote their source, and falls back where there is any trouble.

    A service that did not answer is not asked again for a while: else each draft would wait for it in vain.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        limits: DraftLimits,
        fallback: Extractor,
        seconds_now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._seconds_now = seconds_now
        self._paused_until = -math.inf
        self._limits = limits
        self._fallback = fallback
        self._trust = ssl.create_default_context()

    @property
    def name_and_version(self) -> str:
        """Name and version, as drafts carry them, with the model."""
        return f"endpoint 1 ({self._endpoint.model})"

    async def extract(self, source: Source) -> Extraction:
        """Return a draft of the service's claims, or an offline one; the log says why."""
        if self._seconds_now() < self._paused_until:
            return await self._fallback.extract(source)
        try:
            return await self._asked(source)
        except _TROUBLES as fault:
            _log.warning("A draft is made offline, as the service for drafts was of no use: %s", _reason(fault))
            self._pause_after(fault)
            return await self._fallback.extract(source)

    def _pause_after(self, fault: Exception) -> None:
        if isinstance(fault, (*_AWAY, ServiceAway)):
            seconds = self._endpoint.pause_seconds
            self._paused_until = self._seconds_now() + seconds
            _log.warning("For %g seconds all drafts are made offline.", seconds)

    async def _asked(self, source: Source) -> Extraction:
        read = bounded(source, self._limits.source_characters)
        if not any(text.text.strip() for text in read.texts):
            raise AnswerUnusable("there is nothing to ask about")
        body = await asyncio.to_thread(question, self._endpoint.model, read)
        async with asyncio.timeout(self._endpoint.seconds):
            answer = await self._answer(body)
        found = await asyncio.to_thread(taken, answer, read, self._limits, self.name_and_version)
        _tell_what_was_left_out(found)
        return found.made

    async def _answer(self, body: bytes) -> bytes:
        """Send a question and read the answer; follows no redirect, as only the address of the settings is trusted."""
        async with (
            httpx.AsyncClient(
                timeout=httpx.Timeout(self._endpoint.seconds),
                follow_redirects=False,
                trust_env=False,
                verify=self._trust,
            ) as client,
            client.stream("POST", self._address(), content=body, headers=self._headers()) as response,
        ):
            if response.status_code == _TOO_MANY or response.status_code >= _FAILS:
                raise ServiceAway(f"it answered with HTTP {response.status_code}")
            if response.status_code != _OK:
                raise AnswerUnusable(f"it answered with HTTP {response.status_code}")
            return await self._read(response)

    async def _read(self, response: httpx.Response) -> bytes:
        """Read no more than is allowed, and nothing packed: a small answer may unpack to a huge one."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise AnswerUnusable("it answered packed, though it was told not to")
        data = bytearray()
        async for part in response.aiter_raw():
            data += part
            if len(data) > self._endpoint.answer_bytes:
                raise AnswerUnusable(f"it answered with more than {self._endpoint.answer_bytes} bytes")
        return bytes(data)

    def _address(self) -> str:
        return f"{self._endpoint.url.rstrip('/')}/chat/completions"

    def _headers(self) -> dict[str, str]:
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        if self._endpoint.token:
            headers["authorization"] = f"Bearer {self._endpoint.token}"
        return headers


def _tell_what_was_left_out(found: Taken) -> None:
    if found.claims_left_out or found.ids_left_out:
        _log.info(
            "Of what the service for drafts answered, %d claims without a quote and %d unknown ids were left out.",
            found.claims_left_out,
            found.ids_left_out,
        )


def _reason(fault: Exception) -> str:
    """Name what went wrong; texts of a foreign answer are not repeated."""
    name = type(fault).__name__
    return str(fault) if isinstance(fault, AnswerUnusable) else name

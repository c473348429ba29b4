"""A service for drafts is asked within bounds, believed only where it quotes, and replaced on any trouble."""

import asyncio
import gzip
import json
import logging
import socket
from collections.abc import Callable
from time import monotonic

import pytest

from graph_api.knowledge.extraction.drafting import DraftLimits
from graph_api.knowledge.extraction.endpoint import Endpoint, EndpointExtractor
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.knowledge.extraction.port import Extraction, Source, SourceText
from tests.knowledge.extraction.contract import assert_kept
from tests.knowledge.extraction.misbehaving import (
    Behaviour,
    close_at_once,
    close_half_way,
    completion,
    drip,
    flood,
    hang,
    hang_within_the_head,
    saying,
    serving,
    speak_another_protocol,
)
from tests.knowledge.extraction.sources import CHINESE, DOCUMENTS, KNOWN, NOTES, SOURCE
from tests.support.waiting import until

SECONDS = 0.4
PAUSE_SECONDS = 60.0
ANSWER_BYTES = 50_000
ENOUGH_SECONDS = 10.0
RFC = {
    "text": "The broker in Manzanillo needs the importer's RFC for the pedimento.",
    "source": "n1",
    "quote": "The broker in Manzanillo wants the importer's RFC on every pedimento.",
}
WAIT = {
    "text": "Without the RFC the container waits two more days in Manzanillo.",
    "source": "n1",
    "quote": "holds  the CONTAINER for two more days",
}
GOOD = {"claims": [RFC, WAIT], "skills": ["mexico-customs-clearance"], "customers": []}
TOKEN = "a-token-that-no-log-may-show"


def extractor(
    url: str, seconds: float = ENOUGH_SECONDS, clock: Callable[[], float] = monotonic, token: str | None = None
) -> EndpointExtractor:
    endpoint = Endpoint(
        url=url, model="small", seconds=seconds, pause_seconds=PAUSE_SECONDS, answer_bytes=ANSWER_BYTES, token=token
    )
    return EndpointExtractor(endpoint, DraftLimits(), OfflineExtractor(), clock)


async def made(behave: Behaviour, source: Source = SOURCE, seconds: float = ENOUGH_SECONDS) -> Extraction:
    async with serving(behave) as service:
        return await extractor(service.url, seconds).extract(source)


async def offline(source: Source = SOURCE) -> Extraction:
    return await OfflineExtractor().extract(source)


async def test_a_good_answer_gives_a_draft_of_its_claims() -> None:
    found = await made(saying(completion(GOOD)))
    assert found.made_by == "endpoint 1 (small)"
    assert found.body.splitlines() == [RFC["text"], WAIT["text"]]
    assert found.skill_ids == ("mexico-customs-clearance",)
    assert found.customer_ids == ("c1",)
    assert found.language == "en"
    assert_kept(SOURCE, found)


async def test_a_claim_keeps_where_its_quote_stands_whatever_its_case_and_white_space() -> None:
    found = await made(saying(completion(GOOD)))
    quoted = [(SOURCE.text_of(it.source_id) or "")[it.start : it.end] for it in found.claims]
    assert quoted == [RFC["quote"], "holds the container for two more days"]


async def test_an_answer_between_fences_is_read() -> None:
    found = await made(saying(completion("Here it is:\n```json\n" + json.dumps(GOOD) + "\n```")))
    assert len(found.claims) == 2


async def test_a_chinese_answer_gives_a_chinese_draft() -> None:
    source = Source(notes=CHINESE, dictionary=KNOWN)
    claim = {
        "text": "墨西哥清关的申报单漏写进口商税号，集装箱会多等两天。",
        "source": "n3",
        "quote": "漏写税号的申报单会让集装箱多等两天",
    }
    found = await made(saying(completion({"claims": [claim]})), source)
    assert (found.body, found.language) == (claim["text"], "zh")
    assert_kept(source, found)


async def test_the_question_holds_notes_documents_and_what_is_known_and_the_token_in_its_header() -> None:
    async with serving(saying(completion(GOOD))) as service:
        await extractor(service.url, token=TOKEN).extract(SOURCE)
    line, headers, body = service.requests[0]
    asked = json.loads(body)
    told = json.loads(asked["messages"][1]["content"])
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["accept-encoding"] == "identity"
    assert (asked["model"], asked["temperature"]) == ("small", 0)
    assert [note["id"] for note in told["notes"]] == ["n1", "n2"]
    assert [note["text"] for note in told["documents"]] == [DOCUMENTS[0].text]
    assert {skill["id"] for skill in told["skills"]} == KNOWN.skill_ids


WRONG_QUOTE = RFC | {"quote": "the captain forgot the stamp of the embassy"}
EMPTY_QUOTE = RFC | {"quote": "the"}
WRONG_SOURCE = RFC | {"source": "n7"}
OTHER_NUMBER = RFC | {"text": "The broker in Manzanillo wants the importer's RFC 48 hours before the pedimento."}
OTHER_WORDS = RFC | {"text": "Penguins in Antarctica enjoy swimming beside enormous blue icebergs every winter."}
TROUBLES: dict[str, Behaviour] = {
    "hangs before it answers": hang,
    "hangs within the head": hang_within_the_head,
    "drips for ever": drip,
    "closes at once": close_at_once,
    "closes half way": close_half_way,
    "floods": flood,
    "speaks another protocol": speak_another_protocol,
    "HTTP 500": saying(completion(GOOD), "500 Internal Server Error"),
    "HTTP 429": saying(b"{}", "429 Too Many Requests", {"retry-after": "3600"}),
    "HTTP 401": saying(b'{"error": "bad key"}', "401 Unauthorized"),
    "no content": saying(b"", "204 No Content"),
    "no JSON": saying(b"<html>Welcome to the proxy</html>"),
    "no UTF-8": saying(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "JSON of another shape": saying(b'{"candidates": [{"text": "hello"}]}'),
    "no choice": saying(b'{"choices": []}'),
    "no text": saying(b'{"choices": [{"message": {"content": null}}]}'),
    "prose in place of JSON": saying(completion("I am sorry, I cannot do that.")),
    "claims of another shape": saying(completion({"claims": "RFC"})),
    "very deep JSON": saying(b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b', "choices": []}'),
    "very many claims": saying(completion({"claims": [{"text": "a", "source": "n1", "quote": "b"}] * 60})),
    "an enormous body": saying(completion({"claims": [RFC], "skills": ["x" * 100_000]})),
    "a packed body": saying(gzip.compress(completion(GOOD)), fields={"content-encoding": "gzip"}),
    "no claim": saying(completion({"claims": []})),
    "a quote that is not there": saying(completion({"claims": [WRONG_QUOTE]})),
    "a quote that says nothing": saying(completion({"claims": [EMPTY_QUOTE]})),
    "a source that is not there": saying(completion({"claims": [WRONG_SOURCE]})),
    "a number that is not there": saying(completion({"claims": [OTHER_NUMBER]})),
    "other words than its source": saying(completion({"claims": [OTHER_WORDS]})),
    "a draft too short": saying(completion({"claims": [RFC | {"text": "RFC wanted."}]})),
}

ENDLESS = {hang, hang_within_the_head, drip}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_on_any_trouble_the_draft_is_made_offline_in_time_and_the_log_says_so(
    trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    began = monotonic()
    with caplog.at_level(logging.INFO, logger="graph_api"):
        seconds = SECONDS if TROUBLES[trouble] in ENDLESS else ENOUGH_SECONDS
        found = await made(TROUBLES[trouble], seconds=seconds)
    assert found == await offline()
    assert monotonic() - began < ENOUGH_SECONDS
    assert "made offline" in caplog.text


async def test_a_refused_connection_falls_back() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        assert await extractor(url).extract(SOURCE) == await offline()


@pytest.mark.parametrize("trouble", ["hangs before it answers", "closes at once", "HTTP 500", "HTTP 429"])
async def test_a_service_that_does_not_answer_is_left_alone_for_a_while(trouble: str) -> None:
    now = 1000.0
    async with serving(TROUBLES[trouble]) as service:
        one = extractor(service.url, SECONDS if TROUBLES[trouble] in ENDLESS else ENOUGH_SECONDS, lambda: now)
        for at, asked in ((0.0, 1), (1.0, 1), (PAUSE_SECONDS - 1, 1), (PAUSE_SECONDS + 1, 2)):
            now = 1000.0 + at
            assert await one.extract(SOURCE) == await offline()
            assert len(service.requests) == asked


async def test_a_service_of_which_one_answer_is_of_no_use_is_asked_again() -> None:
    async with serving(saying(completion({"claims": []}))) as service:
        one = extractor(service.url)
        for _ in range(2):
            assert await one.extract(SOURCE) == await offline()
    assert len(service.requests) == 2


async def test_an_address_that_is_none_falls_back() -> None:
    assert await extractor("http://127.0.0.1:99999").extract(SOURCE) == await offline()
    assert await extractor("https://[").extract(SOURCE) == await offline()


async def test_a_redirect_is_not_followed() -> None:
    async with serving(saying(completion(GOOD))) as other:
        to_other = saying(b"", "307 Temporary Redirect", {"location": f"{other.url}/chat/completions"})
        assert await made(to_other) == await offline()
    assert other.requests == []


async def test_no_more_is_read_of_a_flood_than_is_allowed() -> None:
    began = monotonic()
    assert await made(flood, seconds=60) == await offline()
    assert monotonic() - began < ENOUGH_SECONDS


async def test_what_does_not_quote_is_left_out_and_what_does_is_kept() -> None:
    claims = [WRONG_QUOTE, RFC, EMPTY_QUOTE, WRONG_SOURCE, OTHER_NUMBER, OTHER_WORDS]
    found = await made(saying(completion({"claims": claims})))
    assert found.body == RFC["text"]
    alone = await made(saying(completion({"claims": [RFC]})))
    assert found.confidence == pytest.approx(alone.confidence / 6, abs=0.01)


async def test_unknown_ids_are_left_out_and_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = GOOD | {"skills": ["rocketry", "tax"], "customers": ["c99"]}
    with caplog.at_level(logging.INFO, logger="graph_api"):
        found = await made(saying(completion(answer)))
    assert (found.skill_ids, found.customer_ids) == (("tax",), ("c1",))
    assert "2 unknown ids" in caplog.text


async def test_neither_token_nor_answer_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="graph_api"):
        async with serving(saying(b'{"secret": "from elsewhere"}', "403 Forbidden")) as service:
            await extractor(service.url, token=TOKEN).extract(SOURCE)
        async with serving(saying(b'"from elsewhere"')) as service:
            await extractor(service.url, token=TOKEN).extract(SOURCE)
    assert caplog.text.count("made offline") == 2
    assert TOKEN not in caplog.text
    assert "elsewhere" not in caplog.text
    assert TOKEN not in repr(Endpoint(url="u", model="m", token=TOKEN, seconds=1, pause_seconds=1, answer_bytes=1))


async def test_without_any_text_nothing_is_asked() -> None:
    async with serving(saying(completion(GOOD))) as service:
        empty = Source(notes=(SourceText("n", "  "),), task_title="Clear toys")
        assert await extractor(service.url).extract(empty) == await offline(empty)
    assert service.requests == []


async def test_what_the_author_wrote_before_is_not_taken_from_a_service_either() -> None:
    source = Source(notes=NOTES, others=(RFC["text"],), dictionary=KNOWN)
    assert await made(saying(completion({"claims": [RFC]})), source) == await offline(source)


async def test_whoever_waits_no_longer_ends_the_question() -> None:
    async with serving(hang) as service:
        asking = asyncio.create_task(extractor(service.url, seconds=60).extract(SOURCE))
        await until(lambda: bool(service.requests))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

"""The settings choose the extractor; offline is what there is without any."""

from pathlib import Path

import pytest

from graph_api.kernel.errors import SettingsError
from graph_api.knowledge.extraction.asking import KNOWN_MAX, likeliest
from graph_api.knowledge.extraction.choosing import extractor_of
from graph_api.knowledge.extraction.dictionary import Known
from graph_api.knowledge.extraction.endpoint import EndpointExtractor
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.ops.settings import load_settings
from tests.knowledge.extraction.misbehaving import completion, saying, serving
from tests.knowledge.extraction.sources import SOURCE

URL = "https://drafts.example/v1"


def refusal(**settings: object) -> str:
    with pytest.raises(SettingsError) as caught:
        extractor_of(load_settings(**settings))
    return caught.value.message


def test_without_a_service_drafts_are_made_offline() -> None:
    assert isinstance(extractor_of(load_settings()), OfflineExtractor)


def test_a_service_and_its_model_are_named_by_the_draft() -> None:
    chosen = extractor_of(load_settings(extraction_url=URL, extraction_model="small"))
    assert isinstance(chosen, EndpointExtractor)
    assert chosen.name_and_version == "endpoint 1 (small)"


def test_a_service_without_a_model_is_refused() -> None:
    assert "SWARMGRAPH_EXTRACTION_MODEL" in refusal(extraction_url=URL)


@pytest.mark.parametrize(
    "url",
    ["http://drafts.example/v1", "ftp://localhost/", "http://localhost.example/", "https://", "https://a:b@host/", "x"],
)
def test_an_address_that_is_not_to_be_trusted_is_refused(url: str) -> None:
    assert "SWARMGRAPH_EXTRACTION_URL" in refusal(extraction_url=url, extraction_model="small")


@pytest.mark.parametrize("url", ["https://[", "http://localhost:99999", "https://host:port"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    assert "it is no address" in refusal(extraction_url=url, extraction_model="small")


@pytest.mark.parametrize("url", [URL, "http://localhost:11434/v1", "http://127.0.0.1:8000", "http://[::1]:1/v1"])
def test_https_and_this_very_machine_are_taken(url: str) -> None:
    assert isinstance(extractor_of(load_settings(extraction_url=url, extraction_model="m")), EndpointExtractor)


async def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n", encoding="utf-8")
    async with serving(saying(completion({"claims": []}))) as service:
        settings = load_settings(extraction_url=service.url, extraction_model="m", extraction_token_file=file)
        await extractor_of(settings).extract(SOURCE)
    assert service.requests[0][1]["authorization"] == "Bearer from-a-file"


def test_two_tokens_and_a_file_that_cannot_be_read_and_a_token_of_two_lines_are_refused(tmp_path: Path) -> None:
    base = {"extraction_url": URL, "extraction_model": "m"}
    file = tmp_path / "token"
    assert "cannot be read" in refusal(**base, extraction_token_file=file)
    file.write_text("one\ntwo", encoding="utf-8")
    assert "no token" in refusal(**base, extraction_token_file=file)
    assert "one of the two" in refusal(**base, extraction_token_file=file, extraction_token="x")
    assert "no token" in refusal(**base, extraction_token="x\r\nhost: y")


def test_of_very_many_skills_those_that_share_words_with_the_source_are_named() -> None:
    known = [Known(f"s{place:04}", (f"Skill {place}",)) for place in range(KNOWN_MAX)] + [Known("x", ("Rail freight",))]
    assert likeliest(known[:3], frozenset()) == known[:3]
    named = likeliest(known, frozenset({"rail"}))
    assert len(named) == KNOWN_MAX
    assert known[-1] in named

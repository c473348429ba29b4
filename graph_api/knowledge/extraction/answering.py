"""What is taken of an answer: only claims that quote their source and say what stands there, only ids that are known.

Pure. Whatever the service answers, the draft that comes of it keeps the word of the port, or there is none.
"""

import re
from typing import Annotated, Final

import msgspec

from graph_api.knowledge.extraction.drafting import DraftLimits, Links, compose, links_in
from graph_api.knowledge.extraction.folding import folded
from graph_api.knowledge.extraction.frequencies import telling_words
from graph_api.knowledge.extraction.port import Claim, Extraction, Source
from graph_api.knowledge.extraction.sentences import CHARACTERS_MAX
from graph_api.knowledge.extraction.text import normalised
from graph_api.knowledge.extraction.validity import telling_weight
from graph_api.knowledge.extraction.words import stem

_CLAIMS_MAX: Final = 50
_QUOTE_WEIGHT: Final = 6
"""A quote of one telling word or three Han characters at least: "the" is in every source."""
_FOUND_SHARE: Final = 0.5
"""Of a claim's telling words, half must be in its source, or it says something else than what it quotes."""
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_Ids = Annotated[list[str], msgspec.Meta(max_length=1000)]


class AnswerUnusable(ValueError):
    """An answer out of which no draft can be made."""


class _Statement(msgspec.Struct, frozen=True):
    text: str
    source: str
    quote: str


class _Drafted(msgspec.Struct, frozen=True):
    claims: Annotated[list[_Statement], msgspec.Meta(max_length=_CLAIMS_MAX)]
    skills: _Ids = []
    customers: _Ids = []


class _Message(msgspec.Struct, frozen=True):
    content: str


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _Completion(msgspec.Struct, frozen=True):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


class Taken(msgspec.Struct, frozen=True):
    """A draft, and how many claims and ids of the answer were left out."""

    made: Extraction
    claims_left_out: int
    ids_left_out: int


def taken(answer: bytes, source: Source, limits: DraftLimits, made_by: str) -> Taken:
    """Return the draft that an answer gives; raises AnswerUnusable where it gives none, or a DecodeError of msgspec."""
    drafted = _drafted(msgspec.json.decode(answer, type=_Completion).choices[0].message.content)
    claims = [claim for claim in (_claim(it, source) for it in drafted.claims) if claim]
    kept = _within(claims, limits.draft_characters)
    if not kept:
        raise AnswerUnusable(f"none of {len(drafted.claims)} claims quotes its source")
    links, unknown = _links(drafted, source, kept)
    made = compose(source, kept, links, made_by)
    if not made.body:
        raise AnswerUnusable("what it says is no valid experience")
    sure = round(made.confidence * len(claims) / len(drafted.claims), 2)
    return Taken(msgspec.structs.replace(made, confidence=sure), len(drafted.claims) - len(claims), unknown)


def _drafted(content: str) -> _Drafted:
    """Read the object in a message; some models put it between fences."""
    start, end = content.find("{"), content.rfind("}")
    return msgspec.json.decode(content[start : end + 1] if start >= 0 else content, type=_Drafted)


def _claim(said: _Statement, source: Source) -> Claim | None:
    text = " ".join(filter(str.isprintable, said.text.split()))
    origin = source.text_of(said.source)
    if origin is None or not 0 < len(text) <= CHARACTERS_MAX or not _follows(text, origin):
        return None
    span = quoted(said.quote, origin)
    return Claim(text, said.source, *span) if span else None


def quoted(quote: str, origin: str) -> tuple[int, int] | None:
    """Return where a quote stands in a text, whatever its case, width and white space; None where it tells nothing."""
    if telling_weight(normalised(quote)) < _QUOTE_WEIGHT:
        return None
    if (exact := origin.find(quote)) >= 0:
        return exact, exact + len(quote)
    plain, sought = folded(origin), folded(quote).text
    start = plain.text.find(sought)
    return plain.span(start, start + len(sought)) if start >= 0 else None


def _follows(text: str, origin: str) -> bool:
    """Tell whether a claim's numbers, and half of its telling words, are in its source."""
    if not set(_NUMBER.findall(normalised(text))) <= set(_NUMBER.findall(normalised(origin))):
        return False
    said = {stem(word) for word in telling_words(text)}
    there = {stem(word) for word in telling_words(origin)}
    return len(said & there) >= _FOUND_SHARE * len(said)


def _within(claims: list[Claim], characters: int) -> list[Claim]:
    kept: list[Claim] = []
    for claim in claims:
        characters -= len(claim.text) + 1
        if characters >= -1 and claim.text not in (other.text for other in kept):
            kept.append(claim)
    return kept


def _links(drafted: _Drafted, source: Source, claims: list[Claim]) -> tuple[Links, int]:
    """Return the known ids that were answered with those that are named, and how many were unknown."""
    named = links_in(source, claims)
    skills, customers = source.dictionary.skill_ids, source.dictionary.customer_ids
    unknown = len(set(drafted.skills) - skills) + len(set(drafted.customers) - customers)
    both = (skills & {*drafted.skills, *named.skills}, customers & {*drafted.customers, *named.customers})
    return Links(tuple(sorted(both[0])), tuple(sorted(both[1]))), unknown

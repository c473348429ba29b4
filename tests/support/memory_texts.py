"""The index of texts, kept nowhere: every look reads all items of a replica's state."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from graph_api.knowledge.model import Knowledge
from graph_api.knowledge.search.marking import rank, spans
from graph_api.knowledge.search.port import Sought, StoredText, TextReading
from graph_api.projection.port import ReplicaPort

MEANINGLESS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
    ]
)
"""The words that Lucene skips in English."""


class MemoryReading:
    def __init__(self, replica: ReplicaPort) -> None:
        self._replica = replica

    async def hits(self, sought: Sought, skip: int, limit: int) -> Sequence[str]:
        words = tuple(word for word in sought.words if word.lower() not in MEANINGLESS)
        found = (
            (-rank(item, words), item.id)
            for item in self._replica.graph.nodes(Knowledge)
            if fits(item, words, sought.every) and (sought.among is None or item.id in sought.among)
        )
        return [one for _, one in sorted(found)[skip : skip + limit]]

    async def texts(self, ids: Sequence[str]) -> Mapping[str, StoredText]:
        found = (self._replica.graph.node(Knowledge, one) for one in ids)
        return {item.id: StoredText(item.title, item.body) for item in found if item is not None}

    async def revision(self) -> str:
        return self._replica.revision


def fits(item: Knowledge, words: tuple[str, ...], every: bool) -> bool:
    stands = [bool(spans(f"{item.title}\n{item.body}", (word,), 1)) for word in words]
    return bool(stands) and (all(stands) if every else any(stands))


class MemoryTexts:
    """The index of a replica's state."""

    def __init__(self, replica: ReplicaPort) -> None:
        self._replica = replica

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[TextReading]:
        yield MemoryReading(self._replica)

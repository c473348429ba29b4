"""Items that may repeat another: candidates by words of the index, then the share of shingles on texts in memory."""

import asyncio
from typing import Final

import msgspec

from graph_api.knowledge.extraction.text import likeness
from graph_api.knowledge.model import Knowledge, KnowledgeState
from graph_api.knowledge.read_model import KnowledgeFilter
from graph_api.knowledge.search.port import Sought, TextIndex
from graph_api.knowledge.search.searching import Looking, SearchLimits, search
from graph_api.knowledge.search.similar import shingles, telling_words

_CANDIDATES: Final = SearchLimits(listed=50, looked_at=1000)
_STANDING: Final = KnowledgeFilter(states=(KnowledgeState.CONFIRMED, KnowledgeState.DRAFT))


class Alike(msgspec.Struct, frozen=True):
    """An item and how alike it is, 0 to 1."""

    item: Knowledge
    likeness: float


async def possible_duplicates(
    index: TextIndex, looking: Looking, item: Knowledge, words_max: int, least: float
) -> list[Alike]:
    """Return the items that are at least so much alike, of the 50 that share most telling words: the most alike first.

    Raises what `search` raises.
    """
    sought = Sought(telling_words(item, words_max), every=False)
    found = await search(index, looking, sought, _STANDING, _CANDIDATES, lambda rows: rows)
    others = [row.item for row in found if row.item.id != item.id]
    # Long texts have many shingles: whoever else asks something is not kept waiting.
    compared = await asyncio.to_thread(_compared, item, others)
    alike = (one for one in compared if one.likeness >= least)
    return sorted(alike, key=lambda one: (-one.likeness, one.item.id))


def _compared(item: Knowledge, others: list[Knowledge]) -> list[Alike]:
    own = shingles(item)
    return [Alike(other, likeness(own, shingles(other))) for other in others]

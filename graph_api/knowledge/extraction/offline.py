"""The extractor that is always there: by dictionary, frequencies and ranks alone, without asking anybody."""

import asyncio
from typing import Final

from graph_api.knowledge.extraction.drafting import DraftLimits, draft
from graph_api.knowledge.extraction.port import Extraction, Source

NAME_AND_VERSION: Final = "offline 1"


class OfflineExtractor:
    """Makes drafts of the source's own sentences; the same source gives the same draft."""

    def __init__(self, limits: DraftLimits | None = None) -> None:
        self._limits = limits or DraftLimits()

    @property
    def name_and_version(self) -> str:
        """Name and version, as drafts carry them."""
        return NAME_AND_VERSION

    async def extract(self, source: Source) -> Extraction:
        """Return a draft, made in a thread so that the loop goes on."""
        return await asyncio.to_thread(draft, source, self._limits, NAME_AND_VERSION)

"""Pages of knowledge items, with what a search found in each."""

from enum import Enum

import strawberry

from graph_api.knowledge import model
from graph_api.knowledge.graphql.types import Knowledge, show_knowledge
from graph_api.knowledge.search.marking import highlights, spans
from graph_api.knowledge.search.searching import Found
from graph_api.organization.graphql.common import PageInfo, describe_enum, page_info_of
from graph_api.organization.graphql.request import Info, Request
from graph_api.organization.paging import Listing, Page, Window, turn_to


class KnowledgeTextField(Enum):
    """A text of an item."""

    TITLE = "TITLE"
    BODY = "BODY"


describe_enum(KnowledgeTextField, "A text of a knowledge item.", {"TITLE": "Its title.", "BODY": "Its text."})


@strawberry.type(description="Where a word that was searched for stands.")
class TextSpan:
    """A span."""

    field: KnowledgeTextField = strawberry.field(description="In which text.")
    starts_at: int = strawberry.field(description="Its first character, Unicode code points from 0.")
    ends_at: int = strawberry.field(description="The character behind its last one.")


@strawberry.type(description="One row of a page of knowledge items.")
class KnowledgeEdge:
    """A row."""

    item: strawberry.Private[model.Knowledge]
    words: strawberry.Private[tuple[str, ...]]
    cursor: str = strawberry.field(
        description="The row's place in this list with its filter and order, for `after` and `before`. Opaque."
    )
    node: Knowledge = strawberry.field(description="What stands there.")
    score: float | None = strawberry.field(
        description="How well it fits the text that was searched for, more is better: 2 for each word in the title, "
        "and n / (n + 1) for one that stands n times in the first 5,000 characters. How rare a word is counts "
        "for nothing: that would tell of texts that are hidden. Null without a text."
    )

    @strawberry.field(
        description="The title where a word stands in it, and up to 3 excerpts of the text, escaped for HTML, with "
        "what was searched for between <mark> and </mark>; empty without a text, and where a word is found by another "
        "form."
    )
    def highlights(self) -> list[str]:
        """Return the excerpts."""
        return highlights(self.item, self.words) if self.words else []

    @strawberry.field(description="Where the words stand, at most 20 in the title and 20 in the text.")
    def spans(self, info: Info) -> list[TextSpan]:
        """Return the spans."""
        if not self.words:
            return []
        texts = ((KnowledgeTextField.TITLE, self.item.title), (KnowledgeTextField.BODY, self.item.body))
        found = [
            TextSpan(field=field, starts_at=span.start, ends_at=span.end)
            for field, text in texts
            for span in spans(text, self.words)
        ]
        info.context.count_rows(len(found))
        return found


@strawberry.type(description="One page of a list. Cursors hold places, so inserts between two pages shift nothing.")
class KnowledgeConnection:
    """A page."""

    edges: list[KnowledgeEdge] = strawberry.field(description="The rows, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(
        description="Rows of the whole list, under its filter; of a text at most SWARMGRAPH_SEARCH_HITS_MAX, the best."
    )


def knowledge_connection(request: Request, listing: Listing[model.Knowledge], window: Window) -> KnowledgeConnection:
    """Turn to a page of items; raises BadUserInput, QueryTooCostly."""
    page = turn_to(listing, window, request.page_limits)
    return _shown(request, page, [(item, None) for item in page.rows], ())


def found_connection(request: Request, page: Page[Found], words: tuple[str, ...]) -> KnowledgeConnection:
    """Show a page of what was found by words."""
    return _shown(request, page, [(row.item, row.score) for row in page.rows], words)


def _shown(
    request: Request,
    page: Page[model.Knowledge] | Page[Found],
    rows: list[tuple[model.Knowledge, float | None]],
    words: tuple[str, ...],
) -> KnowledgeConnection:
    request.count_rows(len(rows))
    edges = [
        KnowledgeEdge(item=item, words=words, cursor=cursor, node=show_knowledge(request.graph, item), score=score)
        for cursor, (item, score) in zip(page.cursors, rows, strict=True)
    ]
    return KnowledgeConnection(edges=edges, page_info=page_info_of(page), total_count=page.total)

"""Root fields that list and search knowledge items."""

from typing import Annotated

import strawberry

from graph_api.knowledge import model, read_model
from graph_api.knowledge.graphql import history as history  # its fields are part of the schema
from graph_api.knowledge.graphql.pages import KnowledgeConnection, found_connection, knowledge_connection
from graph_api.knowledge.graphql.request import KnowledgeInfo, KnowledgeRequest
from graph_api.knowledge.search.port import Sought
from graph_api.knowledge.search.searching import Paging, search_page
from graph_api.knowledge.search.words import text_problems, words_of
from graph_api.organization.graphql.arguments import check_length, refuse
from graph_api.organization.graphql.common import After, Before, First, Last, given, texts, window
from graph_api.organization.read_model import all_nodes, by_id


@strawberry.input(description="Knowledge items that satisfy every field that is given; of a list, any.")
class KnowledgeFilter:
    """A filter of items."""

    task_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Comes from one of these tasks."
    )
    skill_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Teaches one of these skills."
    )
    customer_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Is about one of these customers."
    )
    states: list[model.KnowledgeState] | None = strawberry.field(
        default=strawberry.UNSET, description="Is in one of these states."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Every word stands in the title or the text: English words in any form, a run of Chinese as it is, "
        "words such as `the` skipped. No character is syntax. At most SWARMGRAPH_SEARCH_TEXT_MAX_CHARACTERS and "
        "SWARMGRAPH_SEARCH_WORDS_MAX words.",
    )


@strawberry.type
class KnowledgeQuery:
    """What can be asked of knowledge items."""

    @strawberry.field(
        description="Knowledge items by id; by a text, the best first, then by id: the first "
        "SWARMGRAPH_SEARCH_HITS_MAX of all that the viewer sees, out of SWARMGRAPH_SEARCH_LOOKED_AT_MAX_HITS hits."
    )
    async def knowledge(
        self,
        info: KnowledgeInfo,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        filter: Annotated[KnowledgeFilter | None, strawberry.argument(description="Which to list.")] = strawberry.UNSET,
    ) -> KnowledgeConnection | None:
        """Return a page of items."""
        request, asked, place = info.context, _filter(info.context, given(filter)), window(first, after, last, before)
        if asked.text is not None:
            sought = Sought(words_of(asked.text))
            paging = Paging(place, request.page_limits, f"knowledge {asked}")
            page = await search_page(request.texts, request, sought, asked, request.search_limits, paging)
            return found_connection(request, page, sought.words)
        if asked == read_model.KnowledgeFilter():
            return knowledge_connection(request, all_nodes(request.graph, model.Knowledge), place)
        key = ("knowledge", asked, request.identity.id)  # an own draft is the viewer's alone
        rows = request.kept_list(key, lambda: read_model.knowledge(request.graph, asked))
        return knowledge_connection(request, by_id(rows, f"knowledge {asked}"), place)


def _filter(request: KnowledgeRequest, asked: KnowledgeFilter | None) -> read_model.KnowledgeFilter:
    """Read a filter; raises BadUserInput, QueryTooCostly."""
    if asked is None:
        return read_model.KnowledgeFilter()
    states, settings = given(asked.states), request.settings
    read = read_model.KnowledgeFilter(
        task_ids=texts(asked.task_ids),
        skill_ids=texts(asked.skill_ids),
        customer_ids=texts(asked.customer_ids),
        states=None if states is None else tuple(states),
        text=check_text(request, ("filter", "text"), asked.text),
    )
    for name in ("task_ids", "skill_ids", "customer_ids"):
        check_length(name, getattr(read, name), settings.list_entries_max)
    return read


def check_text(request: KnowledgeRequest, path: tuple[str, ...], text: str | None) -> str | None:
    """Read a text to search for; a blank one is none. Raises BadUserInput."""
    settings, read = request.settings, (given(text) or "").strip()
    refuse(text_problems(path, read, settings.search_text_max_characters, settings.search_words_max))
    return read or None

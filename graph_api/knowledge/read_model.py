"""Lists of knowledge items for pages, filtered on one state."""

from collections.abc import Callable, Iterable

import msgspec

from graph_api.kernel.graph import Readable
from graph_api.kernel.records import Link
from graph_api.knowledge.model import About, From, Knowledge, KnowledgeState, Teaches


class KnowledgeFilter(msgspec.Struct, frozen=True):
    """Any of each list, all of the fields; None asks nothing."""

    task_ids: tuple[str, ...] | None = None
    skill_ids: tuple[str, ...] | None = None
    customer_ids: tuple[str, ...] | None = None
    states: tuple[KnowledgeState, ...] | None = None
    text: str | None = None


def knowledge(graph: Readable, asked: KnowledgeFilter) -> list[Knowledge]:
    """Return the items that a filter lets through, by id; its text is left to the search."""
    ids, states = candidates(graph, asked), asked.states
    found: Iterable[Knowledge] = graph.nodes(Knowledge)
    if ids is not None:
        found = (item for one in sorted(ids) if (item := graph.node(Knowledge, one)) is not None)
    return [item for item in found if states is None or item.state in states]


def chosen(
    graph: Readable, asked: KnowledgeFilter, seen: Callable[[str], Knowledge | None]
) -> Callable[[str], Knowledge | None]:
    """Return what gives an item by id where it is `seen` and the filter, but for its text, lets it through."""
    ids, states = candidates(graph, asked), asked.states

    def choose(one: str) -> Knowledge | None:
        item = seen(one) if ids is None or one in ids else None
        return item if item is not None and (states is None or item.state in states) else None

    return choose


def candidates(graph: Readable, asked: KnowledgeFilter) -> set[str] | None:
    """Return the ids of what the lists of a filter let through; None where it has none."""
    lists: tuple[tuple[type[Link], tuple[str, ...] | None], ...] = (
        (From, asked.task_ids),
        (Teaches, asked.skill_ids),
        (About, asked.customer_ids),
    )
    found = [
        {link.source for one in wanted for link in graph.incoming(kind, one)}
        for kind, wanted in lists
        if wanted is not None
    ]
    return found[0].intersection(*found[1:]) if found else None

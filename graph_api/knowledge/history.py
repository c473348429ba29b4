"""Who used an item and what cites it, with what is known of the items that were merged into it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, NamedTuple

from graph_api.kernel.graph import Readable
from graph_api.knowledge.merging import repeated_by
from graph_api.knowledge.model import Cites, Knowledge, Used
from graph_api.organization.model import Task
from graph_api.organization.paging import Listing

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = 1_000_000
USE_PLACE: Final = tuple[int, int, str, str, str, int]


class Use(NamedTuple):
    """A use as a viewer sees it: a hidden task is None, and `number` tells uses apart that look the same to him."""

    item: str
    person: str
    task: str | None
    at: datetime | None
    basis: str | None
    number: int = 0


def uses(graph: Readable, item: str) -> Listing[Use]:
    """Return the uses of an item and of what it stands for, the latest first, those without a date last."""
    found = sorted(_uses(graph, repeated_by(graph, item)), key=_place)
    rows = [one._replace(number=number) for _, same in groupby(found, _place) for number, one in enumerate(same)]
    return Listing(rows, _place, USE_PLACE, f"uses of {item}")


def _uses(graph: Readable, items: Iterable[str]) -> Iterable[Use]:
    for item in items:
        for link in graph.incoming(Used, item):
            task = link.task if link.task and graph.node(Task, link.task) is not None else None
            yield Use(item, link.source, task, link.at, link.basis)


def _place(use: Use) -> tuple[int, int, str, str, str, int]:
    since = (use.at - _EPOCH) if use.at is not None else None
    latest = -((since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds) if since is not None else 0
    return (int(since is None), latest, use.person, use.item, use.task or "", use.number)


def citing(graph: Readable, item: str) -> list[Knowledge]:
    """Return the items that cite an item or what it stands for, by id; those among themselves left out."""
    same = repeated_by(graph, item)
    ids = {link.source for one in same for link in graph.incoming(Cites, one)} - set(same)
    return [found for one in sorted(ids) if (found := graph.node(Knowledge, one)) is not None]


def duplicates(graph: Readable, item: str) -> list[Knowledge]:
    """Return the items that were merged into an item, and into those, by id."""
    return [found for one in sorted(repeated_by(graph, item)[1:]) if (found := graph.node(Knowledge, one)) is not None]

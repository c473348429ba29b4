"""What is asked of a replayed history: whether it ends as its files say, and who had access at an instant."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from graph_api.exchange.cells import read_instant
from graph_api.exchange.reading import ImportLimits
from graph_api.exchange.replay.events import read_rows
from graph_api.exchange.replay.names import Names, Row, row_of
from graph_api.exchange.rows import CsvRow
from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.graph import Graph
from graph_api.kernel.ids import split_id
from graph_api.organization.model import Person
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.records import Granted

STATE: Final = "permission_state_head.csv"
MEMBER: Final = "org_member"
ADMINISTRATOR: Final = "org_admin"
_LISTED_MAX: Final = 20


class StateRow(CsvRow):
    """A tuple that stands when all events have happened."""

    subject: str
    relation: str
    object: str


class EndState(msgspec.Struct, frozen=True, kw_only=True):
    """How the tuples that stand compare with the file of those that should; of what differs the first are listed."""

    tuples: int
    missing: int
    unexpected: int
    first_missing: tuple[str, ...]
    first_unexpected: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Say whether nothing differs."""
        return not (self.missing or self.unexpected)


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """Who is in an organization, and who administers it."""

    organization: str
    members: tuple[str, ...]
    administrators: tuple[str, ...]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who had access at an instant; there are no organizations before the first event."""

    at: datetime
    organizations: tuple[Membership, ...] = ()


def compare_end(folder: Path, view: Graph, names: Names, limits: ImportLimits) -> EndState | None:
    """Compare what stands in a state with the folder's file of it; None where it has none. Raises BadUserInput."""
    if not (folder / STATE).is_file():
        return None
    file = read_rows(folder / STATE, StateRow, limits)
    if file.faults:
        raise BadUserInput(f"{file.faults[0]}.", place=(str(folder / STATE),))
    wanted = {(placed.row.subject, placed.row.relation, placed.row.object) for placed in file.rows}
    standing = _standing(view, names)
    return EndState(
        tuples=len(standing),
        missing=len(wanted - standing),
        unexpected=len(standing - wanted),
        first_missing=_first(wanted - standing),
        first_unexpected=_first(standing - wanted),
    )


def _standing(view: Graph, names: Names) -> set[Row]:
    grants = view.links(Granted)
    return {row_of(grant.tuple) for grant in grants if split_id(grant.tuple.object)[0] in names.types}


def _first(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(" ".join(row) for row in sorted(rows)[:_LISTED_MAX])


def who_had_access(graph: PermissionGraph, at: datetime) -> Access:
    """Tell who was in each organization that anybody was in, by the graph of an instant."""
    found = [each for relation in (MEMBER, ADMINISTRATOR) for each in graph.read(relation=relation)]

    def people(organization: str, relation: str) -> tuple[str, ...]:
        return tuple(graph.list_users(organization, relation, filters=[Person.entity_type], at=at))

    organizations = (
        Membership(organization=each, members=people(each, MEMBER), administrators=people(each, ADMINISTRATOR))
        for each in sorted({each.tuple.object for each in found if each.valid})
    )
    return Access(at=at, organizations=tuple(organizations))


def read_date(text: str) -> datetime:
    """Read a day, which stands for its first instant in UTC, or an instant with offset; raises BadUserInput."""
    try:
        return read_instant(text)
    except ValueError as fault:
        raise BadUserInput(
            f"{text!r} is no date: {fault}.", suggestion="Write for example 2024-02-16 or 2024-02-16T04:48:18Z."
        ) from fault

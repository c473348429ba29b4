"""Questions that come with the real data sets, asked of the database by named queries in tests/exchange/queries."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from graph_api.kernel.ids import natural_key
from graph_api.store.cypher import NoParams, Query, load_query
from graph_api.store.database import Database
from tests.support.truths import Ranking, ranking

FOLDER: Final = Path(__file__).resolve().parents[1] / "exchange" / "queries"
AnyQuery = Query[Any, Any]


class OneTask(msgspec.Struct):
    task: str
    prefix: str


class OneKind(msgspec.Struct):
    kind: str | None


class OneRole(msgspec.Struct):
    role: str


class SomeRoles(msgspec.Struct):
    roles: list[str]


class SomeReleases(msgspec.Struct):
    releases: list[str]


class Wanted(msgspec.Struct):
    kind: str
    release: str
    skills: str


class TwoPeople(msgspec.Struct):
    kind: str
    first: str
    second: str


class RoleRow(msgspec.Struct):
    role: str
    people: list[str]


class SizeRow(msgspec.Struct):
    people: int
    tasks: int


class PlacesRow(msgspec.Struct):
    grown: int
    places: int


class UsesRow(msgspec.Struct):
    item: str
    tasks: list[str]


class AreaRow(msgspec.Struct):
    area: str
    author: str


class AmountRow(msgspec.Struct):
    name: str
    amount: float


class DistanceRow(msgspec.Struct):
    tasks: int


class LargestRow(msgspec.Struct):
    task: str
    customer: str
    people: int


class CitiesRow(msgspec.Struct):
    people: int
    cities: int
    teams: int


class ValueRow(msgspec.Struct):
    people: int
    tasks: int
    value: float


class PeriodRow(msgspec.Struct):
    period: int
    customers: int


class CountRow(msgspec.Struct):
    kind: str
    records: int


class WritingsRow(msgspec.Struct):
    items: int
    characters: int
    alone: int


def _query(name: str, row: type[msgspec.Struct], params: type[msgspec.Struct] = NoParams) -> AnyQuery:
    return load_query(FOLDER, name, params, row)


NODES: Final = _query("nodes_by_label", CountRow)
LINKS: Final = _query("links_by_type", CountRow)
WRITINGS: Final = _query("writings", WritingsRow)
COUNTS: Final = (NODES, LINKS, WRITINGS)
_BY_ROLE: Final = _query("people_by_role", RoleRow, OneTask)
_SIZES: Final = _query("team_sizes", SizeRow, OneKind)
_PLACES: Final = _query("handed_over", PlacesRow)
_USES: Final = _query("uses_by_item", UsesRow)
_AREAS: Final = _query("lonely_areas", AreaRow, SomeReleases)
_GATES: Final = _query("crossed_gates", AmountRow)
_DAYS: Final = _query("days_to_close", AmountRow, OneKind)
_DEMAND: Final = _query("demand_by_skill", AmountRow, Wanted)
_AUTHORS: Final = _query("sole_authors", AmountRow)
_DISTANCE: Final = _query("distance", DistanceRow, TwoPeople)
_LARGEST: Final = _query("largest_team", LargestRow)
_CITIES: Final = _query("cities_by_team", CitiesRow)
_SERVED: Final = _query("served_by_one", AmountRow, OneRole)
_VALUES: Final = _query("value_by_team", ValueRow, SomeRoles)
_DISPATCHED: Final = _query("value_by_person", AmountRow, OneRole)
_SPREADERS: Final = _query("spreaders", AmountRow)
_PERIODS: Final = _query("adopters_by_period", PeriodRow)


class Asked(NamedTuple):
    """Queries with their parameters, and what makes the answer of all their rows, one list a query."""

    queries: Sequence[tuple[AnyQuery, msgspec.Struct]]
    answer: Callable[[list[Any]], Any]


async def ask(database: Database, asked: Asked) -> Any:
    """Run the queries and return the answer in the shape of truths.json."""
    return asked.answer([row for query, params in asked.queries for row in await database.read(query, params)])


def once(query: AnyQuery, params: msgspec.Struct, answer: Callable[[list[Any]], Any]) -> Asked:
    return Asked([(query, params)], answer)


def names(ids: Sequence[str]) -> list[str]:
    return sorted(map(natural_key, ids))


def approvers(task: str) -> Asked:
    return once(_BY_ROLE, OneTask(f"task:{task}", "approver"), lambda rows: names(rows[0].people))


def by_role(task: str, prefix: str = "") -> Asked:
    def answer(rows: list[RoleRow]) -> dict[str, list[str]]:
        return {row.role.removeprefix(prefix): names(row.people) for row in rows}

    return once(_BY_ROLE, OneTask(f"task:{task}", prefix), answer)


def sizes(kind: str | None, most: int) -> Asked:
    def answer(rows: list[SizeRow]) -> dict[str, int]:
        return {str(row.people): row.tasks for row in rows if row.people <= most}

    return once(_SIZES, OneKind(kind), answer)


def ranked(query: AnyQuery, params: msgspec.Struct, amount: int) -> Asked:
    def answer(rows: list[AmountRow]) -> Ranking:
        return ranking({natural_key(row.name): row.amount for row in rows}, amount)

    return once(query, params, answer)


def most_used(rows: list[UsesRow]) -> Ranking:
    return ranking({natural_key(row.item): len(row.tasks) for row in rows}, 1)


def users_of(item: str) -> Callable[[list[UsesRow]], list[str]]:
    return lambda rows: next(names(row.tasks) for row in rows if natural_key(row.item) == item)


def distances(*pairs: tuple[str, str]) -> Asked:
    def ends(first: str, second: str) -> TwoPeople:
        return TwoPeople("KEP", f"person:gh%3A{first}", f"person:gh%3A{second}")

    def answer(rows: list[DistanceRow]) -> dict[str, int]:
        found = zip(pairs, rows, strict=True)
        return {f"gh:{first} - gh:{second}": row.tasks for (first, second), row in found}

    return Asked([(_DISTANCE, ends(*pair)) for pair in pairs], answer)


def across(people: int | None, *cities: int) -> Callable[[list[CitiesRow]], list[int]]:
    def answer(rows: list[CitiesRow]) -> list[int]:
        teams = [row for row in rows if people in (None, row.people)]
        return [sum(row.teams for row in teams if row.cities >= least) for least in cities]

    return answer


def served_alone(rows: list[AmountRow]) -> tuple[int, Ranking]:
    alone = {natural_key(row.name): int(row.amount) for row in rows}
    return sum(alone.values()), ranking(alone, 1)


def of_five(rows: list[ValueRow]) -> list[int]:
    return next([row.tasks, round(row.value)] for row in rows if row.people == 5)


def cumulated(rows: list[PeriodRow]) -> list[int]:
    assert [row.period for row in rows] == list(range(1, len(rows) + 1))
    return list(accumulate(row.customers for row in rows))


_NONE: Final = NoParams()
KUBERNETES: Final[Mapping[str, Asked]] = {
    "approvers-KEP-1287": approvers("KEP-1287"),
    "approvers-KEP-3063": approvers("KEP-3063"),
    "approvers-KEP-1440": approvers("KEP-1440"),
    "prr-KEP-1287": by_role("KEP-1287", "prr-approver-"),
    "swarm-RT-1.30-enhancements": by_role("RT-1.30-enhancements"),
    "swarm-sizes": sizes("RELEASE-SUBTEAM", 99),
    "knowledge-handover": once(_PLACES, _NONE, lambda rows: [rows[0].grown, rows[0].places]),
    "most-used-knowledge": once(_USES, _NONE, most_used),
    "users-of-KEP-1287": once(_USES, _NONE, users_of("doc:KEP-1287")),
    "area-breaks": once(
        _AREAS,
        SomeReleases(["1.34", "1.35", "1.36", "1.37"]),
        lambda rows: {natural_key(row.area): natural_key(row.author) for row in rows},
    ),
    "crossed-gates": once(_GATES, _NONE, lambda rows: {row.name: row.amount for row in rows}),
    "longest-keps": ranked(_DAYS, OneKind("KEP"), 0),
    "kep-distance": distances(("jackfrancis", "liggitt"), ("aojea", "soltysh")),
    "demand-1.36": ranked(_DEMAND, Wanted("PR", "1.36", "sig"), 1),
    "sole-author-knowledge": ranked(_AUTHORS, _NONE, 1),
}
CARPENTRIES: Final[Mapping[str, Asked]] = {
    "largest-team": once(_LARGEST, _NONE, lambda rows: [natural_key(rows[0].task), rows[0].customer, rows[0].people]),
    "team-sizes": sizes(None, 8),
    "cross-city": once(_CITIES, _NONE, across(None, 2, 3)),
    "cross-city-5": once(_CITIES, _NONE, lambda rows: across(5, 2)(rows)[0]),
    "single-instructor-customers": once(_SERVED, OneRole("instructor"), served_alone),
}
NSF: Final[Mapping[str, Asked]] = {
    "five-person": once(_VALUES, SomeRoles(["pi", "co-pi"]), of_five),
    "dispatchers": ranked(_DISPATCHED, OneRole("program-manager"), 1),
}
DIFFUSION: Final[Mapping[str, Asked]] = {
    "spreaders-medInnovations": ranked(_SPREADERS, _NONE, 1),
    "adoption-medInnovations": once(_PERIODS, _NONE, cumulated),
}
QUESTIONS: Final[Mapping[str, Mapping[str, Asked]]] = {
    "kubernetes": KUBERNETES,
    "carpentries": CARPENTRIES,
    "nsf": NSF,
    "diffusion": DIFFUSION,
}
"""By data set, what is asked of the database after its import."""

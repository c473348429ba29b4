"""Knowledge that would be lost with people who leave.

Rigby, Zhu, Donadelli and Mockus, "Quantifying and mitigating turnover-induced knowledge loss", ICSE 2016: loss is what
nobody holds any more, as a distribution over simulated leavers. Expected shortfall: Acerbi and Tasche 2002.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import product
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.flow.reading import Part
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy, Used
from graph_api.organization.model import BelongsTo, HasSkill, Person, Requires, Skill, Task, WorkedOn

Counts = npt.NDArray[np.int64]
Holders = Mapping[str, frozenset[str]]
"""By skill or item: the people, present by the day asked about, who hold it."""
ENUMERATED_PEOPLE_MAX: Final = 12
"""No setting: all 2^12 sets of leavers are weighed faster than they could be drawn."""
_BATCH: Final = 64


class Losses(msgspec.Struct, frozen=True):
    """How many skills and items were lost, in each case, with the case's probability; the probabilities add up to 1."""

    lost: Counts
    probability: npt.NDArray[np.float64]


class AtRisk(msgspec.Struct, frozen=True):
    """Skills and items lost: the median, a quantile, and the mean of the worst cases beyond it."""

    median: float
    at_quantile: float
    expected_shortfall: float


def holders(view: GraphView, today: date) -> dict[str, frozenset[str]]:
    """Return who holds each skill, and who wrote or used each confirmed item; nobody who is gone counts."""
    return held_by_those_present(holdings(today).read(view))


class Holding(NamedTuple):
    """A skill or item with all who ever held it, or a person who is there, who then holds himself."""

    what: str
    people: frozenset[str]


def holdings(today: date) -> Part[Holding]:
    """Return who is there on a day, and all holders of each skill and of each confirmed item."""
    return Part((Knowledge, Person, Skill), partial(_holding, today=today))


def _holding(view: GraphView, entity: str, today: date) -> Holding | None:
    if (item := view.node(Knowledge, entity)) is not None:
        return _item_holding(view, item)
    if (person := view.node(Person, entity)) is not None:
        is_there = person.kind == "person" and (person.last_day is None or today <= person.last_day)
        return Holding(entity, frozenset((entity,))) if is_there else None
    if view.node(Skill, entity) is not None:
        return Holding(entity, frozenset(link.source for link in view.incoming(HasSkill, entity)))
    return None


def _item_holding(view: GraphView, item: Knowledge) -> Holding | None:
    if item.state is not KnowledgeState.CONFIRMED:
        return None
    writers = {link.target for link in view.outgoing(RecordedBy, item.id)}
    readers = {link.source for link in view.incoming(Used, item.id)}
    return Holding(item.id, frozenset(writers | readers))


def held_by_those_present(read: Iterable[Holding]) -> dict[str, frozenset[str]]:
    """Return who of those who are there holds what; what is told of one thing more than once adds up."""
    rows = list(read)
    present = frozenset(one.what for one in rows if one.what in one.people)
    held: dict[str, frozenset[str]] = {}
    for one in rows:
        if one.what not in present:
            held[one.what] = held.get(one.what, frozenset()) | (one.people & present)
    return held


def people_of(view: GraphView, unit_id: str, today: date) -> frozenset[str]:
    """Return who belongs to a unit on a day."""
    return frozenset(
        link.source
        for link in view.incoming(BelongsTo, unit_id)
        if (link.since is None or link.since <= today) and (link.until is None or today <= link.until)
    )


def single_holder(held: Holders, among: frozenset[str] | None = None) -> list[str]:
    """Return what exactly one person holds, who is one of some people where they are given; by id."""
    return sorted(one for one, people in held.items() if len(people) == 1 and (among is None or people <= among))


def truck_factor(held: Holders, among: frozenset[str] | None = None) -> int | None:
    """Return how many people may go until more than half of what they hold is held by nobody; None: it never is.

    The heuristic of Avelino, Passos, Hora and Valente, "A novel approach for estimating truck factors", ICPC 2016: who
    holds most goes first, then by id. Where some people are given, only they go, and only what they hold counts.
    """
    counted = {what: people for what, people in held.items() if people and (among is None or people & among)}
    left = {what: len(people) for what, people in counted.items()}
    things: dict[str, list[str]] = {}
    for what, people in counted.items():
        for person in people if among is None else people & among:
            things.setdefault(person, []).append(what)
    lost = 0
    for number, person in enumerate(sorted(things, key=lambda one: (-len(things[one]), one)), start=1):
        for what in things[person]:
            left[what] -= 1
            lost += left[what] == 0
        if 2 * lost > len(counted):
            return number
    return None


def losses(held: Holders, leaving: Iterable[str], *, probability: float, simulations: int, seed: int) -> Losses:
    """Let each of some people leave with one probability, independently of the others, and count what is lost.

    Up to 12 people every case is weighed by its probability; of more, so many cases are drawn, each of one weight.
    """
    people = sorted(set(leaving))
    places = {person: place for place, person in enumerate(people)}
    bound = [sorted(places[one] for one in each) for each in held.values() if each and each <= places.keys()]
    if len(people) <= ENUMERATED_PEOPLE_MAX:
        cases = np.array(list(product((False, True), repeat=len(people))), np.int64).reshape(2 ** len(people), -1)
        left = np.asarray(np.sum(cases, axis=1), np.int64)
        weight = np.power(probability, left) * np.power(1 - probability, len(people) - left)
        return Losses(_lost(bound, cases), np.asarray(weight, np.float64))
    drawn = np.random.default_rng(seed).random((simulations, len(people))) < probability
    return Losses(_lost(bound, np.asarray(drawn, np.int64)), np.full(simulations, 1 / simulations, np.float64))


def _lost(bound: Sequence[Sequence[int]], cases: Counts) -> Counts:
    """Count, in each case (a row of leavers), what all holders of leave; a batch of cases at a time bounds memory."""
    if not bound:
        return np.zeros(len(cases), np.int64)
    sizes = np.array([len(each) for each in bound], np.int64)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    columns = np.concatenate([np.array(each, np.int64) for each in bound])
    matrix = sparse.csr_array((np.ones(len(columns), np.int64), columns, ends), shape=(len(bound), cases.shape[1]))
    batches = (cases[first : first + _BATCH].T for first in range(0, len(cases), _BATCH))
    return np.concatenate([_gone(np.asarray(matrix @ batch, np.int64), sizes) for batch in batches])


def _gone(leaving: Counts, holding: Counts) -> Counts:
    """Count, by case (a column), the things (rows) of which as many holders leave as there are."""
    return np.asarray(np.sum(np.equal(leaving, holding[:, None]), axis=0), np.int64)


def at_risk(found: Losses, quantile: float) -> AtRisk:
    """Sum up losses; the quantile q is the least loss x with P(loss <= x) >= q, without interpolation.

    Expected shortfall = 1 / (1 - q) times the integral of the quantiles from q to 1, so that ties at q count in part.
    """
    order = np.argsort(found.lost, kind="stable")
    lost, cumulative = found.lost[order], np.cumsum(found.probability[order])
    cumulative[-1] = 1.0
    beyond = np.diff(np.maximum(cumulative, quantile), prepend=quantile)
    shortfall = float((beyond * lost).sum() / (1 - quantile))
    return AtRisk(_quantile(lost, cumulative, 0.5), _quantile(lost, cumulative, quantile), shortfall)


def _quantile(lost: Counts, cumulative: npt.NDArray[np.float64], share: float) -> float:
    """Return a quantile; sums of probabilities that miss it by rounding alone reach it."""
    return float(lost[min(int(np.searchsorted(cumulative, share - 1e-12)), len(lost) - 1)])


class Authored(NamedTuple):
    """A skill that a task requires, and who wrote that task's work."""

    skill: str
    people: frozenset[str]


def authored(view: GraphView, releases: frozenset[str], role: str) -> Iterator[Authored | None]:
    """Yield what was written of the tasks of some releases by people in a role, and None for each task looked at."""
    for task in view.nodes(Task):
        yield None
        if task.release in releases:
            people = frozenset(link.source for link in view.incoming(WorkedOn, task.id) if link.role == role)
            yield from (Authored(need.target, people) for need in view.outgoing(Requires, task.id))


def skills_of_one_author(rows: Iterable[Authored | None]) -> dict[str, str]:
    """Return, by skill that tasks require, the person who alone wrote all of them; by id of the skill."""
    authors: dict[str, set[str]] = {}
    for one in rows:
        if one is not None:
            authors.setdefault(one.skill, set()).update(one.people)
    return {skill: next(iter(people)) for skill, people in sorted(authors.items()) if len(people) == 1}

"""How fairly the swarms of some days shared the work: seats by person, and what no assembler could go below.

A seat is a booking of a swarm that was formed on one of the days and not cancelled. Eligible is who holds a role's
skill at the level that the swarm's task asks for, is neither absent nor gone on any of its days, and has the capacity
for its share, all as the state is now, for levels and absences have no history; and whoever was booked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView, Readable
from graph_api.kernel.quantities import PERMILLE, Days
from graph_api.organization.model import HasSkill, Person, Task
from graph_api.organization.read_model import is_present
from graph_api.swarm.demand import task_demand
from graph_api.swarm.dispatch.bound import Needed, Role, least_maximum_load, people_of
from graph_api.swarm.dispatch.shares import Shares, shares
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of
from graph_api.swarm.snapshot import CANDIDATE_KIND

LEVEL_UNKNOWN: Final = 1


class Formed(msgspec.Struct, frozen=True):
    """A swarm's bookings, the levels that its task asks for by skill, and its days."""

    links: tuple[MemberOf, ...]
    levels: Mapping[str, int]
    days: Days

    @property
    def standing(self) -> Sequence[MemberOf]:
        """The bookings of those who did not leave; all where everybody left: a seat counts once in what is needed."""
        return [link for link in self.links if link.left_at is None] or self.links


class Holding(msgspec.Struct, frozen=True, gc=False):
    """Somebody holds a skill at a level."""

    skill_id: str
    person: Person
    level: int


class Told(msgspec.Struct, frozen=True):
    """The figures of shared seats, and the lower bound of the greatest load."""

    shares: Shares
    bound: int


def formed(view: Readable, days: Days) -> Iterator[Formed | None]:
    """Yield the swarms formed on some days, and None for each that was not: reading may pause anywhere."""
    for swarm in view.nodes(Swarm):
        if swarm.state is SwarmState.CANCELLED or not days.starts_on <= swarm.formed_at.date() <= days.ends_on:
            yield None
        else:
            links = tuple(sorted(view.incoming(MemberOf, swarm.id), key=lambda link: link.source))
            yield Formed(links, _levels(view, task_of(view, swarm.id)), Days(swarm.starts_on, swarm.ends_on))


def _levels(view: GraphView, task: Task | None) -> dict[str, int]:
    demand = task_demand(view, task) if task else None
    return {skill.skill_id: skill.minimum_level for skill in (demand and demand.skills) or ()}


def holdings(view: GraphView, swarms: Sequence[Formed]) -> Iterator[Holding]:
    """Yield who holds the skills that were roles."""
    for skill_id in sorted({role for swarm in swarms for link in swarm.links for role in link.roles}):
        for link in view.incoming(HasSkill, skill_id):
            person = view.node(Person, link.source)
            if person is not None and person.kind == CANDIDATE_KIND:
                yield Holding(skill_id, person, link.level)


def fairness(swarms: Sequence[Formed], held: Sequence[Holding], pairs_max: int) -> Told:
    """Describe the seats of everybody who was eligible for one.

    With more pairs of a role and a holder than `pairs_max`, days and shares are not looked at, so that more people
    count as eligible, and the bound is by averages alone.
    """
    people = _People(held)
    is_exact = people.pairs(swarms) <= pairs_max
    needed = [people.needed(swarm, is_exact=is_exact) for swarm in swarms]
    loads = Counter(link.source for swarm in swarms for link in swarm.links)
    everybody = people_of(role for each in needed for role in each.roles)
    seats = [*loads.values(), *[0] * len(everybody - {people.place(one) for one in loads})]
    return Told(shares(seats), least_maximum_load(needed, pairs_max if is_exact else 0))


class _People:
    """People by place, and who can take a role; who can is looked up once a skill, level, days and share."""

    def __init__(self, held: Sequence[Holding]) -> None:
        self._held: dict[str, list[Holding]] = {}
        for each in held:
            self._held.setdefault(each.skill_id, []).append(each)
        self._places: dict[str, int] = {}
        self._can: dict[tuple[str, int, Days | None, int], tuple[tuple[int, ...], frozenset[int]]] = {}

    def place(self, person_id: str) -> int:
        return self._places.setdefault(person_id, len(self._places))

    def pairs(self, swarms: Sequence[Formed]) -> int:
        roles = ({role for link in swarm.links for role in link.roles} for swarm in swarms)
        return sum(len(self._held.get(role, ())) for each in roles for role in each)

    def needed(self, swarm: Formed, *, is_exact: bool) -> Needed:
        members = swarm.standing
        share = min((link.share_permille for link in members), default=PERMILLE)
        days, least = (swarm.days, share) if is_exact else (None, 0)
        seats = Counter(role for link in members for role in set(link.roles))
        roles: list[Role] = []
        for skill, count in sorted(seats.items()):
            booked = {self.place(link.source) for link in swarm.links if skill in link.roles}
            can, also = self._able((skill, swarm.levels.get(skill, LEVEL_UNKNOWN), days, least))
            roles.append(Role(skill, count, can, tuple(sorted(booked - also))))
        return Needed(len({link.source for link in members if link.roles}), tuple(roles))

    def _able(self, key: tuple[str, int, Days | None, int]) -> tuple[tuple[int, ...], frozenset[int]]:
        if key not in self._can:
            skill, level, days, share = key
            can = tuple(
                self.place(each.person.id)
                for each in self._held.get(skill, ())
                if each.level >= level
                and round(each.person.capacity * PERMILLE) >= share
                and (days is None or is_present(each.person, days))
            )
            self._can[key] = can, frozenset(can)
        return self._can[key]

"""Demands of real tasks: which tasks, and what each asks for.

A demand asks for the skills of a task. Historic members (people, no bots and no groups) who hold one of these are dealt
to them in rounds: each round is a maximum matching of the members left and the skills by who holds what, in the order
of ids, so that as many skills as possible get one seat more; the rounds end when nobody is left or after eight seats.
A skill that nobody is matched to is not demanded. The team is of the default size, and larger where one skill alone has
more seats. Five seats ask for three cities. It is asked for on the day before the task opened, for 14 days from there;
loads and ties are as of that day, whereas levels have no history: they are those that the set gives.

Tasks that nobody can tell the day of, that ask for no skill, that name no member, or of whose members fewer than two
hold a skill of it, are left out. Of the others 50 are drawn: so many of each number of seats, and among these, in an
order that is shuffled by a fixed seed, always the next whose split of seats, then whose year was drawn least so far.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days
from graph_api.organization.model import HasSkill, Person, Requires, Task, WorkedOn
from graph_api.swarm.model import Demand, SkillDemand

SETS: Final = ("kubernetes", "carpentries")
SEATS_LEAST: Final = 2
SEATS_MOST: Final = 8
TEAM_DEFAULT_MOST: Final = 5
SEATS_WITH_CITIES: Final = 5
CITIES: Final = 3
DAYS_LONG: Final = 14
DRAWN: Final[Mapping[int, int]] = {2: 6, 3: 7, 4: 7, 5: 10, 6: 6, 7: 7, 8: 7}
"""By the number of seats, how many tasks are drawn."""
_SEED: Final = 4


@dataclass(frozen=True)
class RealDemand:
    """What a task asks for, and the day on which it is asked."""

    task_id: str
    today: date
    demand: Demand

    @property
    def skills(self) -> tuple[SkillDemand, ...]:
        """The skills that are asked for."""
        assert self.demand.skills is not None
        return self.demand.skills

    @property
    def seats(self) -> int:
        """All seats of all skills."""
        return sum(skill.seats for skill in self.skills)

    @property
    def headcount(self) -> int:
        """The number of members: as asked, else one a seat and five at most."""
        return self.demand.headcount or min(TEAM_DEFAULT_MOST, self.seats)

    @property
    def complete(self) -> Demand:
        """The demand with nothing left out."""
        return msgspec.structs.replace(self.demand, headcount=self.headcount, share=self.demand.share or 1.0)

    @property
    def split(self) -> tuple[int, ...]:
        """The seats of each skill, most first."""
        return tuple(sorted((skill.seats for skill in self.skills), reverse=True))

    def with_skills(self, skills: Sequence[SkillDemand]) -> "RealDemand":
        """Return the same demand for these skills."""
        return RealDemand(self.task_id, self.today, msgspec.structs.replace(self.demand, skills=tuple(skills)))


@dataclass(frozen=True)
class Drawn:
    """The demands that are used, and of the other tasks how many were left out for which reason."""

    demands: tuple[RealDemand, ...]
    left_out: Mapping[str, int]


def draw(view: GraphView) -> Drawn:
    """Draw the demands of an imported set."""
    left_out: Counter[str] = Counter()
    usable: dict[int, list[RealDemand]] = {}
    for task in view.nodes(Task):
        made = demand_of(view, task)
        if isinstance(made, str):
            left_out[made] += 1
        else:
            usable.setdefault(made.seats, []).append(made)
    drawn = [one for seats, count in DRAWN.items() for one in _spread(usable.get(seats, []), count)]
    left_out["not drawn"] = sum(map(len, usable.values())) - len(drawn)
    return Drawn(tuple(drawn), left_out)


def demand_of(view: GraphView, task: Task) -> RealDemand | str:
    """Return the demand of a task, or why there is none."""
    seats = seats_of(view, task)
    if isinstance(seats, str):
        return seats
    today = day_before(task)
    return RealDemand(task.id, today, _demand(Counter(skill for skill, _ in seats), today))


def seats_of(view: GraphView, task: Task) -> list[tuple[str, str]] | str:
    """Return the seats of a task as skill and historic member, or why it cannot be asked for."""
    if task.opened_at is None:
        return "no day of opening"
    skills = sorted(link.target for link in view.outgoing(Requires, task.id))
    if not skills:
        return "no skill"
    members = sorted({link.source for link in view.incoming(WorkedOn, task.id) if _is_person(view, link.source)})
    if not members:
        return "no member"
    seats = dealt({one: [skill for skill in skills if view.link(HasSkill, one, skill)] for one in members})
    return seats if len(seats) >= SEATS_LEAST else "fewer than two members matched"


def day_before(task: Task) -> date:
    """Return the day before a task opened."""
    assert task.opened_at is not None
    return task.opened_at.astimezone(UTC).date() - timedelta(days=1)


def _is_person(view: GraphView, person_id: str) -> bool:
    person = view.node(Person, person_id)
    return person is not None and person.kind == "person"


def _demand(seats: Mapping[str, int], today: date) -> Demand:
    largest = max(seats.values())
    return Demand(
        skills=tuple(SkillDemand(skill_id=skill, seats=count) for skill, count in sorted(seats.items())),
        headcount=largest if largest > TEAM_DEFAULT_MOST else None,
        days=Days(today, today + timedelta(days=DAYS_LONG - 1)),
        minimum_cities=CITIES if sum(seats.values()) == SEATS_WITH_CITIES else None,
    )


def deal(held: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the seats of each skill, of members with the skills that each holds."""
    return dict(Counter(skill for skill, _ in dealt(held)))


def dealt(held: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the seats as skill and member, each member once, in the order in which they are dealt."""
    seats: list[tuple[str, str]] = []
    left = {member: skills for member, skills in held.items() if skills}
    while left and len(seats) < SEATS_MOST:
        for skill, member in sorted(matching(left).items())[: SEATS_MOST - len(seats)]:
            seats.append((skill, member))
            del left[member]
    return seats


def matching(held: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return a maximum matching, the member of each skill, by augmenting paths."""
    taken: dict[str, str] = {}

    def place(member: str, tried: set[str]) -> bool:
        for skill in held[member]:
            if skill not in tried:
                tried.add(skill)
                if skill not in taken or place(taken[skill], tried):
                    taken[skill] = member
                    return True
        return False

    for member in held:
        place(member, set())
    return taken


def _spread(demands: Sequence[RealDemand], count: int) -> list[RealDemand]:
    left = list(demands)
    random.Random(_SEED).shuffle(left)
    splits: Counter[tuple[int, ...]] = Counter()
    years: Counter[int] = Counter()
    drawn: list[RealDemand] = []
    while left and len(drawn) < count:
        # The first of the least used: a list keeps its order, and min takes the first of equals.
        one = min(left, key=lambda demand: (splits[demand.split], years[demand.today.year]))
        left.remove(one)
        drawn.append(one)
        splits[one.split] += 1
        years[one.today.year] += 1
    return drawn

"""Assembly as plain integers: who may take which slot, what a team is worth, and what it must satisfy.

Points are milli-points: 1,000 is one skill of weight 1 held at level 5. Candidates stand in the canonical order of
their ids, so that an index says the same everywhere.
"""

from enum import StrEnum
from typing import Final

import msgspec

POINTS_A_LEVEL: Final = 200
POINTS_AN_HOUR: Final = 30
OPEN_LEVEL: Final = 0
LEVEL_MOST: Final = 5


class Slot(msgspec.Struct, frozen=True):
    """A seat to be filled by one primary: index of its skill, weight 1-3, least level 1-5.

    Level 0 makes it open: it brings no points, anybody can take it, also who already has another of its skill.
    """

    skill: int
    weight: int
    level: int

    @property
    def is_open(self) -> bool:
        """True where anybody can take it."""
        return self.level == OPEN_LEVEL


class Seating(msgspec.Struct, frozen=True):
    """Slots of one skill that must go to different people: so many `seats`, with one weight and least level."""

    skill: int
    seats: int
    weight: int
    level: int


class Depth(msgspec.Struct, frozen=True):
    """At least so many `members` hold the skill at the level: a critical skill has one more than its seats."""

    skill: int
    level: int
    members: int


class Candidate(msgspec.Struct, frozen=True):
    """Somebody eligible: level per skill of the problem (0 = none), penalties in milli-points, place.

    `takes`: the skills (indices) that he may be primary for; None: every one.
    """

    person_id: str
    levels: tuple[int, ...]
    load: int = 0
    distance: int = 0
    move: int = 0
    city: str | None = None
    country: str | None = None
    takes: tuple[int, ...] | None = None

    @property
    def levels_as_primary(self) -> tuple[int, ...]:
        """Level per skill, 0 where he may not be primary for it."""
        if self.takes is None:
            return self.levels
        return tuple(level if skill in self.takes else 0 for skill, level in enumerate(self.levels))

    @property
    def penalty(self) -> int:
        """All that choosing this person costs, milli-points."""
        return self.load + self.distance + self.move


class AssemblyProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Choose exactly `headcount` candidates and a primary for every slot, with the greatest points.

    Every slot has one primary with at least its level; slots of one skill go to different people; every member is
    primary of at least one slot. `headcount_least` below `headcount` lets the number of members vary between them.
    `pairs` are (i, j, bonus > 0) with i < j, each pair once. Points: sum of 200 * weight * level over slots, plus the
    bonuses of pairs inside the team, less the members' penalties.
    """

    skill_ids: tuple[str, ...]
    slots: tuple[Slot, ...]
    headcount: int
    headcount_least: int
    candidates: tuple[Candidate, ...]
    pairs: tuple[tuple[int, int, int], ...] = ()
    pinned_ids: tuple[str, ...] = ()
    separated_pairs: tuple[tuple[str, str], ...] = ()
    minimum_cities: int = 0
    member_in_country: str | None = None
    depths: tuple[Depth, ...] = ()

    @property
    def seatings(self) -> tuple[Seating, ...]:
        """The slots that are not open, those of one skill together, in the order of the slots."""
        seats: dict[tuple[int, int, int], int] = {}
        for slot in self.slots:
            if not slot.is_open:
                kind = (slot.skill, slot.weight, slot.level)
                seats[kind] = seats.get(kind, 0) + 1
        return tuple(Seating(skill, count, weight, level) for (skill, weight, level), count in seats.items())

    @property
    def open_slots(self) -> int:
        """Number of slots that anybody can take."""
        return sum(slot.is_open for slot in self.slots)

    @property
    def positions(self) -> dict[str, int]:
        """Index of each candidate by id."""
        return {candidate.person_id: index for index, candidate in enumerate(self.candidates)}


class Points(msgspec.Struct, frozen=True):
    """Milli-points by term; the last three are what is taken off. A pair's bonus is shared by its two members."""

    skill: int = 0
    collaboration: int = 0
    load: int = 0
    distance: int = 0
    move: int = 0

    @property
    def total(self) -> int:
        """Skill and collaboration less load, distance and move."""
        return self.skill + self.collaboration - self.load - self.distance - self.move


class Seat(msgspec.Struct, frozen=True):
    """A member of a team: the skills he is primary for (ids; one an entry), and what he brings."""

    person_id: str
    roles: tuple[str, ...]
    points: Points


class Solution(msgspec.Struct, frozen=True):
    """A team, its seats in the order of ids, and its milli-points: the sum over its seats."""

    seats: tuple[Seat, ...]
    objective: int

    @property
    def person_ids(self) -> tuple[str, ...]:
        """The members in the order of ids."""
        return tuple(seat.person_id for seat in self.seats)


class CertificateStatus(StrEnum):
    """PROVED: no team is worth more. BOUNDED: none is worth more than the upper bound."""

    PROVED = "PROVED"
    BOUNDED = "BOUNDED"


class Certificate(msgspec.Struct, frozen=True):
    """What is proved of a team, in milli-points, out of how many candidates."""

    status: CertificateStatus
    lower: int
    upper: int
    candidates: int

    @property
    def gap(self) -> int:
        """Upper less lower bound."""
        return self.upper - self.lower


def certificate(lower: int, upper: int, candidates: int, *, is_proved: bool) -> Certificate:
    """Build the certificate of a team worth `lower`; no team is worth more than `upper`, or than it where proved."""
    if is_proved:
        return Certificate(CertificateStatus.PROVED, lower, lower, candidates)
    return Certificate(CertificateStatus.BOUNDED, lower, max(lower, upper), candidates)

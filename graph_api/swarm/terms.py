"""A demand with nothing left open, in the form in which single constraints can be dropped or relaxed."""

from collections import Counter
from typing import Final

import msgspec

from graph_api.kernel.quantities import Days, share_permille
from graph_api.swarm.model import Demand, FixedRoles

LOWEST_LEVEL: Final = 1


class SkillTerm(msgspec.Struct, frozen=True, kw_only=True):
    """One demanded skill; of its `seats` only the first `filled` need somebody qualified, the others are open."""

    skill_id: str
    seats: int
    filled: int
    level: int
    weight: int
    critical: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a team must satisfy; None and empty mean: not asked.

    `share_permille` of each of the `days` must be free; `window_hours` is the widest distance to the window's zone.
    Where `fixed_roles` are given, those people take nothing else, and others only the seats that are left.
    """

    skills: tuple[SkillTerm, ...]
    headcount_least: int
    headcount: int
    days: Days | None
    share_permille: int | None
    window_hours: float | None = None
    minimum_cities: int = 0
    member_in_country: str | None = None
    pinned_ids: tuple[str, ...] = ()
    excluded_ids: frozenset[str] = frozenset()
    separated_pairs: tuple[tuple[str, str], ...] = ()
    fixed_roles: tuple[FixedRoles, ...] = ()

    def takeable(self, person_id: str) -> frozenset[str] | None:
        """Return the skills (ids) that a person may be primary for; None: every one."""
        if not self.fixed_roles:
            return None
        own = [one.skill_ids for one in self.fixed_roles if one.person_id == person_id]
        return frozenset(own[0]) if own else self.left_to_others

    @property
    def left_to_others(self) -> frozenset[str]:
        """The skills (ids) with more seats than fixed roles."""
        held = Counter(skill_id for one in self.fixed_roles for skill_id in one.skill_ids)
        return frozenset(skill.skill_id for skill in self.skills if skill.seats > held[skill.skill_id])

    @property
    def seats(self) -> int:
        """All seats of all skills."""
        return sum(skill.seats for skill in self.skills)


def terms_of(demand: Demand) -> Terms:
    """Turn a resolved demand (nothing left out) into terms."""
    assert demand.skills is not None
    assert demand.headcount is not None
    assert demand.share is not None
    window = demand.timezone_window
    return Terms(
        skills=tuple(
            SkillTerm(
                skill_id=skill.skill_id,
                seats=skill.seats,
                filled=skill.seats,
                level=skill.minimum_level,
                weight=skill.weight,
                critical=skill.critical,
            )
            for skill in demand.skills
        ),
        headcount_least=demand.headcount,
        headcount=demand.headcount,
        days=demand.days,
        share_permille=share_permille(demand.share),
        window_hours=window.maximum_offset_hours if window else None,
        minimum_cities=demand.minimum_cities or 0,
        member_in_country=demand.member_in_country,
        pinned_ids=tuple(sorted(set(demand.pinned_ids or ()))),
        excluded_ids=frozenset(demand.excluded_ids or ()),
        separated_pairs=tuple(sorted({(min(pair), max(pair)) for pair in demand.separated_pairs or ()})),
        fixed_roles=demand.fixed_roles or (),
    )

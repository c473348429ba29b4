"""Who takes which of several seats that fall free at once: one person may take several, as far as his days reach.

If the seats can be filled at all, they can be with each taken by one of its d + 1 best, d being the number of the other
seats whose days overlap with its own: of those d + 1 at least one takes none of the d, and could come in place of
anybody further down, who is worth no more. So the same holds of the greatest sum of points. The seats are gone through
one after the other; of all ways to fill the first of them that leave the same people to the others, the best is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import PERMILLE, Days
from graph_api.organization.model import Person
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.life.vacancies import Vacancy

STATES_MAX: Final = 1000
"""So many ways to fill the first seats are gone on with; of more the best, and then it is not known that none does."""
Fits: TypeAlias = Callable[[str, tuple[int, ...]], bool]
"""Says whether somebody (id) has room for some of the seats (places in increasing order) together."""
_Taken: TypeAlias = tuple[tuple[str, int], ...]
"""Who takes which of the first seats, as far as it matters to the others."""
_Layer: TypeAlias = dict[_Taken, tuple[int, tuple[int, ...]]]
"""Milli-points lost against the best of each seat, and the choice of each seat, by what is taken."""


class Choice(msgspec.Struct, frozen=True):
    """Somebody who can take a seat, and the milli-points of the team that has him."""

    person_id: str
    points: int


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A seat: its days, and who can take it, the best first."""

    days: Days
    choices: tuple[Choice, ...]


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """The choice (place) for each of the first seats; where some are left, the next cannot be filled beside them.

    `is_cut` where there were more ways than are looked at.
    """

    chosen: tuple[int, ...]
    is_cut: bool = False


def overlapping(days: Sequence[Days], place: int) -> int:
    """Return how many of the others overlap with the days at a place."""
    return sum(one.overlaps(days[place]) for one in days) - 1


def shared_out(openings: Sequence[Opening], fits: Fits) -> Shared:
    """Fill the seats so that the sum of points is greatest; of equal sums the first in the order of choices."""
    layer: _Layer = {(): (0, ())}
    is_cut = False
    for place in range(len(openings)):
        following = _filled(openings, place, layer, fits)
        if not following:
            break
        is_cut = is_cut or len(following) > STATES_MAX
        layer = dict(sorted(following.items(), key=lambda one: one[1])[:STATES_MAX])
    return Shared(chosen=min(layer.values())[1], is_cut=is_cut)


def _filled(openings: Sequence[Opening], place: int, layer: _Layer, fits: Fits) -> _Layer:
    """Return what is taken after one more seat, each with the best way to it."""
    opening, following, known = openings[place], _Layer(), dict[tuple[str, tuple[int, ...]], bool]()
    matters = _mattering(openings, place)
    for taken, (lost, chosen) in layer.items():
        for number, choice in enumerate(opening.choices):
            seats = (*(at for person_id, at in taken if person_id == choice.person_id), place)
            if (choice.person_id, seats) not in known:
                known[choice.person_id, seats] = len(seats) == 1 or fits(choice.person_id, seats)
            if not known[choice.person_id, seats]:
                continue
            now = tuple(one for one in (*taken, (choice.person_id, place)) if one in matters)
            way = (lost + opening.choices[0].points - choice.points, (*chosen, number))
            following[now] = min(following.get(now, way), way)
    return following


def _mattering(openings: Sequence[Opening], place: int) -> set[tuple[str, int]]:
    """Return who by taking which of the seats up to a place may be kept from a later one."""
    return {
        (choice.person_id, at)
        for later in openings[place + 1 :]
        for at, opening in enumerate(openings[: place + 1])
        if opening.days.overlaps(later.days)
        for choice in later.choices
    }


def has_room(view: GraphView, person_id: str, vacancies: Sequence[Vacancy]) -> bool:
    """Say whether a person's capacity does for some seats together, beside what he is booked for."""
    person = view.node(Person, person_id)
    if person is None:
        return False
    room = round(person.capacity * PERMILLE)
    held = [*_held(view, person_id), *((one.days, one.booking.share_permille) for one in vacancies)]
    # The sum grows only where something begins, so no other day can be the fullest.
    starts = {
        max(days.starts_on, one.days.starts_on) for days, _ in held for one in vacancies if days.overlaps(one.days)
    }
    return all(sum(share for days, share in held if days.starts_on <= day <= days.ends_on) <= room for day in starts)


def _held(view: GraphView, person_id: str) -> Iterator[tuple[Days, int]]:
    for link in bookings_held(view, person_id):
        if link.since <= link.until:
            yield Days(link.since, link.until), link.share_permille

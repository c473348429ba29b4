"""Who may be asked at all: free on the days, inside the zone window, not excluded."""

from graph_api.kernel.quantities import Days
from graph_api.swarm.facts import PersonFacts
from graph_api.swarm.terms import SkillTerm, Terms


def is_eligible(person: PersonFacts, terms: Terms) -> bool:
    """Say whether the person could take part, whatever he can do."""
    return person.is_kept or (
        person.person_id not in terms.excluded_ids
        and is_present(person, terms.days)
        and has_capacity(person, terms)
        and is_inside_window(person, terms.window_hours)
    )


def is_present(person: PersonFacts, days: Days | None) -> bool:
    """Say whether he has not left before the last of the days and is absent on none."""
    if days is None:
        return True
    stays = person.last_day is None or person.last_day >= days.ends_on
    return stays and not any(absence.overlaps(days) for absence in person.absences)


def has_capacity(person: PersonFacts, terms: Terms) -> bool:
    """Say whether the share asked is free on each of the days; shares are added in whole permille."""
    if terms.share_permille is None:
        return True
    return terms.share_permille <= free_permille(person, terms.days)


def free_permille(person: PersonFacts, days: Days | None) -> int:
    """Return the share that is free on all of the days, in permille; it may be negative."""
    return person.capacity_permille - (most_booked(person, days) if days else 0)


def most_booked(person: PersonFacts, days: Days) -> int:
    """Return the greatest sum of booked shares on one of the days, in permille."""
    bookings = [booking for booking in person.bookings if booking.days.overlaps(days)]
    # The sum grows only where a booking begins, so no other day can be the fullest.
    starts = {max(booking.days.starts_on, days.starts_on) for booking in bookings}
    return max(
        (
            sum(b.share_permille for b in bookings if b.days.starts_on <= day <= b.days.ends_on)
            for day in starts
        ),
        default=0,
    )  # fmt: skip


def is_inside_window(person: PersonFacts, window_hours: float | None) -> bool:
    """Say whether his clock is near enough; an unknown zone is not."""
    return window_hours is None or (person.window_hours is not None and person.window_hours <= window_hours)


def is_qualified(person: PersonFacts, place: int, skill: SkillTerm) -> bool:
    """Say whether he can be primary for a seat of the skill, which stands at that place of `levels`."""
    return skill.filled < skill.seats or person.levels[place] >= skill.level

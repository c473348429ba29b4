"""Setting a person's absences, and which swarms have to mend: a pure decision on the exact state."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import upsert
from graph_api.organization.checks import References, check_days
from graph_api.organization.model import Person, format_days
from graph_api.swarm.checks import bookings_held


class SetAbsences(Command, frozen=True, kw_only=True):
    """Replace all absences of a person."""

    person_id: str
    absences: tuple[Days, ...]


class AbsencesSet(msgspec.Struct, frozen=True, tag=True):
    """The absences are set; these living swarms have booked the person on some of the days."""

    person_id: str
    swarm_ids: tuple[str, ...]


def decide_set_absences(view: GraphView, command: SetAbsences, context: Context) -> Decision:
    """Set them, and tell who has to do without the person: no booking is altered."""
    person = view.node(Person, command.person_id)
    problems = [*_problems(view, command)]
    if person is None or problems:
        return Refused(rejected(problems))
    texts = tuple(format_days(days) for days in command.absences)
    changes = (upsert(replace(person, absences=texts)),) if texts != person.absences else ()
    touched = {
        link.target
        for link in bookings_held(view, person.id)
        if any(days.overlaps(Days(link.since, link.until)) for days in command.absences)
    }
    return Accepted(changes, AbsencesSet(person.id, tuple(sorted(touched))))


def _problems(view: GraphView, command: SetAbsences) -> Iterator[Problem]:
    yield from References(view).check(("personId",), Person, command.person_id)
    for number, days in enumerate(command.absences):
        yield from check_days(("absences", str(number)), days)


SET_ABSENCES: Final = Operation("setAbsences", SetAbsences, decide_set_absences, AbsencesSet)

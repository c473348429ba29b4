"""Recording that somebody asks what would be lost with people: pure decisions on the exact state."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import upsert
from graph_api.knowledge.departing.model import Assessed, DepartureAssessment
from graph_api.organization.checks import References, check_text
from graph_api.organization.model import Person


class AssessDeparture(Command, frozen=True, kw_only=True):
    """Keep that the actor asks about some people."""

    assessment_id: str
    person_ids: tuple[str, ...]
    reason: str | None = None

    @property
    def asked(self) -> Any:
        """The record's id is made up for it, so it is no part of what was asked."""
        return self.person_ids, self.reason


class DepartureRecorded(msgspec.Struct, frozen=True, tag=True):
    """That it was asked is recorded."""

    assessment_id: str


def decide_assess(view: GraphView, command: AssessDeparture, context: Context) -> Decision:
    """Record who asks about whom, when and why; nothing is refused but an input that names nobody who is there."""
    if problems := [*_problems(view, command)]:
        return Refused(rejected(problems))
    record = DepartureAssessment(id=command.assessment_id, by=context.actor, at=context.at, reason=command.reason)
    people = sorted(set(command.person_ids))
    links = (upsert(Assessed(source=record.id, target=person)) for person in people)
    return Accepted((upsert(record), *links), DepartureRecorded(record.id))


def _problems(view: GraphView, command: AssessDeparture) -> Iterator[Problem]:
    if not command.person_ids:
        yield Problem(("personIds",), "REQUIRED", "Nobody is named.", "Name those who might leave.")
    references = References(view)
    for place, person in enumerate(command.person_ids):
        yield from references.check(("personIds", str(place)), Person, person)
    yield from check_text(("reason",), command.reason)


ASSESS_DEPARTURE: Final = Operation("assessDeparture", AssessDeparture, decide_assess, DepartureRecorded)

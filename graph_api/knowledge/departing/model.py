"""The record that somebody asked what people's leaving would take along."""

from datetime import datetime
from typing import ClassVar, Final

from graph_api.kernel.records import Link, Node, Record


class DepartureAssessment(Node, frozen=True, kw_only=True):
    """Somebody (`by`, an actor) asked what would be lost with some people, and perhaps why he asked.

    It names nobody asked about: that stands in relationships, so that it goes with the person.
    """

    entity_type: ClassVar[str] = "assessment"
    by: str
    at: datetime
    reason: str | None = None


class Assessed(Link, frozen=True, kw_only=True, tag="ASSESSED"):
    """An assessment asked about a person."""


RECORDS: Final[tuple[type[Record], ...]] = (DepartureAssessment, Assessed)

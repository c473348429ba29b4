"""How a team, or the reason why there is none, is printed: from the answer of GraphQL."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table

PROPOSAL: Final = """
fragment Proposal on SwarmProposal {
  seats {
    person { id name city country }
    roles { id name }
    points { skill collaboration load distance move }
  }
  objective
  certificate { status lowerBound upperBound gap candidates }
  alternatives { people { id name city } objective }
  elapsedMs
  revision
}
fragment Why on Refusal {
  message
  ... on SwarmShortage { conflict { ...Constraint } repairs { relaxes { ...Constraint } relaxedTo objective } revision }
  ... on SwarmUndecided { upperBound revision }
  ... on SwarmConflict { people { id name } revision }
  ... on InputRejected { problems { path code message suggestion } }
}
fragment Constraint on SwarmConstraint { kind detail skill { id } person { id } }
"""
_POINT_COLUMNS: Final = ("skill", "collaboration", "load", "distance")
_WIDTH_WITHOUT_TERMINAL: Final = 120


def print_proposal(proposal: dict[str, Any], headline: str) -> None:
    """Print a team, its roles and points, the certificate, and the next best teams."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    console.print(headline, highlight=False)
    console.print(_table(proposal))
    for line in (*_proof(proposal), *_check(proposal.get("verification"))):
        console.print(line, highlight=False, soft_wrap=True)


def refusal_text(outcome: dict[str, Any]) -> str:
    """Return why there is no team: the message, then what contradicts what, and what would help."""
    return "\n".join((outcome["message"], *_reasons(outcome)))


def _table(proposal: dict[str, Any]) -> Table:
    table = Table(
        "person", "city", "roles", "skills", "together", "load", "distance", "points", box=None, pad_edge=False
    )
    for column in table.columns[3:]:
        column.justify = "right"
    for seat in proposal["seats"]:
        table.add_row(*_cells(seat))
    return table


def _cells(seat: dict[str, Any]) -> Iterator[str]:
    person, points = seat["person"], seat["points"]
    yield f"{person['name']} ({person['id']})" if person else "-"
    yield (person["city"] or "-") if person else "-"
    yield ", ".join(role["name"] for role in seat["roles"])
    yield from (f"{points[name]:.3f}" for name in _POINT_COLUMNS)
    yield f"{points['skill'] + points['collaboration'] - points['load'] - points['distance'] - points['move']:.3f}"


def _check(found: dict[str, Any] | None) -> Iterator[str]:
    """Say what a check of the certificate found."""
    if found is None:
        return
    told = (
        f"Of {found['candidates']} candidates {found['survivors']} might be in a better team by bounds worked out anew "
        f"(without ties no team is worth more than {found['ceiling']:.3f} points)"
    )
    if found["holds"]:
        yield f"VERIFIED: {told}; a second solver proves {found['optimum']:.3f} points. {found['seconds']:.1f} s."
        return
    if found["holds"] is None:
        yield f"UNDECIDED: {told}; the second solver was not done in time. Give it more by --deadline-ms."
        return
    yield f"NOT VERIFIED: {told}. {found['seconds']:.1f} s."
    yield from (f"  {fault}" for fault in found["faults"])


def _proof(proposal: dict[str, Any]) -> Iterator[str]:
    proof = proposal["certificate"]
    cities = len({seat["person"]["city"] for seat in proposal["seats"] if seat["person"] and seat["person"]["city"]})
    found = f"{proposal['objective']:.3f} points, {cities} cities, found in {proposal['elapsedMs']:.0f} ms"
    if proof["status"] == "PROVED":
        yield f"PROVED: no better team exists among {proof['candidates']} candidates; {found}."
    else:
        yield (
            f"BOUNDED: no team among {proof['candidates']} candidates is worth more than {proof['upperBound']:.3f} "
            f"points (gap {proof['gap']:.3f}); {found}."
        )
    for number, other in enumerate(proposal["alternatives"], start=2):
        people = ", ".join(person["name"] for person in other["people"] if person)
        yield f"  {number}. {other['objective']:.3f} points: {people}"


def _reasons(outcome: dict[str, Any]) -> Iterator[str]:
    for problem in outcome.get("problems", ()):
        yield f"  {'.'.join(problem['path'])}: {problem['message']} {problem['suggestion'] or ''}".rstrip()
    if "conflict" in outcome:
        yield "These cannot hold together; without any one of them, the others can:"
        yield from (f"  {one['kind']}: {one['detail']}" for one in outcome["conflict"])
        yield from _repairs(outcome["repairs"])
    if outcome.get("upperBound") is not None:
        yield f"No team is worth more than {outcome['upperBound']:.3f} points."
    for person in outcome.get("people", ()):
        yield f"  {person['name']} ({person['id']})" if person else "  -"


def _repairs(repairs: list[dict[str, Any]]) -> Iterator[str]:
    if not repairs:
        yield "No single relaxation helps."
        return
    yield "Each of these alone lets the demand be met:"
    for repair in repairs:
        how = f"relax to {repair['relaxedTo']}" if repair["relaxedTo"] is not None else "drop"
        yield f"  {how}: {repair['relaxes']['detail']} (best team then {repair['objective']:.3f} points)"

"""Asking why somebody is not in the best team."""

from datetime import date

import msgspec

from graph_api.kernel.commands import InputRejected, rejected
from graph_api.kernel.graph import GraphView
from graph_api.organization.checks import References
from graph_api.organization.model import Person
from graph_api.swarm.assembly import Answered, Constraint, ConstraintKind, NotDecided, Proposed, WhyNot, WhyNotOutcome
from graph_api.swarm.clock import Deadline
from graph_api.swarm.explaining.variation import Variation
from graph_api.swarm.explaining.why_not import shortfall, violations
from graph_api.swarm.facts import Rules
from graph_api.swarm.finding import Found, TeamFinder, Wish
from graph_api.swarm.model import Demand
from graph_api.swarm.snapshot import CANDIDATE_KIND, customer_of, facts_of
from graph_api.swarm.solver import Proposal, Undecided
from graph_api.swarm.terms import terms_of


async def why_not(
    finder: TeamFinder, rules: Rules, wish: Wish, person_id: str, deadline: Deadline
) -> Answered[WhyNotOutcome]:
    """Solve for the best team, then for the best one with the person, who is looked at by himself as well."""
    graph = finder.view(wish.view)
    if problems := list(References(graph).check(("personId",), Person, person_id)):
        return Answered(rejected(problems), "")
    seen: list[tuple[Constraint, ...]] = []

    def look(view: GraphView, demand: Demand) -> None:
        """Look at the person in the very state that is solved on."""
        seen.append(_violations(view, wish.task_id, demand, rules, finder.today, person_id))

    found = await finder.find(msgspec.structs.replace(wish, look=look), deadline)
    if isinstance(found.value, InputRejected | NotDecided):
        return Answered(found.value, found.revision)
    answer = WhyNot(person_id=person_id, violates=seen[-1])
    if not isinstance(found.value, Proposed):
        return Answered(answer, found.revision)
    return Answered(await _with(found, found.value, answer, deadline), found.revision)


def _violations(
    graph: GraphView, task_id: str | None, demand: Demand, rules: Rules, today: date, person_id: str
) -> tuple[Constraint, ...]:
    person = graph.node(Person, person_id)
    if person is None or person.kind != CANDIDATE_KIND:
        detail = f"{person_id} is nobody who can be asked."
        return (Constraint(kind=ConstraintKind.EXCLUDED, person_id=person_id, detail=detail),)
    customer_id = customer_of(graph, task_id)
    facts = facts_of(graph, demand, customer_id=customer_id, today=today, rules=rules, person=person)
    return violations(facts, terms_of(demand))


async def _with(found: Found, best: Proposed, answer: WhyNot, deadline: Deadline) -> WhyNot | NotDecided:
    other: Proposed | None = best
    if answer.person_id not in best.proposal.team.person_ids:
        other = None
        if not answer.violates and found.again is not None:
            reply = await found.again.solve(Variation(also=answer.person_id), deadline.remaining_seconds)
            if isinstance(reply, Undecided):
                message = "The deadline came before the best team with this person was found."
                return NotDecided(message=message, upper_bound=reply.upper_bound)
            if isinstance(reply, Proposal):
                other = msgspec.structs.replace(best, proposal=reply)
    lacks = shortfall(best.proposal.team, other.proposal.team) if other else None
    return msgspec.structs.replace(answer, best=best, best_with=other, shortfall=lacks)

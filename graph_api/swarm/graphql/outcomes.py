"""What became of proposing, opening and assembling, as GraphQL shows it. Points are shown in units, not thousandths."""

from typing import Annotated, TypeAlias

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.graph import Readable
from graph_api.organization.graphql.common import InputRejected, Refusal, describe_enum, rejected, told
from graph_api.organization.graphql.request import Info, Request
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, Skill, Task, person_by_id
from graph_api.swarm import assembly, problem
from graph_api.swarm.explaining.explained import Explained, substitute_of
from graph_api.swarm.explaining.variation import Again
from graph_api.swarm.graphql.proofs import MILLI, SwarmPrices, SwarmVerification, points_of, show_verification
from graph_api.swarm.graphql.request import SwarmRequest
from graph_api.swarm.graphql.types import Swarm, show_skills

describe_enum(
    problem.CertificateStatus,
    "What is proved of a team.",
    {"PROVED": "No team is worth more.", "BOUNDED": "No team is worth more than the upper bound."},
)
describe_enum(
    assembly.ConstraintKind,
    "What a demand may ask of a team.",
    {
        "SKILL": "Enough people hold a skill.",
        "LEVEL": "They hold it at the least level.",
        "DAYS": "They are free on all of the days.",
        "TIMEZONE": "Their clocks lie in the window.",
        "CAPACITY": "Their capacity leaves the share that is asked.",
        "HEADCOUNT": "There are exactly so many members, each with a role.",
        "CITIES": "They come from so many cities.",
        "REGION": "One of them works in the country.",
        "PINNED": "A person must be a member.",
        "EXCLUDED": "A person may not be a member.",
        "SEPARATED": "Two people may not be members together.",
        "CRITICAL": "A critical skill has one more qualified member than seats.",
    },
    name="SwarmConstraintKind",
)


@strawberry.type(description="What a member brings, in points: 1 is one skill of weight 1 held at level 5.")
class SeatPoints:
    """Points."""

    skill: float = strawberry.field(description="0.2 x weight x level, summed over the member's roles.")
    collaboration: float = strawberry.field(
        description="Half of the sum, over the other members, of beta (1 - exp(-r)): r adds 2^(-days/365) for each "
        "common task, days from its end to this week's Monday; beta is SWARMGRAPH_COLLABORATION_POINTS thousandths."
    )
    load: float = strawberry.field(
        description="Taken off: A(a^l - 1) for l seats, 24 at most, in swarms that were formed in the last 90 days and "
        "not cancelled; A is SWARMGRAPH_LOAD_BASE_POINTS thousandths, a is SWARMGRAPH_LOAD_GROWTH."
    )
    distance: float = strawberry.field(
        description="Taken off: 0.03 an hour, 12 at most, between the member's clock and the zone of the demand's "
        "window, else the customer's, on the first day; 12 hours where the member's is unknown, 0 without such a zone."
    )
    move: float = strawberry.field(
        description="Taken off for leaving another swarm; 0, as the assembler moves nobody out of a swarm."
    )


@strawberry.type(description="A member of a proposed team.")
class SwarmSeat:
    """A seat."""

    person: Person | None = strawberry.field(description="Who takes it.")
    roles: list[Skill] = strawberry.field(description="The skills that the person is primary for.")
    points: SeatPoints = strawberry.field(description="What the person brings.")
    person_id: strawberry.Private[str]
    explained: strawberry.Private[Explained]
    team: strawberry.Private[problem.Solution]

    @strawberry.field(
        description="By how much the team is worth more than the best one without this person, points, by an exact "
        "solve of its own; null: there is no team without this person. TIMEOUT where it was not proved within "
        "SWARMGRAPH_EXPLANATION_SECONDS, which all explanations of a proposal share; NOT_FOUND where the proposal is "
        "told again under its idempotency key, or stands in another answer."
    )
    async def marginal_value(self) -> float | None:
        """Return the marginal value."""
        return points_of(await self.explained.marginal_value(self.person_id))

    @strawberry.field(
        description="Who comes into the best team without this person: of several whoever takes the first of the "
        "person's roles; null: nobody, or there is no such team. Errors are those of `marginalValue`."
    )
    async def substitute(self, info: Info) -> Person | None:
        """Return who would come in."""
        rest = await self.explained.without(self.person_id)
        found = substitute_of(self.team, rest, self.person_id)
        return None if found is None else person_by_id(info.context.graph, found)


@strawberry.type(description="What is proved of a team.")
class Certificate:
    """A certificate."""

    status: problem.CertificateStatus = strawberry.field(description="Whether the team is proved to be the best.")
    lower_bound: float = strawberry.field(description="What the team is worth, points.")
    upper_bound: float = strawberry.field(description="No team is worth more, points.")
    gap: float = strawberry.field(description="Upper less lower bound, points; 0 where PROVED.")
    candidates: int = strawberry.field(description="People among whom the team was chosen.")


@strawberry.type(description="Another team, one of the next best.")
class AlternativeTeam:
    """A team."""

    people: list[Person | None] = strawberry.field(description="Its members by id.")
    objective: float = strawberry.field(description="What it is worth, points.")


@strawberry.type(description="The best team that was found. Nothing is booked.")
class SwarmProposal:
    """A proposal."""

    seats: list[SwarmSeat] = strawberry.field(description="Its members by id.")
    objective: float = strawberry.field(
        description="What it is worth, points: over its seats, the sum of skill and collaboration less load, "
        "distance and move."
    )
    certificate: Certificate = strawberry.field(description="What is proved of it.")
    alternatives: list[AlternativeTeam] = strawberry.field(
        description="The next best teams, best first; fewer than asked where there are no more or time ran out."
    )
    elapsed_ms: float = strawberry.field(description="How long the search took, ms.")
    prices: SwarmPrices = strawberry.field(description="What the parts of the demand are worth to the team.")
    explained: strawberry.Private[Explained]
    revision: Revision = strawberry.field(description="The state that it was found on.")

    @strawberry.field(
        description="The certificate, checked: who may be in a better team is worked out anew, in another way than the "
        "search did, and a second solver has to find the same optimum among them. It costs many times the search. "
        "NOT_FOUND where the proposal is told again under its idempotency key, or stands in another answer."
    )
    async def verification(self) -> SwarmVerification:
        """Check the certificate."""
        return show_verification(await self.explained.verification())


@strawberry.type(description="One thing that a demand asks.")
class SwarmConstraint:
    """A constraint."""

    kind: assembly.ConstraintKind = strawberry.field(description="What kind of constraint.")
    skill: Skill | None = strawberry.field(description="The skill it is about.")
    person: Person | None = strawberry.field(description="The person it is about.")
    detail: str = strawberry.field(description="The constraint in one sentence.")


@strawberry.type(description="A single relaxation that lets the demand be met.")
class SwarmRepair:
    """A repair."""

    relaxes: SwarmConstraint = strawberry.field(description="What is relaxed.")
    relaxed_to: str | None = strawberry.field(description="To what; null: it is dropped.")
    objective: float = strawberry.field(description="What the best team is then worth, points.")


@strawberry.type(description="No team satisfies the demand.")
class SwarmShortage(Refusal):
    """A shortage."""

    conflict: list[SwarmConstraint] = strawberry.field(
        description="Constraints that contradict each other; without any one of them, the others do not."
    )
    repairs: list[SwarmRepair] = strawberry.field(description="Every single relaxation that helps; there may be none.")
    revision: Revision = strawberry.field(description="The state that it holds for.")


@strawberry.type(description="The deadline came before any team was found; there may be one.")
class SwarmUndecided(Refusal):
    """No answer in time."""

    upper_bound: float | None = strawberry.field(description="No team is worth more, points; null where unknown.")
    revision: Revision = strawberry.field(description="The state that was searched.")


@strawberry.type(description="People of the team were booked, or left, meanwhile.")
class SwarmConflict(Refusal):
    """A conflict."""

    people: list[Person | None] = strawberry.field(description="Who cannot be booked any more.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The task was opened.")
class TaskOpened:
    """An opened task."""

    task: Task = strawberry.field(description="The task.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The swarm was made: its people are booked, and its task is STAFFED.")
class SwarmAssembled:
    """A made swarm."""

    swarm: Swarm = strawberry.field(description="The swarm.")
    proposal: SwarmProposal = strawberry.field(description="The team that it was made of.")
    revision: Revision = strawberry.field(description="The state that shows it.")


ProposeSwarmOutcome: TypeAlias = Annotated[
    SwarmProposal | SwarmShortage | SwarmUndecided | InputRejected,
    strawberry.union("ProposeSwarmOutcome", description="What became of proposing."),
]
OpenTaskOutcome: TypeAlias = Annotated[
    TaskOpened | InputRejected, strawberry.union("OpenTaskOutcome", description="What became of opening.")
]
AssembleSwarmOutcome: TypeAlias = Annotated[
    SwarmAssembled | SwarmShortage | SwarmUndecided | SwarmConflict | InputRejected,
    strawberry.union("AssembleSwarmOutcome", description="What became of assembling."),
]


def show_proposal(
    request: SwarmRequest, proposed: assembly.Proposed, revision: str, again: Again | None = None
) -> SwarmProposal:
    """Show a proposed team; `again` explains it."""
    graph, team, found = request.graph, proposed.proposal.team, proposed.proposal
    explained = Explained(found, again, request.settings.explanation_seconds)
    return SwarmProposal(
        seats=[
            _seat(person, graph, seat, explained, team)
            for seat in team.seats
            if (person := person_by_id(graph, seat.person_id))
        ],
        objective=team.objective / MILLI,
        certificate=_certificate(found.certificate),
        alternatives=[
            AlternativeTeam(people=show_people(graph, other.person_ids), objective=other.objective / MILLI)
            for other in found.alternatives
        ],
        elapsed_ms=proposed.elapsed_ms,
        prices=SwarmPrices(explained=explained, team=team),
        explained=explained,
        revision=Revision(revision),
    )


def show_refusal(
    request: SwarmRequest, refusal: assembly.Shortage | assembly.NotDecided | Rejection, revision: str
) -> SwarmShortage | SwarmUndecided | InputRejected:
    """Show why there is no team."""
    if isinstance(refusal, Rejection):
        return rejected(request, refusal)
    if isinstance(refusal, assembly.NotDecided):
        bound = refusal.upper_bound
        return SwarmUndecided(
            message=refusal.message,
            upper_bound=None if bound is None else bound / MILLI,
            revision=Revision(revision),
        )
    return SwarmShortage(
        message=told(request, refusal.message),
        conflict=[show_constraint(request, one) for one in refusal.conflict],
        repairs=[
            SwarmRepair(
                relaxes=show_constraint(request, one.relaxes),
                relaxed_to=one.relaxed_to,
                objective=one.objective / MILLI,
            )
            for one in refusal.repairs
        ],
        revision=Revision(revision),
    )


def show_conflict(request: Request, refused: assembly.Booked, revision: str) -> SwarmConflict:
    """Show who cannot be booked."""
    people = show_people(request.graph, refused.person_ids)
    return SwarmConflict(message=told(request, refused.message), people=people, revision=Revision(revision))


def show_people(graph: Readable, person_ids: tuple[str, ...]) -> list[Person | None]:
    """Show people in the order of their ids."""
    return [person_by_id(graph, one) for one in person_ids]


def _seat(
    person: Person, graph: Readable, seat: problem.Seat, explained: Explained, team: problem.Solution
) -> SwarmSeat:
    return SwarmSeat(
        person=person,
        roles=show_skills(graph, seat.roles),
        points=show_points(seat.points),
        person_id=seat.person_id,
        explained=explained,
        team=team,
    )


def show_points(points: problem.Points) -> SeatPoints:
    """Show milli-points as points."""
    return SeatPoints(
        skill=points.skill / MILLI,
        collaboration=points.collaboration / MILLI,
        load=points.load / MILLI,
        distance=points.distance / MILLI,
        move=points.move / MILLI,
    )


def _certificate(proof: problem.Certificate) -> Certificate:
    return Certificate(
        status=proof.status,
        lower_bound=proof.lower / MILLI,
        upper_bound=proof.upper / MILLI,
        gap=proof.gap / MILLI,
        candidates=proof.candidates,
    )


def show_constraint(request: SwarmRequest, constraint: assembly.Constraint) -> SwarmConstraint:
    """Show a constraint, as far as the viewer sees whom it is about."""
    graph = request.graph
    skills = show_skills(graph, (constraint.skill_id,)) if constraint.skill_id else []
    return SwarmConstraint(
        kind=constraint.kind,
        skill=skills[0] if skills else None,
        person=person_by_id(graph, constraint.person_id) if constraint.person_id else None,
        detail=told(request, constraint.detail),
    )

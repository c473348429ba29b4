"""Recording, applying and declining a reorganisation: pure decisions on the exact state."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days, share_permille
from graph_api.kernel.records import upsert
from graph_api.organization.checks import References, check_text
from graph_api.organization.model import Person, Task
from graph_api.swarm.checks import Fault, TeamMember, team_faults, time_faults
from graph_api.swarm.decisions import conflict, swarm_changes, task_problems
from graph_api.swarm.life.vacancies import Filled, Vacancy, filling, newcomer, vacancy_faults
from graph_api.swarm.model import Demand, LeaveReason
from graph_api.swarm.problem import Seat
from graph_api.swarm.reorganising.model import (
    Evaluation,
    Move,
    Reorganization,
    ReorganizationPolicy,
    ReorganizationState,
)
from graph_api.swarm.reorganising.premises import evaluation_digest, standing


class RecordReorganization(Command, frozen=True, kw_only=True):
    """Keep what was found of a task, where it is worth while; with policy `apply`, carry it out as well."""

    reorganization_id: str
    swarm_id: str
    found: Evaluation
    policy: ReorganizationPolicy


class ApplyReorganization(Command, frozen=True, kw_only=True):
    """Move the people of a proposed reorganisation."""

    reorganization_id: str
    swarm_id: str

    @property
    def asked(self) -> Any:
        """The new swarm's id is made up for it, so it is no part of what was asked."""
        return self.reorganization_id


class DeclineReorganization(Command, frozen=True, kw_only=True):
    """Leave everybody where they are."""

    reorganization_id: str
    reason: str | None = None


class ReorganizationDecided(msgspec.Struct, frozen=True, tag=True):
    """What became of a reorganisation; `swarm_ids` are the new swarm and those that were left."""

    reorganization_id: str
    swarm_ids: tuple[str, ...] = ()


def decide_record(view: GraphView, command: RecordReorganization, context: Context) -> Decision:
    """Record it, once; raises Conflict where its premises are gone, as it has to be evaluated anew then."""
    found, told = command.found, ReorganizationDecided(command.reorganization_id)
    is_over = view.node(Reorganization, command.reorganization_id) is not None or task_problems(view, found.task_id)
    if not found.fires or is_over:
        return Accepted((), told)
    assert found.premises is not None, "what fires rests on something"
    if evaluation_digest(view, found) != found.premises.digest:
        raise Conflict(f"{found.task_id} was changed while it was evaluated.", suggestion="Evaluate it anew.")
    record = Reorganization(
        id=command.reorganization_id,
        task=found.task_id,
        created_at=context.at,
        found=msgspec.json.encode(found).decode(),
    )
    if command.policy is ReorganizationPolicy.APPLY:
        applied = _applied(view, record, command.swarm_id, context)
        if isinstance(applied, Accepted):
            return applied
    return Accepted((upsert(record),), told)


def decide_apply(view: GraphView, command: ApplyReorganization, context: Context) -> Decision:
    """Carry it out where it still stands and everybody is free and able, else say who is not."""
    record, problems = _waiting(view, command.reorganization_id, context)
    if record is None or problems:
        return Refused(rejected(problems))
    return _applied(view, record, command.swarm_id, context)


def decide_decline(view: GraphView, command: DeclineReorganization, context: Context) -> Decision:
    """Keep that it was declined, by whom and why; a stale one may be declined too."""
    record, problems = _waiting(view, command.reorganization_id, context, stale=True)
    if command.reason is not None:
        problems += check_text(("reason",), command.reason)
    if record is None or problems:
        return Refused(rejected(problems))
    declined = _decided(record, ReorganizationState.DECLINED, context)
    return Accepted((upsert(replace(declined, reason=command.reason)),), ReorganizationDecided(record.id))


RECORD: Final = Operation("recordReorganization", RecordReorganization, decide_record, ReorganizationDecided)
APPLY: Final = Operation("applyReorganization", ApplyReorganization, decide_apply, ReorganizationDecided)
DECLINE: Final = Operation("declineReorganization", DeclineReorganization, decide_decline, ReorganizationDecided)


def _waiting(
    view: GraphView, reorganization_id: str, context: Context, *, stale: bool = False
) -> tuple[Reorganization | None, list[Problem]]:
    record = view.node(Reorganization, reorganization_id)
    if record is None:
        return None, list(References(view).check(("reorganizationId",), Reorganization, reorganization_id))
    state = standing(view, record, context.at.astimezone(UTC).date())
    if state is not ReorganizationState.PROPOSED and not (stale and state is ReorganizationState.STALE):
        message = f"{record.id} is {state}."
        return record, [Problem(("reorganizationId",), "NOT_PROPOSED", message, "Take one that is PROPOSED.")]
    return record, []


def _decided(record: Reorganization, state: ReorganizationState, context: Context) -> Reorganization:
    return replace(record, state=state, decided_at=context.at, decided_by=context.actor)


def _applied(view: GraphView, record: Reorganization, swarm_id: str, context: Context) -> Decision:
    found, today = record.evaluation, context.at.astimezone(UTC).date()
    task = view.node(Task, record.task)
    assert found.free is not None
    assert task is not None, "a reorganisation without its task is stale"
    demand, seats = _demand(found, today), found.free.team.seats
    left = [one for move in found.moves if (one := _filled(move, demand, today)) is not None]
    if faults := [*_team_faults(view, found, demand, seats), *_left_faults(view, found, left)]:
        return Refused(conflict(faults, found.free.team.person_ids))
    changes = [change for one in left for change in filling(view, one, context.at)]
    changes += swarm_changes(swarm_id, demand, seats, task, ties_as_of=None, at=context.at)
    applied = replace(_decided(record, ReorganizationState.APPLIED, context), swarm_id=swarm_id)
    swarm_ids = (swarm_id, *sorted(one.vacancy.swarm_id for one in left))
    return Accepted((*changes, upsert(applied)), ReorganizationDecided(record.id, swarm_ids))


def _demand(found: Evaluation, today: date) -> Demand:
    """Return the demand on the days that are left of it."""
    assert found.premises is not None
    demand = found.premises.demand
    assert demand.days is not None
    return replace(demand, days=Days(max(today, demand.days.starts_on), demand.days.ends_on))


def _filled(move: Move, demand: Demand, today: date) -> Filled | None:
    """Return the seat that a move leaves, with whoever takes it; None where none of its days is left."""
    assert demand.days is not None
    first = max(today, demand.days.starts_on, move.booking.since)
    if first > move.booking.until:
        return None
    reason = LeaveReason.REASSIGNED
    vacancy = Vacancy(booking=move.booking, first_day=first, reason=reason, is_ahead=first > today)
    return Filled(vacancy=vacancy, team=move.team)


def _team_faults(view: GraphView, found: Evaluation, demand: Demand, seats: Sequence[Seat]) -> Iterator[Fault]:
    """Check the new team; of a mover the days count as free that the left swarm gives up."""
    left = {move.booking.source: move.booking.target for move in found.moves}
    team = [TeamMember(seat.person_id, seat.roles) for seat in seats]
    yield from team_faults(view, demand, team, kept_ids=left.keys())
    assert demand.days is not None
    assert demand.share is not None
    for person_id, swarm_id in left.items():
        person = view.node(Person, person_id)
        if person is not None:
            yield from time_faults(view, person, demand.days, share_permille(demand.share), besides=swarm_id)


def _left_faults(view: GraphView, found: Evaluation, left: Sequence[Filled]) -> Iterator[Fault]:
    for one in left:
        yield from vacancy_faults(view, one)
    assert found.free is not None
    coming = Counter(newcomer(view, one) for one in left)
    twice = (one for one, times in coming.items() if times > 1 or one in found.free.team.person_ids)
    for person_id in sorted(filter(None, twice)):
        yield Fault(f"{person_id} cannot be in two teams.", person_id)

"""What outcomes, refusals and suggestions say of what the viewer does not see: nothing."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from graph_api.api.guarding import while_allowed
from graph_api.kernel.errors import Forbidden, SwarmgraphError, Unavailable
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.kernel.records import removal
from graph_api.organization.model import Customer, Person, Skill, Task
from graph_api.permission.records import Granted
from graph_api.swarm.assembly import (
    Answered,
    Assembled,
    AssembleOutcome,
    Booked,
    Constraint,
    ConstraintKind,
    Proposed,
    ProposeOutcome,
    Repair,
    Shortage,
    TaskOpened,
    View,
)
from graph_api.swarm.model import MemberOf, Swarm
from graph_api.swarm.problem import Certificate, CertificateStatus, Points, Seat, Solution
from graph_api.swarm.reorganising.model import Evaluation, Move, Reorganization
from graph_api.swarm.solver import Proposal
from tests.api.assemblers import UNDECIDED, FixedAssembler
from tests.api.guard_world import (
    AVAILABILITY,
    CUSTOMERS,
    ENTITIES,
    FORMED,
    IDENTITIES,
    SEEN,
    SKILLS,
    TASKS,
    TODAY,
    Refusing,
    answered,
    codes,
    core_with,
    guarded_service,
    records,
    shown,
)
from tests.api.organization import service_on
from tests.api.test_guard_under_other_models import HIDDEN, HIDING
from tests.support.memory_replica import MemoryReplica

POORER = "It contradicts something that is not shown to you."
FAR = Constraint(kind=ConstraintKind.PINNED, detail="person:far must be a member.", person_id="person:far")
BO = Constraint(kind=ConstraintKind.PINNED, detail="person:bo must be a member.", person_id="person:bo")
SHORTAGE = Shortage(
    message="No team satisfies all of these together: person:far must be a member.",
    conflict=(FAR, BO),
    repairs=(Repair(relaxes=FAR, objective=1000),),
)
PROPOSED = Proposed(
    proposal=Proposal(
        Solution((Seat("person:bo", ("skill:tax",), Points(skill=1)), Seat("person:far", (), Points(skill=2))), 3),
        Certificate(CertificateStatus.PROVED, 3, 3, 2),
        (),
    ),
    elapsed_ms=1.0,
)
ASSEMBLE = """mutation { assembleSwarm(input: {taskId: "task:mx"}) { __typename
    ... on SwarmConflict { message people { id } }
    ... on SwarmShortage { message conflict { detail person { id } } repairs { relaxes { detail } } }
    ... on SwarmAssembled { swarm { id } proposal { seats { person { id } points { skill } } } } } }"""


async def assembled(outcome: AssembleOutcome, role: str) -> Any:
    service = guarded_service(*HIDDEN, model=HIDING, assembler=FixedAssembler(assemble=outcome))
    return (await shown(service, role, ASSEMBLE))["assembleSwarm"]


async def test_a_shortage_names_nobody_who_is_hidden() -> None:
    everything = await assembled(SHORTAGE, "administrator")
    assert everything["conflict"][0] == {"detail": FAR.detail, "person": {"id": "person:far"}}
    assert await assembled(SHORTAGE, "dispatcher") == {
        "__typename": "SwarmShortage",
        "message": POORER,
        "conflict": [{"detail": POORER, "person": None}, {"detail": BO.detail, "person": {"id": "person:bo"}}],
        "repairs": [{"relaxes": {"detail": POORER}}],
    }


async def test_a_conflict_names_nobody_who_is_hidden() -> None:
    conflict = Booked(message="person:far is absent on 2026-03-02.", person_ids=("person:far", "person:bo"))
    told = await assembled(conflict, "dispatcher")
    assert told == {"__typename": "SwarmConflict", "message": POORER, "people": [None, {"id": "person:bo"}]}
    assert (await assembled(conflict, "administrator"))["message"] == conflict.message


async def test_an_outcome_that_is_told_again_shows_only_seats_of_people_who_are_seen() -> None:
    told = await assembled(Assembled(swarm_id="swarm:s", proposed=PROPOSED), "dispatcher")
    assert told["proposal"]["seats"] == [{"person": {"id": "person:bo"}, "points": {"skill": 0.001}}]


async def test_what_was_made_and_is_hidden_is_forbidden_and_no_fault_of_ours() -> None:
    opening = FixedAssembler(open_task=TaskOpened(task_id="task:free"))
    service = guarded_service(*HIDDEN, model=HIDING, assembler=opening)
    query = 'mutation { openTask(input: {title: "T"}) { ... on TaskOpened { task { title } } } }'
    body = (await answered(service, "dispatcher", query)).body
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert error["message"] == "task:free was opened, and person:dis may not see it."
    assert await codes(service, "administrator", query) == set()


SAVE = """mutation($id: ID!, $boss: ID!) { savePeople(input: {people: [{id: $id, managerId: $boss}]}) { __typename
    ... on InputRejected { problems { code message suggestion } } } }"""


async def test_no_id_is_suggested_that_the_viewer_does_not_see() -> None:
    service = guarded_service(*HIDDEN, model=HIDING)
    whole = (await shown(service, "administrator", SAVE, id="person:bo", boss="person:fary"))["savePeople"]
    assert [problem["suggestion"] for problem in whole["problems"]] == ["Did you mean person:far?"]
    poorer = (await shown(service, "integrator", SAVE, id="person:bo", boss="person:fary"))["savePeople"]
    assert poorer["problems"] == [{"code": "UNKNOWN_REFERENCE", "message": POORER, "suggestion": None}]


async def test_a_sentence_says_the_same_of_what_is_hidden_and_of_what_is_not_there() -> None:
    service = guarded_service(*HIDDEN, model=HIDING)
    request = service.request(IDENTITIES["integrator"])
    for sentence in ("{} is absent.", "Did you mean {}?", "There is no person '{}'.", "(`{}` has left)", "{}, {}"):
        assert request.may_be_told(sentence.format("person:bo", "person:bo"))
        assert not request.may_be_told(sentence.format("person:far", "person:bo"))
        assert not request.may_be_told(sentence.format("person:ghost", "person:bo"))
    assert request.may_be_told("At 12:30 the document:1 of rule eu:gdpr is shared with unit:team#member.")
    assert not request.may_be_told("person:bo,far has left.")
    assert not request.may_be_told("unit:team has no person:far#manager.")


MISSPELLED = (
    'check(user: $me, relation: "can_se", object: "task:mx") { allowed }',
    'check(user: $me, relation: "can_see", object: "tasks:mx") { allowed }',
    'listObjects(user: $me, relation: "can_see", type: "tasks") { totalCount }',
    'checks(items: [{user: $me, relation: "can_se", object: "task:mx"}]) { error { message suggestion } }',
)


@pytest.mark.parametrize("text", MISSPELLED)
async def test_names_out_of_the_model_are_suggested_to_those_only_who_may_see_it(text: str) -> None:
    told: dict[str, str] = {}
    for role in ("administrator", "member"):
        answer = await answered(guarded_service(), role, f"query($me: String!) {{ {text} }}", me=IDENTITIES[role].id)
        told[role] = str(answer.body)
    assert "Did you mean" in told["administrator"]
    assert "Did you mean" not in told["member"]
    assert "has no" in told["member"]


PROBES = (
    "{ node(id: %s) { id } }",
    "{ nodes(ids: [%s]) { id } }",
    "{ viewer { permissions(objectId: %s) } }",
    "{ people(filter: {unitIds: [%s]}) { totalCount } }",
    "{ people(filter: {skillIds: [%s]}) { totalCount } }",
    "{ tasks(filter: {customerIds: [%s]}) { totalCount } }",
    "{ tasks(filter: {skillIds: [%s]}) { totalCount } }",
    "{ swarms(filter: {personIds: [%s]}) { totalCount } }",
    '{ check(user: "ME", relation: "can_see", object: %s) { outcome } }',
    '{ check(user: "ME", relation: "organization", object: %s) { outcome } }',
    '{ checks(items: [{user: "ME", relation: "can_save", object: %s}]) { outcome error { message } } }',
    '{ check(user: %s, relation: "can_see", object: "unit:all") { outcome } }',
    '{ tuples(user: "ME", object: %s) { totalCount } }',
    '{ explainAccess(user: "ME", relation: "can_see", object: %s) { text } }',
    "{ proposeSwarm(taskId: %s) { __typename } }",
    "mutation { assembleSwarm(input: {taskId: %s}) { __typename } }",
    'mutation { savePeople(input: {people: [{id: "person:x", name: "X", managerId: %s}]}) { __typename } }',
    'mutation { openTask(input: {title: "T", customerId: %s}) { __typename } }',
)


@pytest.mark.parametrize("probe", PROBES)
async def test_what_is_hidden_is_answered_like_what_is_not_there(probe: str) -> None:
    service = guarded_service()
    for role, identity in IDENTITIES.items():
        hidden_ones = ENTITIES - SEEN[role] - {identity.id}
        for hidden in {one.partition(":")[0]: one for one in sorted(hidden_ones)}.values():
            ghost = f"{hidden.partition(':')[0]}:ghost"
            answers: list[Any] = []
            for one in (hidden, ghost):
                body = (await answered(service, role, probe.replace("ME", identity.id) % f'"{one}"')).body
                answers.append(str(body).replace(one, "it"))
            assert answers[0] == answers[1], (role, hidden)


class Looking(FixedAssembler):
    """Keeps what it may look at."""

    def __init__(self) -> None:
        super().__init__()
        self.view: View | None = None

    async def propose(self, *, view: View | None = None, **asked: Any) -> Answered[ProposeOutcome]:
        self.view = view
        return Answered(UNDECIDED, self.revision)


PROPOSE = "define can_propose: administrator or dispatcher"
MEMBERS_PROPOSE = (f"{PROPOSE}\n", f"{PROPOSE} or member\n")


@pytest.mark.parametrize("role", ["administrator", "dispatcher", "member", "manager", "in swarm", "recorder"])
async def test_a_team_is_proposed_of_people_only_whose_availability_is_seen(role: str) -> None:
    assembler = Looking()
    service = guarded_service(model=core_with(MEMBERS_PROPOSE), assembler=assembler)
    await shown(service, role, "{ proposeSwarm { __typename } }")
    assert assembler.view is not None
    view: GraphView = assembler.view()
    candidates = {person.id for person in view.nodes(Person)}
    assert candidates == AVAILABILITY[role] & SEEN[role]
    assert {task.id for task in view.nodes(Task)} == TASKS & SEEN[role]
    assert {skill.id for skill in view.nodes(Skill)} == SKILLS & SEEN[role]
    assert {customer.id for customer in view.nodes(Customer)} == CUSTOMERS & SEEN[role]
    for one in candidates:
        booked = {link.target for link in view.outgoing(MemberOf, one)}
        assert booked == {each.target for each in records() if isinstance(each, MemberOf) and each.source == one}
        assert all(view.node(Swarm, each) for each in booked), "whoever may be asked is asked with all bookings known"


async def test_a_task_for_which_nothing_may_be_proposed_is_refused_where_it_is_seen() -> None:
    model = core_with(
        (
            "define can_propose: administrator or dispatcher\n",
            "define can_propose: administrator or dispatcher or member\n",
        ),
        ("define can_propose: can_propose from organization", "define can_propose: administrator from organization"),
    )
    for role, task, expected in (
        ("administrator", "task:mx", set[str]()),
        ("dispatcher", "task:mx", {"FORBIDDEN"}),
        ("in swarm", "task:mx", {"FORBIDDEN"}),
        ("member", "task:mx", set[str]()),  # not seen: the assembler says that there is no such task
    ):
        query = f'{{ proposeSwarm(taskId: "{task}") {{ __typename }} }}'
        assert await codes(guarded_service(model=model), role, query) == expected, role


class Overtaken(MemoryReplica):
    """A replica on which every grant is gone with the revision that is waited for."""

    async def wait_for(self, revision: str) -> None:
        self.graph.apply(
            [removal(Granted(source="integration:erp", target="organization:main", relation="integrator"))]
        )
        self.number += 1


WAITING = (
    'check(user: "person:bo", relation: "can_see", object: "task:mx", atLeast: "%s") { allowed }',
    'checks(items: [{user: "person:bo", relation: "can_see", object: "task:mx"}], atLeast: "%s") { allowed }',
    'listObjects(user: "person:bo", relation: "can_see", type: "task", atLeast: "%s") { totalCount }',
    'listUsers(object: "task:mx", relation: "can_see", filters: ["person"], atLeast: "%s") { totalCount }',
)


@pytest.mark.parametrize("text", WAITING)
async def test_a_right_that_is_gone_with_the_revision_waited_for_does_not_serve_any_more(text: str) -> None:
    replica = Overtaken(*records())
    service = service_on(replica, permissions=Refusing(replica))
    assert await codes(service, "integrator", f"{{ {text % replica.revision} }}") == {"FORBIDDEN"}


async def endless() -> AsyncGenerator[int]:
    number = 0
    while True:
        yield number
        number += 1


async def test_a_right_lost_before_the_first_step_of_a_stream_ends_it_there() -> None:
    service = guarded_service()
    allowed = True

    def ask() -> None:
        if not allowed:
            raise Forbidden("Lost.")

    stream = while_allowed(endless(), service.request(IDENTITIES["administrator"]), ask)
    allowed = False
    with pytest.raises(Forbidden):
        await anext(stream)


async def test_a_guard_that_cannot_be_asked_ends_the_stream_and_fails_no_commit() -> None:
    replica = MemoryReplica(*records())
    service = service_on(replica, permissions=Refusing(replica))
    faults: list[SwarmgraphError] = []

    def ask() -> None:
        if faults:
            raise faults[0]

    stream = while_allowed(endless(), service.request(IDENTITIES["administrator"]), ask)
    assert await anext(stream) == 0
    faults.append(Unavailable("No model is live."))
    replica.tell(None)
    with pytest.raises(Unavailable):
        await anext(stream)
    assert replica.followers == []


REORGANIZATION = """{ node(id: "reorganization:r") { ... on Reorganization { trigger {
    fires reason benefit { amount } cost { amount } breakEvenValue { amount } moves { cost { amount } } } } } }"""
FIRING = Evaluation(
    task_id="task:free",
    fires=True,
    reason="It gains 66 CNY to move 1 people.",
    benefit=Money(Decimal(100), "CNY"),
    cost=Money(Decimal(34), "CNY"),
    break_even=Money(Decimal(29), "CNY"),
    moves=(
        Move(
            booking=MemberOf(
                source="person:bo",
                target="swarm:s",
                roles=("skill:tax",),
                share_permille=1000,
                since=TODAY,
                until=TODAY,
            ),
            replacement_id="person:mem",
            team=(),
            cost=Money(Decimal(34), "CNY"),
        ),
    ),
)


@pytest.mark.parametrize(("role", "is_told"), [("dispatcher", True), ("manager", True), ("member", False)])
async def test_what_a_move_costs_is_told_to_those_only_who_assemble_or_see_the_availability(
    role: str, is_told: bool
) -> None:
    """Where everybody may see reorganizations, a member sees that Bo would be moved, and not what a day of Bo costs."""
    sees = "define can_see_reorganizations: administrator or dispatcher or integrator"
    found = msgspec.json.encode(FIRING).decode()
    record = Reorganization(id="reorganization:r", task="task:free", created_at=FORMED, found=found)
    service = guarded_service(record, model=core_with((sees, f"{sees} or member")))
    told = (await shown(service, role, REORGANIZATION))["node"]["trigger"]
    numbers = [told["cost"], told["breakEvenValue"], told["moves"][0]["cost"]]
    assert numbers == ([{"amount": "34"}, {"amount": "29"}, {"amount": "34"}] if is_told else [None, None, None])
    assert told["reason"] == (FIRING.reason if is_told else "It gains more than it costs.")
    assert (told["fires"], told["benefit"]) == (True, {"amount": "100"})

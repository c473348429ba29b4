"""How proposing, opening and assembling are asked and shown: every field of every outcome."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from graph_api.kernel.commands import InputRejected, Problem
from graph_api.kernel.quantities import Days, Money
from graph_api.swarm.assembly import (
    Assembled,
    Booked,
    Constraint,
    ConstraintKind,
    NewTask,
    NotDecided,
    Proposed,
    Repair,
    Shortage,
)
from graph_api.swarm.model import Demand, SkillDemand, TimezoneWindow
from graph_api.swarm.problem import Certificate, CertificateStatus, Points, Seat, Solution
from graph_api.swarm.solver import Proposal
from tests.api.assemblers import FixedAssembler
from tests.api.organization import asked, data, day, errors, memory_service

REVISION = "memory00-000000000001"
SEATS = (
    Seat("person:ada", ("skill:tax",), Points(skill=2400, collaboration=150, load=200, distance=30, move=5)),
    Seat("person:bo", ("skill:live",), Points(skill=1000, collaboration=150)),
)
PROPOSED = Proposed(
    proposal=Proposal(
        Solution(SEATS, 3465),
        Certificate(CertificateStatus.BOUNDED, 3465, 3500, 4),
        (Solution((SEATS[0],), 2315),),
    ),
    elapsed_ms=12.5,
)
PROPOSE = """query($task: ID, $demand: SwarmDemandInput) { proposeSwarm(taskId: $task, demand: $demand, alternatives: 1,
    deadlineMs: 250) { __typename
    ... on SwarmProposal { objective elapsedMs revision
      seats { person { id } roles { id } points { skill collaboration load distance move } }
      certificate { status lowerBound upperBound gap candidates } alternatives { objective people { id } } }
    ... on Refusal { message }
    ... on SwarmUndecided { upperBound revision }
    ... on SwarmShortage { revision conflict { kind detail skill { id } person { id } }
      repairs { relaxedTo objective relaxes { kind } } }
    ... on InputRejected { problems { path code } } } }"""
DEMAND = {
    "skills": [{"skillId": "skill:tax", "seats": 2, "minimumLevel": 3, "weight": None}, {"skillId": "skill:live"}],
    "headcount": 2,
    "share": 0.5,
    "days": {"startsOn": "2026-03-03", "endsOn": "2026-03-09"},
    "timezoneWindow": {"timezone": "Asia/Shanghai", "maximumOffsetHours": 2.5},
    "minimumCities": 2,
    "memberInCountry": "CN",
    "pinnedIds": ["person:ada"],
    "excludedIds": ["person:cy"],
    "separatedPairs": [{"firstId": "person:ada", "secondId": "person:di"}],
}
READ = Demand(
    skills=(SkillDemand(skill_id="skill:tax", seats=2, minimum_level=3), SkillDemand(skill_id="skill:live")),
    headcount=2,
    share=0.5,
    days=Days(day(3), day(9)),
    timezone_window=TimezoneWindow(timezone="Asia/Shanghai", maximum_offset_hours=2.5),
    minimum_cities=2,
    member_in_country="CN",
    pinned_ids=("person:ada",),
    excluded_ids=("person:cy",),
    separated_pairs=(("person:ada", "person:di"),),
)


async def proposed(assembler: FixedAssembler, **variables: Any) -> Any:
    return (await data(memory_service(assembler), PROPOSE, variables))["proposeSwarm"]


async def test_a_proposal_is_shown_in_points() -> None:
    assert await proposed(FixedAssembler(propose=PROPOSED)) == {
        "__typename": "SwarmProposal",
        "objective": 3.465,
        "elapsedMs": 12.5,
        "revision": REVISION,
        "seats": [
            {
                "person": {"id": "person:ada"},
                "roles": [{"id": "skill:tax"}],
                "points": {"skill": 2.4, "collaboration": 0.15, "load": 0.2, "distance": 0.03, "move": 0.005},
            },
            {
                "person": {"id": "person:bo"},
                "roles": [{"id": "skill:live"}],
                "points": {"skill": 1.0, "collaboration": 0.15, "load": 0.0, "distance": 0.0, "move": 0.0},
            },
        ],
        "certificate": {
            "status": "BOUNDED", "lowerBound": 3.465, "upperBound": 3.5, "gap": 0.035, "candidates": 4,
        },
        "alternatives": [{"objective": 2.315, "people": [{"id": "person:ada"}]}],
    }  # fmt: skip


async def test_every_part_of_a_demand_reaches_the_assembler() -> None:
    assembler = FixedAssembler(propose=PROPOSED)
    await proposed(assembler, task="task:a", demand=DEMAND)
    await proposed(assembler)
    assert assembler.asked == [
        {"task_id": "task:a", "demand": READ, "alternatives": 1, "deadline_ms": 250},
        {"task_id": None, "demand": None, "alternatives": 1, "deadline_ms": 250},
    ]


async def test_a_shortage_tells_its_conflict_and_its_repairs() -> None:
    lacking = Constraint(kind=ConstraintKind.LEVEL, detail="Tax at level 5.", skill_id="skill:tax")
    pinned = Constraint(kind=ConstraintKind.PINNED, detail="Di is a member.", person_id="person:di")
    repair = Repair(relaxes=lacking, objective=1200, relaxed_to="level 4")
    shortage = Shortage(message="Nobody is so good.", conflict=(lacking, pinned), repairs=(repair,))
    assert await proposed(FixedAssembler(propose=shortage)) == {
        "__typename": "SwarmShortage",
        "message": "Nobody is so good.",
        "revision": REVISION,
        "conflict": [
            {"kind": "LEVEL", "detail": "Tax at level 5.", "skill": {"id": "skill:tax"}, "person": None},
            {"kind": "PINNED", "detail": "Di is a member.", "skill": None, "person": {"id": "person:di"}},
        ],
        "repairs": [{"relaxedTo": "level 4", "objective": 1.2, "relaxes": {"kind": "LEVEL"}}],
    }


async def test_no_answer_in_time_and_a_bad_demand_are_outcomes() -> None:
    late = NotDecided(message="Too late.", upper_bound=4321)
    assert await proposed(FixedAssembler(propose=late)) == {
        "__typename": "SwarmUndecided", "message": "Too late.", "upperBound": 4.321, "revision": REVISION,
    }  # fmt: skip
    bad = InputRejected(message="1 problem.", problems=(Problem(("demand", "headcount"), "OUT_OF_RANGE", "9"),))
    assert await proposed(FixedAssembler(propose=bad)) == {
        "__typename": "InputRejected",
        "message": "1 problem.",
        "problems": [{"path": ["demand", "headcount"], "code": "OUT_OF_RANGE"}],
    }


async def test_deadlines_and_counts_that_make_no_sense_are_refused() -> None:
    for arguments, code in [
        ("alternatives: -1", "BAD_USER_INPUT"),
        ("deadlineMs: 0", "BAD_USER_INPUT"),
        ("deadlineMs: 60001", "QUERY_TOO_COSTLY"),
        ("alternatives: 21", "QUERY_TOO_COSTLY"),
    ]:
        told = await errors(memory_service(), f"{{ proposeSwarm({arguments}) {{ __typename }} }}")
        assert told[0]["extensions"]["code"] == code


OPEN = """mutation($input: OpenTaskInput!) { openTask(input: $input) { __typename
    ... on TaskOpened { task { id title } revision } ... on InputRejected { message } } }"""


async def test_every_part_of_a_task_reaches_the_assembler() -> None:
    assembler = FixedAssembler()
    task = {
        "id": "task:new", "title": "New", "customerId": "customer:mx", "value": {"amount": "10.50", "currency": "USD"},
        "effortDays": 2.5, "dueAt": "2026-03-20T18:00:00+08:00", "regulations": ["mx:x"], "demand": DEMAND,
        "idempotencyKey": "k",
    }  # fmt: skip
    opened = await data(memory_service(assembler), OPEN, {"input": task})
    assert opened["openTask"] == {
        "__typename": "TaskOpened", "task": {"id": "task:b", "title": "Tax for Vietnam"}, "revision": REVISION,
    }  # fmt: skip
    assert assembler.asked == [
        {
            "task": NewTask(
                id="task:new", title="New", customer_id="customer:mx", value=Money(Decimal("10.50"), "USD"),
                effort_days=2.5, due_at=datetime(2026, 3, 20, 10, tzinfo=UTC), regulations=("mx:x",), demand=READ,
            ),
            "actor": "admin:local",
            "idempotency_key": "k",
        }
    ]  # fmt: skip
    await data(memory_service(assembler), OPEN, {"input": {"title": "Bare"}})
    assert assembler.asked[1] == {"task": NewTask(title="Bare"), "actor": "admin:local", "idempotency_key": None}


ASSEMBLE = """mutation($input: AssembleSwarmInput!) { assembleSwarm(input: $input) { __typename
    ... on SwarmAssembled { swarm { id task { id } } proposal { objective } revision }
    ... on SwarmConflict { message people { id } revision } ... on SwarmUndecided { message } } }"""


async def test_an_assembled_swarm_is_shown_at_its_revision() -> None:
    assembler = FixedAssembler("memory00-000000000007", assemble=Assembled(swarm_id="swarm:1", proposed=PROPOSED))
    asking = {"taskId": "task:a", "personIds": ["person:ada", "person:bo"], "demand": {"headcount": 2}}
    told = await asked(memory_service(assembler), ASSEMBLE, {"input": asking})
    assert told.body["extensions"]["revision"] == "memory00-000000000007"
    assert told.body["data"]["assembleSwarm"] == {
        "__typename": "SwarmAssembled",
        "swarm": {"id": "swarm:1", "task": {"id": "task:a"}},
        "proposal": {"objective": 3.465},
        "revision": "memory00-000000000007",
    }
    assert assembler.asked == [
        {
            "task_id": "task:a",
            "demand": Demand(headcount=2),
            "person_ids": ("person:ada", "person:bo"),
            "actor": "admin:local",
            "idempotency_key": None,
        }
    ]


async def test_people_booked_meanwhile_are_named() -> None:
    booked = Booked(message="Di is booked.", person_ids=("person:di", "person:gone"))
    told = await data(memory_service(FixedAssembler(assemble=booked)), ASSEMBLE, {"input": {"taskId": "task:b"}})
    assert told["assembleSwarm"] == {
        "__typename": "SwarmConflict", "message": "Di is booked.", "people": [{"id": "person:di"}, None],
        "revision": REVISION,
    }  # fmt: skip

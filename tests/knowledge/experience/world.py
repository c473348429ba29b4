"""A swarm of three on a task for a customer, and what is asked of its breaker."""

from datetime import UTC, date, datetime
from typing import Any, Final

from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record
from graph_api.knowledge.experience import commands
from graph_api.knowledge.model import Knowledge
from graph_api.organization.model import Task, TaskState
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState, TaskResult
from tests.swarm.organization import CUSTOMS, DAYS, LIVE, TAX, graph

SWARM: Final = "swarm:s"
FORMED: Final = datetime(2026, 3, 4, 9, tzinfo=UTC)
DURING: Final = datetime(2026, 3, 10, 9, tzinfo=UTC)
AFTER: Final = datetime(2026, 3, 16, 9, tzinfo=UTC)
ROLES: Final = {"person:ada": TAX, "person:di": CUSTOMS, "person:eve": LIVE}
LEARNED: Final = {
    "person:ada": "SAT in Mexico wants the pedimento number on every invoice, else the refund is blocked for weeks.",
    "person:di": "The broker in Veracruz opens at eleven; send the certificate of origin the evening before.",
    "person:eve": "直播前要先确认保税仓库存，否则墨西哥客户下单后两周都发不出货。",
}


def team(*people: str, days: Days = DAYS, **more: Any) -> list[Record]:
    return [
        Swarm(id=SWARM, formed_at=FORMED, starts_on=days.starts_on, ends_on=days.ends_on, **more),
        Staffs(source=SWARM, target="task:new"),
        Task(id="task:new", title="Clear customs in Mexico", state=TaskState.STAFFED),
        *(booked(one, days.starts_on, days.ends_on) for one in people or ROLES),
    ]


def booked(person: str, since: date, until: date, **more: Any) -> MemberOf:
    return MemberOf(
        source=person, target=SWARM, roles=(ROLES[person],), since=since, until=until, share_permille=1000, **more
    )


def working(*people: str, **more: Any) -> Graph:
    return graph(*team(*people, **more))


def closed(*people: str) -> Graph:
    state = working(*people)
    close(state)
    return state


def close(state: Graph, at: datetime = DURING) -> Any:
    return decide(state, UPDATE_TASK, UpdateTask(task_id="task:new", close_as=TaskResult.DELIVERED), "user:boss", at)


def decide(
    state: Graph, operation: AnyOperation, command: Command, actor: str = "user:boss", at: datetime = DURING
) -> Any:
    """The outcome, or the refusal; what was decided is applied."""
    decision = operation.decide(state, command, Context(at=at, actor=actor, revision=7))
    if isinstance(decision, Refused):
        return decision.refusal
    assert isinstance(decision, Accepted)
    assert len({change.key for change in decision.changes}) == len(decision.changes), "one change a record and commit"
    state.apply(decision.changes)
    return decision.outcome


def recording(person: str, key: str = "k", **more: Any) -> commands.RecordExperience:
    fields: dict[str, Any] = {"title": "What I learned", "body": LEARNED.get(person, "")}
    fields |= {"body_bytes_max": 20_000, "experiences_max": 50}
    return commands.RecordExperience(knowledge_id=f"knowledge:{key}", swarm_id=SWARM, **(fields | more))


def confirming(key: str, **more: Any) -> commands.ConfirmExperience:
    return commands.ConfirmExperience(knowledge_id=f"knowledge:{key}", body_bytes_max=20_000, **more)


def waiving(person: str, reason: str = "Left for good, and cannot be reached") -> commands.WaiveExperience:
    return commands.WaiveExperience(swarm_id=SWARM, person_id=person, reason=reason)


def drafted(person: str, key: str, body: str | None = None) -> commands.NewDraft:
    return commands.NewDraft(
        knowledge_id=f"knowledge:{key}",
        person_id=person,
        title="Customs in Mexico",
        body=body if body is not None else LEARNED[person],
        language=None,
        skill_ids=(TAX,),
        customer_ids=("customer:kep",),
        extractor="tier0/1",
        confidence=0.5,
    )


def state_of(state: Graph) -> SwarmState:
    found = state.node(Swarm, SWARM)
    assert found is not None
    return found.state


def item(state: Graph, key: str) -> Knowledge | None:
    return state.node(Knowledge, f"knowledge:{key}")


def codes(refusal: object) -> set[tuple[str, str]]:
    assert isinstance(refusal, InputRejected), refusal
    return {(problem.path[0], problem.code) for problem in refusal.problems}

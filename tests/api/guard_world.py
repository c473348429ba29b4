"""A small organization in which everybody may see something else, and what each may see, written down by hand.

Man leads the team of Bo and Mem and reports to Di; Far works elsewhere. Bo and Sw work on Mexico for Kep, Rec and Far
still owe experience of Peru for Zen. Left had a place everywhere until yesterday: team, swarm, reports.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Answer, Question, answer
from graph_api.api.service import ApiService
from graph_api.kernel.commands import InputRejected
from graph_api.kernel.records import Record
from graph_api.knowledge.model import ExperienceOf, Knowledge, KnowledgeState, Note, NoteBy, NoteOf, RecordedBy
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import (
    BelongsTo,
    Customer,
    For,
    HasSkill,
    Organization,
    PartOf,
    Person,
    ReportsTo,
    Requires,
    Skill,
    Task,
    TaskState,
    Unit,
)
from graph_api.permission.commands import AuthorizationModelRejected, ChangePermissions, ModelSource, PermissionsChanged
from graph_api.permission.core import shipped_core
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.records import Granted, Resource
from graph_api.permission.service import Answered, ModelLive
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.api.organization import service_on
from tests.support.memory_replica import MemoryReplica
from tests.support.state_permissions import CORE, StatePermissions

TODAY = datetime.now(UTC).date()
"""Rights are those of today, whatever day a test is run on."""
YESTERDAY = TODAY - timedelta(days=1)
FORMED = datetime(2026, 1, 5, 8, tzinfo=UTC)
WEEK: dict[str, Any] = {"since": TODAY, "until": TODAY + timedelta(days=6)}

IDENTITIES: Mapping[str, Identity] = {
    "administrator": LOCAL_ADMINISTRATOR,
    "dispatcher": Identity("person:dis", person_id="person:dis"),
    "integrator": Identity("integration:erp"),
    "member": Identity("person:mem", person_id="person:mem"),
    "manager": Identity("person:man", person_id="person:man"),
    "in swarm": Identity("person:sw", person_id="person:sw"),
    "recorder": Identity("person:rec", person_id="person:rec"),
    "contact": Identity("contact:buyer"),
    "outsider": Identity("integration:other"),
    "left": Identity("person:left", person_id="person:left"),
    "stranger": Identity("robot:x"),
}
"""A stranger is of a type that the live model does not know."""
PEOPLE = {f"person:{who}" for who in ("dis", "man", "mem", "bo", "di", "far", "sw", "rec", "left")}
UNITS = {"unit:all", "unit:team", "unit:other"}
SKILLS = {"skill:tax", "skill:live"}
TASKS = {"task:mx", "task:pe", "task:past", "task:free"}
CUSTOMERS = {"customer:kep", "customer:zen"}
SWARMS = {"swarm:s", "swarm:c", "swarm:d"}
ENTITIES = PEOPLE | UNITS | SKILLS | TASKS | CUSTOMERS | SWARMS
STAFF = UNITS | SKILLS
CORE_TEXT = shipped_core()

SEEN: Mapping[str, set[str]] = {
    "administrator": ENTITIES,
    "dispatcher": ENTITIES,
    "integrator": ENTITIES,
    "member": {"person:mem", "person:man", "person:bo", "person:left"} | STAFF,
    "manager": {"person:mem", "person:man", "person:bo", "person:left", "person:sw", "swarm:s"} | STAFF,
    "in swarm": {"person:sw", "person:bo", "person:left", "swarm:s", "task:mx", "customer:kep"} | STAFF,
    "recorder": {"person:rec", "person:far", "swarm:c", "task:pe", "customer:zen"} | STAFF,
    "contact": {"person:bo", "person:sw", "person:left", "swarm:s", "swarm:d", "task:mx", "task:past", "customer:kep"},
    "outsider": set(),
    "left": set(),
    "stranger": set(),
}
"""Every entity that a role sees: own, of the team, of the swarm, of the customer, and no other."""
AVAILABILITY: Mapping[str, set[str]] = {
    "administrator": PEOPLE,
    "dispatcher": PEOPLE,
    "integrator": PEOPLE,
    "member": {"person:mem"},
    "manager": {"person:mem", "person:man", "person:bo", "person:left"},
    "in swarm": {"person:sw"},
    "recorder": {"person:rec"},
    "contact": set(),
    "outsider": set(),
    "left": set(),
    "stranger": set(),
}
"""Whose absences a role sees, who is asked when it looks for free people, and whose manager it may be told."""


def records() -> list[Record]:
    return [*_people(), *_work(), *_rights()]


def _people() -> list[Record]:
    return [
        Organization(id="organization:main", name="Seller"),
        *(Unit(id=each, name=each) for each in sorted(UNITS)),
        PartOf(source="unit:team", target="unit:all"),
        PartOf(source="unit:other", target="unit:all"),
        *(Skill(id=each, name=each) for each in sorted(SKILLS)),
        *(_person(each) for each in sorted(PEOPLE)),
        BelongsTo(source="person:man", target="unit:team", roles=("lead",)),
        BelongsTo(source="person:bo", target="unit:team"),
        BelongsTo(source="person:mem", target="unit:team"),
        BelongsTo(source="person:left", target="unit:team", roles=("lead",)),
        BelongsTo(source="person:far", target="unit:other"),
        ReportsTo(source="person:man", target="person:di"),
        ReportsTo(source="person:bo", target="person:man"),
        ReportsTo(source="person:mem", target="person:man"),
        ReportsTo(source="person:far", target="person:left"),
        *(HasSkill(source=each, target="skill:tax", level=3) for each in sorted(PEOPLE)),
        HasSkill(source="person:far", target="skill:live", level=5),
        HasSkill(source="person:bo", target="skill:live", level=2),
    ]


def _person(person_id: str) -> Person:
    name = person_id.partition(":")[2].capitalize()
    last_day = YESTERDAY if person_id == "person:left" else None
    absences = () if person_id in {"person:man", "person:sw"} else (f"{TODAY}/{TODAY}",)
    return Person(id=person_id, name=name, city="Shenzhen", absences=absences, last_day=last_day)


def _work() -> list[Record]:
    def booking(person: str, swarm: str, **more: Any) -> MemberOf:
        return MemberOf(source=person, target=swarm, roles=("skill:tax",), share_permille=1000, **WEEK | more)

    def swarm(swarm_id: str, state: SwarmState) -> Swarm:
        return Swarm(id=swarm_id, state=state, formed_at=FORMED, starts_on=WEEK["since"], ends_on=WEEK["until"])

    return [
        *(Customer(id=each, name=each, country="MX") for each in sorted(CUSTOMERS)),
        Task(id="task:mx", title="Mexico", state=TaskState.STAFFED, value=Decimal(100), currency="USD"),
        Task(id="task:pe", title="Peru", state=TaskState.STAFFED, value=Decimal(200), currency="USD"),
        Task(id="task:past", title="Past", state=TaskState.CLOSED),
        Task(id="task:free", title="Free", value=Decimal(300), currency="USD"),
        *(Requires(source=each, target="skill:tax", seats=2) for each in sorted(TASKS)),
        For(source="task:mx", target="customer:kep"),
        For(source="task:past", target="customer:kep"),
        For(source="task:pe", target="customer:zen"),
        swarm("swarm:s", SwarmState.ACTIVE),
        swarm("swarm:c", SwarmState.CLOSING),
        swarm("swarm:d", SwarmState.DISSOLVED),
        Staffs(source="swarm:s", target="task:mx"),
        Staffs(source="swarm:c", target="task:pe"),
        Staffs(source="swarm:d", target="task:past"),
        booking("person:bo", "swarm:s"),
        booking("person:sw", "swarm:s"),
        booking("person:left", "swarm:s"),
        booking("person:rec", "swarm:c"),
        booking("person:far", "swarm:c"),
        Knowledge(id="knowledge:draft", title="Draft", state=KnowledgeState.DRAFT, body="What the broker wants"),
        RecordedBy(source="knowledge:draft", target="person:rec"),
        ExperienceOf(source="knowledge:draft", target="swarm:c"),
        Note(id="note:n", text="The broker opens at eleven", created_at=FORMED),
        NoteOf(source="note:n", target="swarm:c"),
        NoteBy(source="note:n", target="person:far"),
        booking("person:bo", "swarm:d", since=date(2026, 1, 5), until=date(2026, 1, 9)),
    ]


def _rights() -> list[Record]:
    return [
        Resource(id="integration:erp"),
        Resource(id="contact:buyer"),
        Granted(source="person:dis", target="organization:main", relation="dispatcher"),
        Granted(source="integration:erp", target="organization:main", relation="integrator"),
        Granted(source="contact:buyer", target="customer:kep", relation="contact"),
    ]


class Refusing(StatePermissions):
    """Permissions that refuse every change: who is let through to it is all that is asked."""

    async def change(
        self, command: ChangePermissions, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[PermissionsChanged | InputRejected]:
        return Answered(InputRejected(message="Refused.", problems=()), "memory00-000000000001")

    async def write_model(
        self, source: ModelSource, *, actor: str, idempotency_key: str | None = None
    ) -> Answered[ModelLive | AuthorizationModelRejected]:
        return Answered(AuthorizationModelRejected(message="Refused.", problems=()), "memory00-000000000001")


def guarded_service(
    *more: Record, model: AuthorizationModel = CORE.model, assembler: AssemblyPort | None = None
) -> ApiService:
    """Serve the organization, and whatever is added or put in place of it, from memory."""
    replica = MemoryReplica(*records(), *more)
    return service_on(replica, assembler=assembler, permissions=Refusing(replica, model))


async def answered(service: ApiService, role: str | Identity, query: str, **variables: Any) -> Answer:
    """Ask as somebody."""
    identity = IDENTITIES[role] if isinstance(role, str) else role
    return await answer(service, Question(query=query, variables=variables), identity)


async def shown(service: ApiService, role: str | Identity, query: str, **variables: Any) -> Any:
    """Return the data of an answer without errors."""
    body = (await answered(service, role, query, **variables)).body
    assert "errors" not in body, body["errors"]
    return body["data"]


async def codes(service: ApiService, role: str | Identity, query: str, **variables: Any) -> set[str]:
    """Return the codes of the errors of an answer."""
    body = (await answered(service, role, query, **variables)).body
    return {error["extensions"]["code"] for error in body.get("errors", [])}


def core_with(*replacements: tuple[str, str]) -> AuthorizationModel:
    """Return the core module with some of its lines put otherwise, as an administrator may write it."""
    text = CORE_TEXT
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return CORE.complete(ModelSource(dsl=text)).model

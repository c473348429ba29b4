"""A small organization with its permission: decisions run one after the other on a state in memory."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, InputRejected, Problem, Refused
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.model import ExperienceOf, From, Knowledge, KnowledgeState, Note, NoteBy, NoteOf, RecordedBy
from graph_api.organization.model import (
    ORGANIZATION_ID,
    BelongsTo,
    Customer,
    For,
    Organization,
    PartOf,
    Person,
    ReportsTo,
    Skill,
    Task,
    Unit,
)
from graph_api.permission.commands import (
    ChangePermissions,
    ModelSource,
    PermissionsChanged,
    SetUp,
    SwitchModel,
    WriteModel,
)
from graph_api.permission.core import Core, shipped_core
from graph_api.permission.decisions import ChangeDecision
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.ends import Ends
from graph_api.permission.live_model import model_text
from graph_api.permission.model_decisions import SET_UP, SWITCH_MODEL, WriteModelDecision
from graph_api.permission.records import Granted
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey
from graph_api.swarm.model import MemberOf, Staffs, Swarm

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = AT.date()
TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)
ENDS = Ends(PERMISSION_DECLARED.entities)
CHANGE = ChangeDecision(ENDS, TABLE).operation
CORE = Core(shipped_core(), TABLE.shapes)
WRITE = WriteModelDecision(CORE).operation

DOCUMENTS = """
model
  schema 1.1

type user

type document
  relations
    define owner: [user, person]
    define viewer: [user, user:*, person, swarm#member, document#owner, person with in_office] or owner

condition in_office(hour: int) {
  hour >= 9 && hour < 18
}
"""
"""A model of an integrator: it names types of the core module, and does not define them."""


def organization() -> list[Record]:
    """Ada leads the team, Bo is in it until March, Cy joins it in April; they work for Kep."""
    return [
        Organization(id=ORGANIZATION_ID, name="Organization"),
        *(Person(id=f"person:{who}", name=who) for who in ("ada", "bo", "cy", "di")),
        Person(id="person:robot", name="Robot", kind="bot"),
        Person(id="person:left", name="Left", last_day=date(2026, 3, 1)),
        Skill(id="skill:tax", name="Tax"),
        Unit(id="unit:all", name="All"),
        Unit(id="unit:team", name="Team"),
        PartOf(source="unit:team", target="unit:all"),
        BelongsTo(source="person:ada", target="unit:team", roles=("lead",)),
        BelongsTo(source="person:bo", target="unit:team", since=date(2020, 1, 1), until=date(2026, 3, 31)),
        BelongsTo(source="person:cy", target="unit:team", since=date(2026, 4, 1)),
        ReportsTo(source="person:ada", target="person:di"),
        Customer(id="customer:kep", name="Kep"),
        Task(id="task:mx", title="Mexico"),
        For(source="task:mx", target="customer:kep"),
    ]


def swarm() -> list[Record]:
    """Bo and Cy work on Mexico; Cy has left."""
    days: dict[str, Any] = {"since": date(2026, 3, 9), "until": date(2026, 3, 13), "share_permille": 1000}
    return [
        Swarm(id="swarm:s", formed_at=AT, starts_on=days["since"], ends_on=days["until"]),
        MemberOf(source="person:bo", target="swarm:s", roles=(), **days),
        MemberOf(source="person:cy", target="swarm:s", roles=(), left_at=AT, **days),
        Staffs(source="swarm:s", target="task:mx"),
    ]


def writings() -> list[Record]:
    """Bo wrote down what Mexico taught; one is published, the other a draft."""
    return [
        Knowledge(id="knowledge:done", title="Done"),
        Knowledge(id="knowledge:draft", title="Draft", state=KnowledgeState.DRAFT),
        From(source="knowledge:draft", target="task:mx"),
        RecordedBy(source="knowledge:draft", target="person:bo"),
        ExperienceOf(source="knowledge:draft", target="swarm:s"),
        Note(id="note:n", text="Noted", created_at=AT),
        NoteOf(source="note:n", target="swarm:s"),
        NoteBy(source="note:n", target="person:bo"),
    ]


class World:
    """A state that decisions change."""

    def __init__(self, *records: Record) -> None:
        self.graph = Graph()
        self.graph.apply(upsert(record) for record in records)
        self.at = AT
        self.run(SET_UP, SetUp(text=model_text(CORE.model)))

    def run(self, operation: AnyOperation, command: Command) -> Accepted | Refused:
        decision = operation.decide(self.graph, command, Context(at=self.at, actor="test", revision=1))
        if isinstance(decision, Accepted):
            self.graph.apply(decision.changes)
        return decision

    def live(self, source: ModelSource) -> None:
        """Write a model and make it live."""
        text = model_text(CORE.complete(source).model)
        written = self.run(WRITE, WriteModel(source=source, text=text))
        assert isinstance(written, Accepted)
        self.run(SWITCH_MODEL, SwitchModel(model_id=written.outcome.model_id))

    def changed(self, **change: Any) -> PermissionsChanged:
        decision = self.run(CHANGE, ChangePermissions(**change))
        assert isinstance(decision, Accepted), decision
        return decision.outcome

    def problems(self, **change: Any) -> dict[str, Problem]:
        before = list(self.graph.records())
        decision = self.run(CHANGE, ChangePermissions(**change))
        assert isinstance(decision, Refused), decision
        assert isinstance(decision.refusal, InputRejected)
        assert list(self.graph.records()) == before
        return {".".join(problem.path): problem for problem in decision.refusal.problems}

    def granted(self) -> set[str]:
        """Return the explicit tuples as texts."""
        return {text(record.tuple) for record in self.graph.records() if isinstance(record, Granted)}


def documents_world(*records: Record) -> World:
    """A state in which documents may be shared."""
    world = World(*records)
    world.live(ModelSource(dsl=DOCUMENTS))
    return world


def tuples(*texts: str) -> tuple[RelationshipTuple, ...]:
    """Read tuples of the form `user relation object`, perhaps ` with condition`."""
    return tuple(map(read_tuple, texts))


def read_tuple(line: str) -> RelationshipTuple:
    names, _, condition = line.partition(" with ")
    user, relation, target = names.split()
    return RelationshipTuple(user, relation, target, Condition(condition) if condition else None)


def keys(*texts: str) -> tuple[TupleKey, ...]:
    return tuple(each.key for each in tuples(*texts))


def text(each: RelationshipTuple) -> str:
    named = f" with {each.condition.name}" if each.condition else ""
    return f"{each.user} {each.relation} {each.object}{named}"


def texts(found: Iterable[RelationshipTuple]) -> set[str]:
    return set(map(text, found))

"""A small organization to assemble from: six people in three cities, a customer in Mexico, and what they did before."""

from datetime import UTC, date, datetime

from graph_api.kernel.graph import Graph
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import Customer, For, HasSkill, Person, Requires, Skill, Task, TaskState, WorkedOn
from graph_api.swarm.facts import Rules, Snapshot
from graph_api.swarm.model import Demand, MemberOf, SkillDemand, Staffs, Swarm, SwarmState
from graph_api.swarm.snapshot import SnapshotReading
from tests.support.memory_replica import MemoryReplica

TODAY = date(2026, 3, 4)
MONDAY = date(2026, 3, 2)
RULES = Rules()
SHANGHAI, MEXICO = "Asia/Shanghai", "America/Mexico_City"
TAX, CUSTOMS, LIVE = "skill:tax", "skill:customs", "skill:live"
DAYS = Days(date(2026, 3, 9), date(2026, 3, 13))


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 8, tzinfo=UTC)


def records() -> list[Record]:
    people = [
        Person(id="person:ada", name="Ada", city="Shenzhen", country="CN", timezone=SHANGHAI),
        Person(id="person:bo", name="Bo", city="Shenzhen", country="CN", timezone=SHANGHAI),
        Person(id="person:cy", name="Cy", city="Hangzhou", country="CN", timezone=SHANGHAI),
        Person(id="person:di", name="Di", city="Monterrey", country="MX", timezone="America/Monterrey"),
        Person(id="person:eve", name="Eve", country="MX"),
        Person(id="person:robot", name="Robot", kind="bot", city="Shenzhen", country="CN", timezone=SHANGHAI),
    ]
    levels = {
        ("ada", TAX): 5, ("ada", CUSTOMS): 2, ("bo", TAX): 3, ("bo", LIVE): 4, ("cy", CUSTOMS): 4,
        ("di", CUSTOMS): 5, ("di", LIVE): 1, ("eve", LIVE): 3, ("robot", TAX): 5,
    }  # fmt: skip
    return [
        *people,
        *(Skill(id=skill, name=skill) for skill in (TAX, CUSTOMS, LIVE)),
        *(HasSkill(source=f"person:{who}", target=skill, level=level) for (who, skill), level in levels.items()),
        Customer(id="customer:kep", name="Kep", country="MX", timezone=MEXICO),
        Task(id="task:new", title="Clear customs in Mexico", due_at=at(2026, 3, 20)),
        For(source="task:new", target="customer:kep"),
        Requires(source="task:new", target=TAX, level=3, weight=2),
        Requires(source="task:new", target=CUSTOMS, level=2),
        Task(id="task:old", title="Before", state=TaskState.CLOSED, closed_at=at(2025, 3, 2)),
        WorkedOn(source="person:ada", target="task:old", role="member"),
        WorkedOn(source="person:ada", target="task:old", role="reviewer"),
        WorkedOn(source="person:cy", target="task:old", role="member"),
    ]


def demand(**fields: object) -> Demand:
    """Two people for tax and customs, in the days, unless told otherwise."""
    given: dict[str, object] = {
        "skills": (SkillDemand(skill_id=TAX), SkillDemand(skill_id=CUSTOMS)),
        "headcount": 2,
        "share": 1.0,
        "days": DAYS,
    }
    return Demand(**{**given, **fields})  # pyright: ignore[reportArgumentType]  # the tests name the fields


def booking(person: str, days: Days, permille: int, *, swarm: str = "swarm:x", **fields: object) -> list[Record]:
    """A swarm that books one person."""
    state = fields.get("state", SwarmState.ACTIVE)
    assert isinstance(state, SwarmState)
    left_at, formed_at, task = fields.get("left_at"), fields.get("formed_at", at(2026, 3, 1)), fields.get("task")
    assert left_at is None or isinstance(left_at, datetime)
    assert isinstance(formed_at, datetime)
    staffs = [Staffs(source=swarm, target=str(task))] if task else []
    return [
        Swarm(id=swarm, state=state, formed_at=formed_at, starts_on=days.starts_on, ends_on=days.ends_on),
        MemberOf(
            source=person, target=swarm, roles=(TAX,), since=days.starts_on, until=days.ends_on,
            share_permille=permille, left_at=left_at,
        ),
        *staffs,
    ]  # fmt: skip


def graph(*more: Record) -> Graph:
    state = Graph()
    state.apply(upsert(record) for record in (*records(), *more))
    return state


def replica(*more: Record) -> MemoryReplica:
    return MemoryReplica(*records(), *more)


def snapshot(state: Graph, asked: Demand, *, is_complete: bool = False, customer_id: str | None = None) -> Snapshot:
    return SnapshotReading(
        state, asked, customer_id=customer_id, today=TODAY, rules=RULES, is_complete=is_complete
    ).at_once()


def ids(taken: Snapshot) -> list[str]:
    return [person.person_id.removeprefix("person:") for person in taken.people]

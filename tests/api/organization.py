"""A small organization that the API's scenarios are asked on, and a way to ask."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from graph_api.api.auth import LOCAL_ADMINISTRATOR, Door, Gatekeeper
from graph_api.api.door import Answer, Question, answer
from graph_api.api.service import ApiService
from graph_api.kernel.records import Record
from graph_api.knowledge.search.stored import StoredTexts
from graph_api.ops.settings import Settings, load_settings
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
from graph_api.permission.port import PermissionsPort
from graph_api.projection.port import FollowedReplica
from graph_api.projection.replica import Replica
from graph_api.swarm.assembly import AssemblyPort
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.api.assemblers import FixedAssembler
from tests.support.memory_replica import MemoryReplica
from tests.support.memory_texts import MemoryTexts
from tests.support.state_permissions import StatePermissions

TOKEN = "t" * 43
TODAY = date(2026, 3, 2)
SHANGHAI = "Asia/Shanghai"


def day(number: int) -> date:
    return date(2026, 3, number)


def at(number: int) -> datetime:
    return datetime(2026, 3, number, 8, tzinfo=UTC)


def records() -> list[Record]:
    return [*_people(), *_work(), *_swarms()]


def _people() -> list[Record]:
    return [
        Organization(id="organization:main", name="Seller", synthetic=True),
        Unit(id="unit:asia", name="Asia", kind="division"),
        Unit(id="unit:tax", name="Tax desk"),
        PartOf(source="unit:tax", target="unit:asia"),
        Person(id="person:ada", name="Ada Lü", city="Shenzhen", country="CN", timezone=SHANGHAI),
        Person(id="person:bo", name="Bo", city="Chengdu", absences=("2026-03-10/2026-03-12",)),
        Person(id="person:cy", name="Cy STRASSE", city="Shenzhen", last_day=day(20)),
        Person(id="person:di", name="Di"),
        ReportsTo(source="person:bo", target="person:ada"),
        BelongsTo(source="person:ada", target="unit:tax"),
        BelongsTo(source="person:bo", target="unit:tax", until=day(1)),
        BelongsTo(source="person:cy", target="unit:asia"),
        Skill(id="skill:tax", name="Southeast Asia tax", aliases=("东南亚税务专家",), kind="regulatory"),
        Skill(id="skill:live", name="Live selling", aliases=("TikTok直播",)),
        HasSkill(source="person:ada", target="skill:tax", level=4),
        HasSkill(source="person:bo", target="skill:tax", level=2),
        HasSkill(source="person:bo", target="skill:live", level=5),
        HasSkill(source="person:cy", target="skill:live", level=3),
    ]


def _work() -> list[Record]:
    return [
        Customer(id="customer:mx", name="Mercado", country="MX", city="Puebla"),
        Task(id="task:a", title="Customs for Mexico", value=Decimal("100.10"), currency="USD", opened_at=at(1),
             due_at=at(28), effort_days=12.5, regulations=("mx:ley-aduanera",), state=TaskState.STAFFED),
        Task(id="task:b", title="Tax for Vietnam", value=Decimal(9000), currency="CNY", opened_at=at(3)),
        Task(id="task:c", title="Live week", value=Decimal("99.90"), currency="USD", due_at=at(9)),
        Task(id="task:d", title="Archive", state=TaskState.CLOSED, opened_at=at(2), closed_at=at(5)),
        For(source="task:a", target="customer:mx"),
        Requires(source="task:a", target="skill:tax", seats=2, level=3, weight=3, critical=True),
        Requires(source="task:a", target="skill:live"),
        Requires(source="task:b", target="skill:tax"),
    ]  # fmt: skip


def _swarms() -> list[Record]:
    return [
        Swarm(id="swarm:1", formed_at=at(1), starts_on=day(1), ends_on=day(6)),
        Swarm(id="swarm:2", formed_at=at(1), starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 7)),
        Swarm(id="swarm:3", formed_at=at(1), starts_on=day(1), ends_on=day(9), state=SwarmState.CLOSING),
        Staffs(source="swarm:1", target="task:a"),
        MemberOf(source="person:ada", target="swarm:1", roles=("skill:tax",), since=day(1), until=day(6),
                 share_permille=500),
        MemberOf(source="person:bo", target="swarm:1", roles=("skill:live",), since=day(1), until=day(2),
                 share_permille=1000, left_at=at(2)),
        MemberOf(source="person:di", target="swarm:3", roles=(), since=day(1), until=day(9), share_permille=1000),
    ]  # fmt: skip


@cache  # reading them takes longer than most answers
def _settings(folder: Path, **overrides: Any) -> Settings:
    return load_settings(**{"data_dir": folder, "neo4j_uri": None} | overrides)


def service_on(
    replica: FollowedReplica,
    folder: Path | None = None,
    assembler: AssemblyPort | None = None,
    permissions: PermissionsPort | None = None,
    doors: Sequence[Door] = (),
    today: Callable[[], date] = lambda: TODAY,
    **overrides: Any,
) -> ApiService:
    return ApiService(
        replica,
        permissions or StatePermissions(replica),
        assembler or FixedAssembler(),
        _settings(folder or Path("nowhere"), **overrides),
        Gatekeeper(TOKEN, doors),
        StoredTexts(replica.database) if isinstance(replica, Replica) else MemoryTexts(replica),
        today=today,
    )


def memory_service(assembler: AssemblyPort | None = None, **overrides: Any) -> ApiService:
    return service_on(MemoryReplica(*records()), assembler=assembler, **overrides)


async def asked(service: ApiService, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Answer:
    question = Question(query=query, variables=dict(variables or {}), extensions=more.pop("extensions", None))
    return await answer(service, question, LOCAL_ADMINISTRATOR, **more)


async def data(service: ApiService, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
    told = await asked(service, query, variables, **more)
    assert "errors" not in told.body, told.body["errors"]
    return told.body["data"]


async def errors(service: ApiService, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
    return (await asked(service, query, variables, **more)).body["errors"]


def ids(connection: Any) -> list[str]:
    return [edge["node"]["id"].partition(":")[2] for edge in connection["edges"]]

"""Any state that the model allows is the same after it was written as CSV and read again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast, get_args, get_type_hints

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from graph_api.exchange.bookings import find_clashes, look_ahead
from graph_api.exchange.drafting import Planned
from graph_api.exchange.export import export_texts
from graph_api.kernel.graph import Graph
from graph_api.kernel.ids import entity_id
from graph_api.kernel.quantities import Days
from graph_api.kernel.records import Link, Node, Record, upsert
from graph_api.knowledge import model as knowledge
from graph_api.organization import model as organization
from graph_api.projection.state import differences, digest
from graph_api.swarm import model as swarm
from tests.support.folders import loaded, plan_of

TEXT: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6) | st.sampled_from(
    ["a,b", 'say "x"', " outer ", "line\nline", "line\r", "a;b", "[a", ";", "蜂群", "'1", "=1+1", "\ufeffmark", "\x85"]
)
DAY: Final = st.dates(date(1900, 1, 1), date(2200, 1, 1))
INSTANT: Final = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis takes bare bounds and adds the zone
AMOUNT: Final = st.decimals(0, 10**15 - 1, places=2) | st.integers(0, 10**15 - 1).map(Decimal)
NUMBER: Final = st.floats(0, 1e12, allow_nan=False)


def interval(first: date, length: int) -> str:
    return organization.format_days(Days(first, first + timedelta(days=length)))


def demand_text(seats: int, cities: int | None) -> str:
    skills = (swarm.SkillDemand(skill_id="skill:x", seats=seats),)
    return msgspec.json.encode(swarm.Demand(skills=skills, minimum_cities=cities)).decode()


INTERVAL: Final = st.builds(interval, DAY, st.integers(0, 40))
LISTS: Final = st.lists(TEXT, max_size=3, unique=True).map(tuple)
FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "country": st.none() | st.sampled_from(["CN", "MX"]),
    "regulations": st.lists(
        st.builds("{}:{}".format, st.sampled_from(["sat", "海关"]), TEXT.filter(str.strip)), max_size=3
    )
    .map(dict.fromkeys)
    .map(tuple),
    "timezone": st.none() | st.sampled_from(["Asia/Shanghai", "America/Mexico_City"]),
    "currency": st.sampled_from(["CNY", "USD"]),
    "capacity": st.floats(0, 1),
    "confidence": st.none() | st.floats(0, 1),
    "quotes": st.none() | st.builds('[["note:{}",0,{}]]'.format, st.integers(0, 9), st.integers(0, 99)),
    "absences": st.lists(INTERVAL, max_size=2, unique=True).map(tuple),
    "demand": st.none() | st.builds(demand_text, st.integers(1, 8), st.none() | st.integers(1, 8)),
    "level": st.integers(1, 5),
    "weight": st.integers(1, 3),
    "share_permille": st.integers(0, 1000),
    "seats": st.integers(1, 99),
    "count": st.none() | st.integers(1, 10**9),
}
BY_TYPE: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(0, 10**9),
    float: NUMBER,
    Decimal: AMOUNT,
    date: DAY,
    datetime: INSTANT,
}
ORDERED: Final = (("since", "until"), ("starts_on", "ends_on"), ("opened_at", "closed_at"))
SINGLE: Final = ("PartOf", "ReportsTo", "For", "Staffs", "NoteOf", "NoteBy", "Merged")
JOINS: Final = (
    (organization.Person, organization.HasSkill, organization.Skill),
    (organization.Person, organization.BelongsTo, organization.Unit),
    (organization.Person, organization.ReportsTo, organization.Person),
    (organization.Person, organization.WorkedOn, organization.Task),
    (organization.Skill, organization.Broader, organization.Skill),
    (organization.Unit, organization.PartOf, organization.Unit),
    (organization.Task, organization.Requires, organization.Skill),
    (organization.Task, organization.For, organization.Customer),
    (organization.Task, organization.Precedes, organization.Task),
    (organization.Customer, organization.TiedTo, organization.Customer),
    (knowledge.Knowledge, knowledge.RecordedBy, organization.Person),
    (knowledge.Knowledge, knowledge.From, organization.Task),
    (knowledge.Knowledge, knowledge.About, organization.Customer),
    (knowledge.Knowledge, knowledge.Teaches, organization.Skill),
    (knowledge.Knowledge, knowledge.Cites, knowledge.Knowledge),
    (knowledge.Knowledge, knowledge.Merged, knowledge.Knowledge),
    (organization.Person, knowledge.Used, knowledge.Knowledge),
    (organization.Person, swarm.MemberOf, swarm.Swarm),
    (swarm.Swarm, swarm.Staffs, organization.Task),
    (knowledge.Knowledge, knowledge.ExperienceOf, swarm.Swarm),
    (organization.Person, knowledge.Waived, swarm.Swarm),
    (knowledge.Note, knowledge.NoteOf, swarm.Swarm),
    (knowledge.Note, knowledge.NoteBy, organization.Person),
)
NODES: Final = tuple({node for source, _, target in JOINS for node in (source, target)})


def test_every_kind_of_record_takes_part() -> None:
    kinds = {*organization.RECORDS, *knowledge.RECORDS, *swarm.RECORDS} - {organization.Organization}
    assert kinds == {*NODES, *(link for _, link, _ in JOINS)}


def values(record: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    hints = {name: hint for name, hint in get_type_hints(record).items() if name in record.__struct_fields__}
    return st.fixed_dictionaries(
        {
            name: FIELDS.get(name, of_type(hint))
            for name, hint in hints.items()
            if name not in ("id", "source", "target")
        }
    ).map(in_order)


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    parts = [part for part in get_args(hint) if part is not type(None)]
    if hint == tuple[str, ...]:
        return LISTS
    if type(None) in get_args(hint):
        return st.none() | of_type(parts[0])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    return BY_TYPE[hint]


def in_order(fields: dict[str, Any]) -> dict[str, Any]:
    for first, last in ORDERED:
        ends = fields.get(first), fields.get(last)
        if None not in ends:
            fields[first], fields[last] = sorted(cast("tuple[Any, Any]", ends))
    return fields


@st.composite
def graphs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Graph:
    graph = Graph()
    ids: dict[type[Node], list[str]] = {}
    for node in sorted(NODES, key=lambda kind: kind.__name__):
        ids[node] = [entity_id(node.entity_type, key) for key in draw(st.lists(TEXT, max_size=3, unique=True))]
        graph.apply(upsert(node(id=identifier, **draw(values(node)))) for identifier in sorted(set(ids[node])))
    for source, link, target in JOINS:
        for start in ids[source]:
            ends = [end for end in ids[target] if source is not target or end > start]
            chosen: list[str] = draw(st.lists(st.sampled_from(ends), max_size=2, unique=True)) if ends else []
            for end in chosen:
                if link.__name__ not in SINGLE or not list(graph.outgoing(link, start)):
                    graph.apply([upsert(joined(draw, link, start, end, ids))])
    return settled(graph)


def settled(graph: Graph) -> Graph:
    """Cancel the swarms that book a person or a task twice, which no command allows."""
    while clashes := find_clashes(look_ahead(Graph(), [Planned(record, frozenset()) for record in graph.records()])):
        for clash in clashes:
            booked = graph.node(swarm.Swarm, clash.key[1] if len(clash.key) == 2 else clash.key[2])
            assert booked is not None
            graph.apply([upsert(msgspec.structs.replace(booked, state=swarm.SwarmState.CANCELLED))])
    return graph


def joined(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    link: type[Link],
    start: str,
    end: str,
    ids: dict[type[Node], list[str]],
) -> Link:
    fields = draw(values(link))
    if link is swarm.MemberOf:
        fields["roles"] = tuple(ids[organization.Skill][:2])
    if link is knowledge.Used:
        fields["task"] = draw(st.sampled_from(["", *ids[organization.Task]]))
    return link(source=start, target=end, **fields)


@given(graphs())
def test_written_state_is_the_same_when_it_is_read(graph: Graph) -> None:
    plan = plan_of(export_texts(graph))
    assert (plan.report.errors, plan.report.warning_count) == ((), 0)
    again = loaded(plan)
    assert differences(graph, again) == {}
    assert digest(again) == digest(graph)

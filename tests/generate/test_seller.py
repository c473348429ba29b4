"""The made-up seller: the same every time, whole, as large as asked, and in a window of days of its own."""

import json
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from graph_api.generate.scale import HISTORY_DAYS, SEED_SCALE, Scale
from graph_api.generate.seller import build, generate, truths
from graph_api.generate.skills import TOPIC_SKILLS
from graph_api.kernel.errors import BadUserInput
from graph_api.kernel.ids import id_fault
from graph_api.kernel.quantities import currencies, timezones
from graph_api.kernel.records import Link, Node, Record, kind_of
from graph_api.organization.model import (
    Customer,
    HasSkill,
    Organization,
    Person,
    ReportsTo,
    Skill,
    Task,
    TaskState,
    Unit,
    WorkedOn,
    parse_days,
)
from tests.generate.conftest import SEED, TODAY

FAST_PEOPLE = 10_000
FAST_SECONDS = 30.0
REAL_COMPANIES = ("amazon", "alibaba", "walmart", "shein", "temu", "lazada", "shopee", "mercado", "zalando", "allegro")


def test_same_arguments_give_the_same_bytes() -> None:
    first, second = (msgspec.json.encode(generate(SEED_SCALE, SEED, TODAY)) for _ in range(2))
    assert first == second


def test_another_seed_gives_another_organization() -> None:
    assert generate(SEED_SCALE, SEED, TODAY) != generate(SEED_SCALE, SEED + 1, TODAY)


def test_default_scale_has_the_promised_size(records: list[Record]) -> None:
    counts = Counter(map(kind_of, records))
    assert counts["Person"] == Scale().people >= 400
    assert counts["Task"] == Scale().tasks + 1 > 2400
    assert 60 <= len(TOPIC_SKILLS) <= 80
    assert counts["Customer"] == Scale().customers
    assert counts["Knowledge"] == Scale().tasks // 4


def test_counts_in_the_truths_are_those_of_the_records(records: list[Record]) -> None:
    assert truths(Scale(), SEED, TODAY)["counts"] == Counter(map(kind_of, records))


def test_keys_are_unique_and_ids_are_valid(records: list[Record]) -> None:
    assert len({record.key for record in records}) == len(records)
    faults = [id_fault(record.id, type(record).entity_type) for record in records if isinstance(record, Node)]
    assert [fault for fault in faults if fault] == []


def test_both_ends_of_every_link_exist_before_it(records: list[Record]) -> None:
    known: set[str] = set()
    for record in records:
        if isinstance(record, Node):
            known.add(record.id)
        else:
            assert {record.source, record.target} <= known


def test_organization_says_that_it_is_synthetic(records: list[Record]) -> None:
    assert [record.synthetic for record in records if isinstance(record, Organization)] == [True]


def test_people_live_in_real_zones_and_are_paid_in_real_money(records: list[Record]) -> None:
    people = [record for record in records if isinstance(record, Person)]
    assert {person.timezone for person in people} <= timezones()
    assert {person.currency for person in people} <= currencies()
    assert {
        "Shenzhen",
        "Hangzhou",
        "Chengdu",
        "Guangzhou",
        "Shanghai",
        "Mexico City",
        "Singapore",
        "Jakarta",
        "Berlin",
    } <= {person.city for person in people}
    assert all(person.day_rate and 0 < person.capacity <= 1 for person in people)


@pytest.mark.parametrize(("city", "hours"), [("Mexico City", -6), ("Jakarta", 7), ("Shenzhen", 8), ("Berlin", 2)])
def test_zone_of_a_city_has_the_right_clock(records: list[Record], city: str, hours: int) -> None:
    zones = {person.timezone for person in records if isinstance(person, Person) and person.city == city}
    offsets = {datetime(2026, 6, 30, tzinfo=UTC).astimezone(ZoneInfo(str(zone))).utcoffset() for zone in zones}
    assert offsets == {timedelta(hours=hours)}


def test_absences_are_disjoint_intervals(records: list[Record]) -> None:
    for person in (record for record in records if isinstance(record, Person)):
        days = [parse_days(text) for text in person.absences]
        assert all(one.starts_on <= one.ends_on for one in days)
        assert all(one.ends_on < other.starts_on for one, other in pairwise(days))


def test_reporting_lines_end_at_one_top(records: list[Record]) -> None:
    managers = {link.source: link.target for link in records if isinstance(link, ReportsTo)}
    tops: set[str] = set()
    for person in (record.id for record in records if isinstance(record, Person)):
        seen = {person}
        while person in managers:
            person = managers[person]
            assert person not in seen
            seen.add(person)
        tops.add(person)
    assert len(tops) == 1


def test_skills_have_chinese_names_and_known_kinds(records: list[Record]) -> None:
    skills = [record for record in records if isinstance(record, Skill)]
    assert all(any("\u4e00" <= letter <= "\u9fff" for alias in skill.aliases for letter in alias) for skill in skills)
    assert {skill.kind for skill in skills} == {"technical", "commercial", "regulatory", "other"}
    by_name = {skill.name: skill.aliases for skill in skills}
    assert "东南亚税务专家" in by_name["Southeast Asia tax"]
    assert "墨西哥清关" in by_name["Mexico customs clearance"]


def test_history_ends_before_today_and_starts_in_its_window(records: list[Record]) -> None:
    closed = [task for task in records if isinstance(task, Task) and task.state is TaskState.CLOSED]
    assert len(closed) == Scale().tasks
    for task in closed:
        assert task.opened_at is not None
        assert task.closed_at is not None
        assert TODAY - timedelta(days=HISTORY_DAYS) <= task.opened_at.date()
        assert task.opened_at < task.closed_at
        assert task.closed_at.date() < TODAY


def test_orders_peak_before_singles_day_and_black_friday(records: list[Record]) -> None:
    months = Counter(task.opened_at.month for task in records if isinstance(task, Task) and task.opened_at)
    assert months[11] > 1.5 * max(months[2], months[4], months[8])


def test_people_of_one_team_meet_again(records: list[Record]) -> None:
    crews: dict[str, set[str]] = {}
    for link in (record for record in records if isinstance(record, WorkedOn)):
        crews.setdefault(link.target, set()).add(link.source)
    pairs = Counter((one, other) for crew in crews.values() for one in crew for other in crew if one < other)
    again = sum(1 for count in pairs.values() if count > 1)
    assert again > len(pairs) / 10
    assert max(pairs.values()) >= 5


def test_every_skill_of_a_division_has_several_holders(records: list[Record]) -> None:
    holders = Counter(link.target for link in records if isinstance(link, HasSkill))
    assert min(holders[tag.id] for tag in TOPIC_SKILLS) >= 3


def test_customers_have_invented_names_abroad(records: list[Record]) -> None:
    customers = [record for record in records if isinstance(record, Customer)]
    assert len({customer.country for customer in customers}) >= 5
    assert not [customer for customer in customers for real in REAL_COMPANIES if real in customer.name.lower()]


def test_nothing_names_a_mail_address_or_a_host(records: list[Record]) -> None:
    text = msgspec.json.encode(records).decode()
    assert "@" not in text
    assert "://" not in text


def test_units_form_one_tree_under_the_seller(records: list[Record]) -> None:
    parents = {link.source: link.target for link in records if isinstance(link, Link) and kind_of(link) == "PART_OF"}
    units = {record.id for record in records if isinstance(record, Unit)}
    assert units - parents.keys() == {"unit:seller"}
    assert set(parents.values()) < units


def test_today_moves_the_history_with_it() -> None:
    later = date(2027, 3, 1)
    newest = max(
        task.closed_at for task in generate(SEED_SCALE, SEED, later) if isinstance(task, Task) and task.closed_at
    )
    assert date(2027, 2, 1) < newest.date() < later


def test_truths_are_json_and_name_only_what_exists() -> None:
    generated = build(SEED_SCALE, SEED, TODAY)
    assert json.loads(json.dumps(generated.truths)) == generated.truths
    ids = {record.id for record in generated.records if isinstance(record, Node)}
    assert set(generated.truths["order"]["specialists"]) < ids


@pytest.mark.parametrize("scale", [{"people": 20}, {"tasks": 100}, {"customers": 0}])
def test_scale_too_small_for_what_is_planted_is_refused(scale: dict[str, int]) -> None:
    with pytest.raises(BadUserInput, match="too few"):
        Scale(**scale)


def test_ten_thousand_people_are_made_quickly() -> None:
    started = time.perf_counter()
    made = generate(Scale.of_people(FAST_PEOPLE), SEED, TODAY)
    assert time.perf_counter() - started < FAST_SECONDS
    assert sum(isinstance(record, Person) for record in made) == FAST_PEOPLE

"""The whole real history through `swarmgraph permission replay` on a real Neo4j, and who had access when."""

import csv
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import pytest

from graph_api.api.service import ApiService
from graph_api.exchange.replay.names import row_of
from graph_api.kernel.ids import natural_key
from graph_api.permission.records import Granted
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database
from tests.api.organization import data, service_on
from tests.support.cleaning import empty
from tests.support.command_line import commands_on, told
from tests.support.data import shared_data, truths
from tests.support.graphql_answers import walk
from tests.support.histories import Happened, Row, fold, read_events
from tests.support.permissions import Guarded, guarded
from tests.support.replays import standing
from tests.support.replicas import Site

SET: Final = "kubernetes"
EVENTS: Final = 32282
ORGANIZATION: Final = "org:kubernetes"
USERS: Final = """query($object: String!, $relation: String!, $at: DateTime, $after: String) {
  listUsers(object: $object, relation: $relation, filters: ["person"], at: $at, first: 200, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node } } }"""
CHECK: Final = """query($user: String!, $object: String!, $relation: String!, $at: DateTime) {
  check(user: $user, relation: $relation, object: $object, at: $at) { outcome } }"""
AUDIT: Final = datetime(2024, 2, 16, 4, 48, 19, tzinfo=UTC)
BEFORE_AUDIT: Final = AUDIT - timedelta(seconds=1)
DATES: Final = [
    datetime(2018, 9, 1, tzinfo=UTC),
    datetime(2021, 6, 30, 12, tzinfo=UTC),
    datetime(2025, 7, 24, 7, 24, 27, tzinfo=UTC),
]
"""A time with few organizations, an ordinary noon, and the very instant of another audit."""


class Replayed(NamedTuple):
    """What the command reported, a replica of what it left, the service on it, and the plain rows of the file."""

    report: Any
    one: Guarded
    service: ApiService
    events: list[Happened]


@pytest.fixture(scope="module")
async def replayed(
    neo4j_server: ServerAddress, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Replayed]:
    folder, site = shared_data(SET), Site(neo4j_server, tmp_path_factory.mktemp("replayed"))
    await empty(database)
    with commands_on(site):
        asked = [word for at in (BEFORE_AUDIT, AUDIT) for word in ("--at", at.isoformat())]
        report = await told("permission", "replay", str(folder), *asked)
        async with guarded(site) as one:
            service = service_on(one.replica, site.folder, permissions=one.permissions)
            yield Replayed(report, one, service, read_events(folder / "permission_events.csv"))


def test_every_event_is_replayed_and_nothing_is_skipped(replayed: Replayed) -> None:
    report = replayed.report
    assert report["events"] == report["replayed"] == report["added"] + report["removed"] == EVENTS
    assert (report["as_they_were"], report["skipped_count"]) == (0, 0)
    assert report["commits"] < EVENTS / 100
    assert any("audits, not single decisions" in note for note in report["notes"])


def test_end_equals_the_state_of_the_set(replayed: Replayed) -> None:
    with (shared_data(SET) / "permission_state_head.csv").open(encoding="utf-8", newline="") as file:
        head = {(row["subject"], row["relation"], row["object"]) for row in csv.DictReader(file)}
    grants = [record for record in replayed.one.replica.graph.records() if isinstance(record, Granted)]
    assert {row_of(grant.tuple) for grant in grants} == head == fold(replayed.events)
    assert len(grants) == len(head) == replayed.report["end_state"]["tuples"] == 8380
    assert replayed.report["end_state"]["is_equal"]


async def test_second_replay_changes_nothing(replayed: Replayed) -> None:
    again = await told("permission", "replay", str(shared_data(SET)))
    assert (again["replayed"], again["commits"], again["revision"]) == (0, 0, replayed.report["revision"])
    assert again["end_state"]["is_equal"]


async def users(replayed: Replayed, target: str, relation: str, at: datetime | None) -> list[str]:
    """Ask through GraphQL who had a relation, and return their names in the files."""
    asked = {"object": target, "relation": relation, "at": at.isoformat() if at is not None else None}
    return [natural_key(each) async for each in walk(replayed.service, USERS, "listUsers", **asked)]


def having(rows: set[Row], relation: str, target: str) -> list[str]:
    return sorted(subject for subject, *what in rows if what == [relation, target])


async def test_members_before_and_after_the_audit_are_as_many_as_the_truths_say(replayed: Replayed) -> None:
    removals = Counter(event.at for event in replayed.events if not event.adds and event.at.year == 2024)
    assert removals.most_common(1)[0][0] == AUDIT
    counts = [len(await users(replayed, ORGANIZATION, "org_member", at)) for at in (BEFORE_AUDIT, AUDIT)]
    assert counts == truths(SET)["audit-2024-02"] == [1782, 1133]
    by_command = [one for asked in replayed.report["access"] for one in asked["organizations"]
                  if one["organization"] == ORGANIZATION]  # fmt: skip
    assert [len(one["members"]) for one in by_command] == counts


async def test_administrators_of_2020_are_those_that_the_truths_name(replayed: Replayed) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    assert await users(replayed, ORGANIZATION, "org_admin", at) == truths(SET)["admins-2020"]


@pytest.mark.parametrize("at", DATES)
async def test_who_had_access_at_a_date_is_what_brute_force_over_the_file_finds(
    replayed: Replayed, at: datetime
) -> None:
    rows = fold(replayed.events, at)
    organizations = {target for _, relation, target in rows if relation == "org_member"}
    assert len(organizations) > 1
    for target in organizations:
        for relation in ("org_member", "org_admin"):
            assert await users(replayed, target, relation, at) == having(rows, relation, target)
    # The whole graph of that time too, tuple by tuple.
    graph = await replayed.one.permissions.graph_at(at)
    assert standing(graph) == rows


async def test_whoever_an_audit_removed_is_allowed_before_it_and_denied_after(replayed: Replayed) -> None:
    lost = set(having(fold(replayed.events, BEFORE_AUDIT), "org_member", ORGANIZATION))
    lost -= set(having(fold(replayed.events, AUDIT), "org_member", ORGANIZATION))
    assert len(lost) > 600
    asked = {"user": f"person:{min(lost).replace(':', '%3A')}", "object": ORGANIZATION, "relation": "can_see"}
    told_of = [await data(replayed.service, CHECK, asked | {"at": at.isoformat()}) for at in (BEFORE_AUDIT, AUDIT)]
    assert [each["check"]["outcome"] for each in told_of] == ["ALLOWED", "DENIED"]


def test_paths_with_one_approver_are_those_that_the_truths_name(replayed: Replayed) -> None:
    paths = {target for _, relation, target in fold(replayed.events) if relation == "approver"}
    approvers = {path: replayed.one.graph.list_users(path, "approver", filters=["person"]) for path in paths}
    alone = Counter(natural_key(people[0]) for people in approvers.values() if len(people) == 1)
    count, most = truths(SET)["sole-approver-paths"]
    assert alone.total() == count
    assert sorted(alone.values(), reverse=True)[: len(most)] == [paths for _, paths in most]
    assert {person: alone[person] for person, _ in most} == dict(most)

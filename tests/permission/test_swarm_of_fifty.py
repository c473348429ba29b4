"""A swarm of fifty ends: all that its members could do by it is gone at one revision, and told by one message."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from graph_api.api.service import ApiService
from graph_api.kernel.commands import Refused
from graph_api.kernel.records import Record, upsert
from graph_api.organization.model import Person, Task
from graph_api.projection.revision import number_of
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.api.organization import data
from tests.permission.world import AT, TODAY
from tests.support.commands import PUT, Put
from tests.support.permission_streams import ACCESS, TUPLES, Served, following, serving, told_briefly, watch
from tests.support.replicas import Site

MEMBERS: Final = [f"person:member-{number:02}" for number in range(50)]
DOCUMENTS: Final = ["document:plan", "document:budget"]
SWARM: Final = Swarm(
    id="swarm:fifty", formed_at=AT, starts_on=TODAY, ends_on=TODAY + timedelta(days=9), state=SwarmState.ACTIVE
)
MODEL: Final = """model
  schema 1.1
type document
  relations
    define viewer: [swarm#member]
"""
WRITE: Final = """mutation($dsl: String!) { writeAuthorizationModel(input: {source: {dsl: $dsl}}) {
    __typename ... on AuthorizationModelWritten { revision } } }"""
CHANGE: Final = """mutation($add: [TupleInput!]) { changePermissions(input: {add: $add}) {
    __typename ... on PermissionsChanged { revision } } }"""
CHECKS: Final = """query($items: [CheckInput!]!, $atLeast: Revision) { checks(items: $items, atLeast: $atLeast) {
    outcome revision } }"""


def swarm() -> Iterable[Record]:
    """Fifty people, as an import may bring them: nobody could assemble so many at once."""
    yield from (Person(id=member, name="Member") for member in MEMBERS)
    yield Task(id="task:large", title="Large")
    yield SWARM
    yield Staffs(source=SWARM.id, target="task:large")
    for member in MEMBERS:
        yield MemberOf(source=member, target=SWARM.id, roles=(), since=TODAY, until=SWARM.ends_on, share_permille=1000)


def rights() -> list[dict[str, str]]:
    """Return what each member may do: see the task and the documents that the swarm was given."""
    tasks = [{"user": member, "relation": "can_see", "object": "task:large"} for member in MEMBERS]
    return tasks + [{"user": member, "relation": "viewer", "object": each} for member in MEMBERS for each in DOCUMENTS]


async def prepare(one: Served) -> str:
    """Import the swarm and grant its members the documents; return the revision with all of it."""
    replica, service = one.guarded.replica, one.server.service
    await replica.import_changes("import:1", list(map(upsert, swarm())), actor="test", progress=lambda done: None)
    written = (await data(service, WRITE, {"dsl": MODEL}))["writeAuthorizationModel"]
    assert written["__typename"] == "AuthorizationModelWritten"
    add = [{"user": f"{SWARM.id}#member", "relation": "viewer", "object": each} for each in DOCUMENTS]
    return (await data(service, CHANGE, {"add": add}))["changePermissions"]["revision"]


async def outcomes(service: ApiService, at_least: str) -> set[str]:
    checks = (await data(service, CHECKS, {"items": rights(), "atLeast": at_least}))["checks"]
    return {each["outcome"] for each in checks}


def lost_members(message: Any) -> list[str]:
    """Return whose membership a message tells to be gone."""
    return sorted(
        each["tuple"]["user"]
        for each in message["changes"]
        if each["operation"] == "REMOVED"
        and (each["tuple"]["relation"], each["tuple"]["object"]) == ("member", SWARM.id)
    )


@pytest.mark.parametrize("ends", [SwarmState.CANCELLED, SwarmState.DISSOLVED])
async def test_a_swarm_of_fifty_loses_all_its_rights_at_one_revision_and_by_one_message(
    site: Site, ends: SwarmState
) -> None:
    async with serving(site) as one, serving(site) as other:
        services = (one.server.service, other.server.service)
        granted = await prepare(one)
        assert [await outcomes(service, granted) for service in services] == [{"ALLOWED"}] * 2
        async with (
            following(one.server, TUPLES, after=granted) as tuples,
            following(other.server, ACCESS, watch=watch("viewer", type="document")) as access,
        ):
            assert await tuples.caught_up() == await access.caught_up() == []
            done = await one.guarded.replica.submit(
                PUT, Put(records=(msgspec.structs.replace(SWARM, state=ends),)), actor="test", timeout_seconds=60
            )
            assert not isinstance(done, Refused)
            message, losses = await tuples.message(), await access.message()
        assert [await outcomes(service, done.revision) for service in services] == [{"DENIED"}] * 2
    assert message["revision"] == losses["revision"] == done.revision
    assert number_of(done.revision, done.revision) == number_of(granted, granted) + 1
    assert lost_members(message) == MEMBERS
    assert sorted(told_briefly(losses)) == sorted(
        f"{member} {each} ALLOWED DENIED" for member in MEMBERS for each in DOCUMENTS
    )

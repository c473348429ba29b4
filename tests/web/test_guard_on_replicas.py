"""The guard on real replicas, asked by HTTP with tokens: who sees what, and rights that are gone when they count."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.kernel.commands import Refused
from graph_api.kernel.errors import Forbidden
from graph_api.kernel.records import Record
from graph_api.organization.commands import SaveUnits, UnitInput
from graph_api.organization.decisions import SAVE_UNITS
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Person, Task
from graph_api.permission.commands import ChangePermissions, PermissionsChanged
from graph_api.permission.service import Answered
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.replica import Committed
from graph_api.swarm.model import Swarm, SwarmState
from tests.api.guard_world import ENTITIES, IDENTITIES, SEEN, TODAY, records
from tests.api.test_guarded_entities import LISTS, ids
from tests.support.commands import PUT, Put
from tests.support.replicas import Site
from tests.support.tokens import Tokened, tokened
from tests.support.waiting import until

ADMIN = LOCAL_ADMINISTRATOR.id
ROLES = {
    role: identity.id for role, identity in IDENTITIES.items() if role not in {"administrator", "left", "stranger"}
}
ROWS = "{ totalCount edges { node { id } } }"
LISTED = f"{{ {' '.join(f'{field} {ROWS}' for field in LISTS)} }}"
NAMED = f"{{ nodes(ids: {json.dumps(sorted(ENTITIES))}) {{ id }} }}"
SAVE_UNIT = (
    'mutation { saveUnits(input: {units: [{id: "unit:new", name: "New"}], idempotencyKey: "k"}) { __typename } }'
)
INTEGRATOR = RelationshipTuple("integration:erp", "integrator", "organization:main")
LAGGING: dict[str, Any] = {"tail_ms": 3_600_000, "tail_idle_ms": 3_600_000}
"""A replica that looks at the log when it commits, and at no other time."""


async def put(one: Tokened, *several: Record) -> str:
    done = await one.replica.submit(PUT, Put(records=several), actor="system:test", timeout_seconds=60)
    assert not isinstance(done, Refused)
    return done.revision


async def change(one: Tokened, command: ChangePermissions) -> Answered[PermissionsChanged]:
    done = await one.service.permissions.change(command, actor=ADMIN)
    assert isinstance(done.value, PermissionsChanged)
    return Answered(done.value, done.revision)


async def codes(one: Tokened, secret: str, query: str) -> list[str]:
    errors = (await one.ask(secret, query)).json().get("errors", [])
    return [error["extensions"]["code"] for error in errors]


async def test_every_token_shows_what_its_actor_sees_and_changes_what_he_may(site: Site) -> None:
    async with tokened(site) as one:
        await put(one, *records())
        secrets = {role: (await one.tokens.create(actor, creator=ADMIN)).secret for role, actor in ROLES.items()}
        for role, secret in secrets.items():
            lists = await one.data(secret, LISTED)
            assert {field: ids(lists[field]) for field in LISTS} == {
                field: sorted(of & SEEN[role]) for field, of in LISTS.items()
            }, role
            assert all(lists[field]["totalCount"] == len(lists[field]["edges"]) for field in LISTS)
            told = await one.data(secret, NAMED)
            assert {node["id"] for node in told["nodes"] if node} == SEEN[role], role
        told = {role: await codes(one, secret, SAVE_UNIT) for role, secret in secrets.items()}
        assert told == {role: ["FORBIDDEN"] for role in ROLES} | {"integrator": []}


async def test_who_has_left_is_let_in_no_more(site: Site) -> None:
    left = Person(id="person:left", name="Left")
    async with tokened(site) as one:
        await put(one, *records(), left)
        secret = (await one.tokens.create("person:left", creator=ADMIN)).secret
        assert "person:bo" in ids((await one.data(secret, LISTED))["people"])
        await put(one, msgspec.structs.replace(left, last_day=TODAY.replace(year=TODAY.year - 1, day=1)))
        assert await codes(one, secret, LISTED) == ["UNAUTHENTICATED"]


async def test_a_right_revoked_while_a_command_waits_for_another_replica_does_not_serve_it(site: Site) -> None:
    """The second replica has not seen the revoke when the door asks; the lock has."""
    async with tokened(site) as first, tokened(site, **LAGGING) as second:
        await put(second, *records())
        secret = (await second.tokens.create("integration:erp", creator=ADMIN)).secret
        assert await codes(second, secret, SAVE_UNIT) == []
        await until(lambda: first.replica.revision == second.replica.revision)
        revoked = await change(first, ChangePermissions(remove=(INTEGRATOR.key,)))
        assert second.replica.revision < revoked.revision
        assert second.service.request(Identity("integration:erp")).allows("can_save_units", "organization:main")
        again = SAVE_UNIT.replace('idempotencyKey: "k"', 'idempotencyKey: "l"')
        assert await codes(second, secret, again) == ["FORBIDDEN"]
        assert second.replica.revision == revoked.revision, "the lock caught up, and nothing was committed"


async def test_an_outcome_is_not_told_again_to_who_has_lost_the_right(site: Site) -> None:
    async with tokened(site) as first, tokened(site, **LAGGING) as second:
        await put(second, *records())
        secret = (await second.tokens.create("integration:erp", creator=ADMIN)).secret
        for _ in range(2):
            told = (await second.data(secret, SAVE_UNIT))["saveUnits"]
            assert told == {"__typename": "Saved"}
        await until(lambda: first.replica.revision == second.replica.revision)
        await change(first, ChangePermissions(remove=(INTEGRATOR.key,)))
        assert await codes(second, secret, SAVE_UNIT) == ["FORBIDDEN"]


def save_unit(number: int) -> SaveUnits:
    return SaveUnits(units=(UnitInput(id=f"unit:{number}", name="N"),))


async def test_a_right_revoked_by_the_same_commit_serves_none_of_its_later_commands(site: Site) -> None:
    async with tokened(site) as one:
        await put(one, *records())
        submit = one.replica.submit
        permissions = one.service.permissions
        before, revoked, forbidden, after = await asyncio.gather(
            submit(SAVE_UNITS, save_unit(1), actor="integration:erp"),
            permissions.change(ChangePermissions(remove=(INTEGRATOR.key,)), actor=ADMIN),
            submit(SAVE_UNITS, save_unit(2), actor="integration:erp"),
            submit(SAVE_UNITS, save_unit(3), actor=ADMIN),
            return_exceptions=True,
        )
        assert isinstance(before, Committed)
        assert isinstance(after, Committed)
        assert isinstance(revoked, Answered)
        assert before.revision == revoked.revision == after.revision, "they were one commit"
        assert isinstance(forbidden, Forbidden)


OLD, SECRET = "Old {}", "Secret {}"


def told_to(one: Tokened, viewer: str) -> str | None:
    """Ask for the title of the task in one step, as no read waits for anything."""
    question = Question('{ node(id: "task:mx") { ... on Task { title } } }')
    reading = answer(one.service, question, Identity(viewer))
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    node = ended.value.value.body["data"]["node"]
    return node and node["title"]


@pytest.mark.parametrize("commits", [1, 2])
async def test_r10_a_text_edited_after_a_revoke_is_never_shown_to_the_one_revoked(site: Site, commits: int) -> None:
    """Whoever works on the task reads it on one replica while the swarm ends and the title is edited on another."""
    found = records()
    swarm = next(each for each in found if isinstance(each, Swarm) and each.id == "swarm:s")
    task = next(each for each in found if isinstance(each, Task) and each.id == "task:mx")
    async with tokened(site) as writer, tokened(site) as reader:
        await put(writer, *found)
        titles: list[str | None] = []
        reader.replica.live.subscribe(lambda state, commit: titles.append(told_to(reader, "person:sw")))
        reading = asyncio.create_task(_read_on(reader, titles))
        for number in range(12):
            shown = await put(writer, swarm, msgspec.structs.replace(task, title=OLD.format(number)))
            await reader.replica.wait_for(shown)
            assert told_to(reader, "person:sw") == OLD.format(number)
            over = msgspec.structs.replace(swarm, state=SwarmState.CANCELLED)
            edited = msgspec.structs.replace(task, title=SECRET.format(number))
            steps = [(over, edited)] if commits == 1 else [(over,), (edited,)]
            await reader.replica.wait_for([await put(writer, *each) for each in steps][-1])
            assert told_to(reader, "person:sw") is None
            assert told_to(reader, ADMIN) == SECRET.format(number)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert {title for title in titles if title} >= {OLD.format(number) for number in range(12)}
    assert not {SECRET.format(number) for number in range(12)} & {*titles}


async def _read_on(one: Tokened, titles: list[str | None]) -> None:
    """Read whenever the loop is free."""
    while True:
        titles.append(told_to(one, "person:sw"))
        await asyncio.to_thread(int)

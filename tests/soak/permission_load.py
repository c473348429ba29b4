"""Permission load on services that may be killed: each client grants and revokes what no other touches."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

import httpx
import msgspec

from graph_api.kernel.records import RecordKey
from graph_api.permission.records import Granted, Resource
from tests.soak.clients import Clients, patient
from tests.soak.services import asked, asked_for_data
from tests.support.services import Service

RIGHTS_A_CLIENT: Final = 60
TUPLES_A_COMMAND: Final = (10, 50)
CHECKS_A_REQUEST: Final = 1000
MODEL: Final = """model
  schema 1.1
type user
type document
  relations
    define viewer: [user, team#member]
type team
  relations
    define member: [user]
"""
WRITE_MODEL: Final = """mutation($input: WriteAuthorizationModelInput!) { writeAuthorizationModel(input: $input) {
    __typename ... on AuthorizationModelRejected { problems { message } } } }"""
CHANGE: Final = """mutation($input: ChangePermissionsInput!) { changePermissions(input: $input) { __typename
    ... on PermissionsChanged { revision added removed } ... on InputRejected { problems { message } } } }"""
CHECKS: Final = "query($items: [CheckInput!]!) { checks(items: $items) { outcome } }"


class Right(msgspec.Struct):
    """Whether one user views one document: by a tuple, or as the only member of a team that does."""

    name: str
    by_team: bool
    is_held: bool = False

    @property
    def tuple(self) -> dict[str, str]:
        """What is granted and revoked."""
        if self.by_team:
            return tuple_of(f"user:{self.name}", "member", f"team:{self.name}")
        return tuple_of(f"user:{self.name}", "viewer", f"document:{self.name}")

    @property
    def team(self) -> dict[str, str]:
        """What lets the team view the document, for good."""
        return tuple_of(f"team:{self.name}#member", "viewer", f"document:{self.name}")

    @property
    def question(self) -> dict[str, str]:
        return tuple_of(f"user:{self.name}", "viewer", f"document:{self.name}")

    @property
    def records(self) -> Iterator[RecordKey]:
        """The tuple and those of its ends that come and go with it: a team's other tuple keeps the team."""
        user, relation, target = self.tuple.values()
        yield Granted(source=user, target=target, relation=relation).key
        yield Resource(id=user).key
        if not self.by_team:
            yield Resource(id=target).key


def tuple_of(user: str, relation: str, target: str) -> dict[str, str]:
    return {"user": user, "relation": relation, "object": target}


class PermissionLoad(Clients):
    """Clients that grant what they hold revoked, and revoke what they hold granted."""

    def __init__(self, services: Sequence[Service], clients: int) -> None:
        super().__init__(services, clients)
        self._chances = [random.Random(number) for number in range(clients)]
        self._rights = [
            [Right(f"{client}-{number}", by_team=number % 2 == 0) for number in range(RIGHTS_A_CLIENT)]
            for client in range(clients)
        ]

    @property
    def rights(self) -> list[Right]:
        """All rights, each as the last acknowledged command left it."""
        return [right for rights in self._rights for right in rights]

    async def prepare(self) -> None:
        """Write the model, and what lets teams view documents."""
        teams = [right.team for right in self.rights if right.by_team]
        async with patient() as http:
            written = await asked(http, self._services[0], WRITE_MODEL, input={"source": {"dsl": MODEL}})
            assert written["__typename"] == "AuthorizationModelWritten", written
            done = await asked(http, self._services[0], CHANGE, input={"add": teams})
            assert done["__typename"] == "PermissionsChanged", done

    async def step(self, http: httpx.AsyncClient, number: int, step: int) -> None:
        """Turn some of the client's rights round, all in one command."""
        chosen = self._chances[number].sample(self._rights[number], self._chances[number].randint(*TUPLES_A_COMMAND))
        key = f"{number}-{step}"
        add = [right.tuple for right in chosen if not right.is_held]
        remove = [right.tuple for right in chosen if right.is_held]
        told = await self.until_told(
            http, number, CHANGE, "PermissionsChanged", add=add, remove=remove, idempotencyKey=key
        )
        assert (told["added"], told["removed"]) == (len(add), len(remove)), told
        for right in chosen:
            right.is_held = not right.is_held
        self.note("changePermissions", key, told, (record for right in chosen for record in right.records))


async def judge_rights(running: Sequence[Service], load: PermissionLoad) -> None:
    """See that every service answers as the last acknowledged commands say."""
    expected = {right.name: "ALLOWED" if right.is_held else "DENIED" for right in load.rights}
    assert set(expected.values()) == {"ALLOWED", "DENIED"}
    async with patient() as http:
        for service in running:
            assert await _outcomes(http, service, load.rights) == expected


async def _outcomes(http: httpx.AsyncClient, service: Service, rights: Sequence[Right]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(rights), CHECKS_A_REQUEST):
        some = rights[start : start + CHECKS_A_REQUEST]
        told = await asked_for_data(http, service, CHECKS, {"items": [right.question for right in some]})
        found |= {right.name: each["outcome"] for right, each in zip(some, told["checks"], strict=True)}
    return found

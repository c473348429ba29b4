"""A race of checks with revokes and grants: a check that carries a revoke's revision must not be allowed after it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

Ask: TypeAlias = Callable[[int, str, dict[str, Any]], Awaitable[Any]]
"""Ask one of several services; returns the data, raises where there is none."""

MODEL = """model
  schema 1.1
type document
  relations
    define viewer: [person, team#member]
type team
  relations
    define member: [person]
"""
WRITE_MODEL = """mutation($dsl: String!) { writeAuthorizationModel(input: {source: {dsl: $dsl}}) {
    __typename ... on AuthorizationModelRejected { problems { message } } } }"""
CHANGE = """mutation($add: [TupleInput!], $remove: [TupleKeyInput!]) {
    changePermissions(input: {add: $add, remove: $remove}) {
        __typename ... on PermissionsChanged { revision } ... on InputRejected { problems { message } } } }"""
CHECK = """query($user: String!, $object: String!, $atLeast: Revision) {
    check(user: $user, relation: "viewer", object: $object, atLeast: $atLeast) { allowed revision } }"""


class Revoked(msgspec.Struct):
    """What is known of one user's right: the revision of the revoke that stands, and how often it changed."""

    revision: str | None = None
    changes: int = 0


class Told(msgspec.Struct):
    """What a race came to."""

    revokes: int = 0
    checks: int = 0
    allowed: int = 0
    judged: int = 0
    """Checks that carried the revision of a revoke and were answered while it stood."""
    stale: list[str] = []


class Race:
    """`users` rights are revoked and granted again, one owner each, while `checkers` ask about them on all services."""

    def __init__(self, ask: Ask, services: int, users: int, seed: int = 1) -> None:
        self._ask = ask
        self._services = services
        self._rights = [Revoked() for _ in range(users)]
        self._chance = random.Random(seed)
        self._stopping = False
        self.told = Told()

    async def prepare(self) -> None:
        """Write the model and grant everything: half of it by a team, half directly."""
        written = await self._ask(0, WRITE_MODEL, {"dsl": MODEL})
        assert written["writeAuthorizationModel"]["__typename"] == "AuthorizationModelWritten", written
        teams = [self._team(number) for number in range(0, len(self._rights), 2)]
        await self._change(0, add=teams)
        await self._change(0, add=[self._tuple(number) for number in range(len(self._rights))])

    async def run(self, enough: Callable[[Told], bool], checkers: int) -> Told:
        """Race until enough was told."""
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._rights)):
                group.create_task(self._revoke_and_grant(number))
            for _ in range(checkers):
                group.create_task(self._keep_checking(enough))
        return self.told

    def _team(self, number: int) -> dict[str, str]:
        return {"user": f"team:{number}#member", "relation": "viewer", "object": f"document:{number}"}

    def _tuple(self, number: int) -> dict[str, str]:
        user = f"person:{number}"
        if number % 2 == 0:
            return {"user": user, "relation": "member", "object": f"team:{number}"}
        return {"user": user, "relation": "viewer", "object": f"document:{number}"}

    async def _change(self, service: int, **change: Any) -> str:
        done = (await self._ask(service, CHANGE, change))["changePermissions"]
        assert done["__typename"] == "PermissionsChanged", done
        return done["revision"]

    async def _revoke_and_grant(self, number: int) -> None:
        right = self._rights[number]
        while not self._stopping:
            right.revision = await self._change(self._any_service(), remove=[self._tuple(number)])
            right.changes += 1
            self.told.revokes += 1
            # Until all services have answered these the right stays revoked: what others ask meanwhile is judged too.
            await asyncio.gather(*(self._check(number, service) for service in range(self._services)))
            right.revision = None
            right.changes += 1
            await self._change(self._any_service(), add=[self._tuple(number)])

    async def _keep_checking(self, enough: Callable[[Told], bool]) -> None:
        while not self._stopping:
            await self._check(self._chance.randrange(len(self._rights)), self._any_service())
            self._stopping = self._stopping or enough(self.told)

    async def _check(self, number: int, service: int) -> None:
        right = self._rights[number]
        revision, changes = right.revision, right.changes
        asked = {"user": f"person:{number}", "object": f"document:{number}", "atLeast": revision}
        found = (await self._ask(service, CHECK, asked))["check"]
        self.told.checks += 1
        self.told.allowed += found["allowed"]
        if revision is not None and right.changes == changes:
            self.told.judged += 1
            if found["allowed"]:
                self.told.stale.append(f"person:{number} at {found['revision']}, revoked at {revision}")

    def _any_service(self) -> int:
        return self._chance.randrange(self._services)

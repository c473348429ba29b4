"""The service's GraphQL in the plain data of the conformance tables: facts in, words and codes out."""

import json
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from graph_api.api.service import ApiService
from tests.api.organization import asked, data, service_on
from tests.permission.engine.conformance.table import Ask, Expected
from tests.permission.engine.facts import Fact, Key, instant
from tests.permission.engine.surface import NOW
from tests.support.permissions import guarded
from tests.support.replicas import Site

OPENFGA: Final = re.compile(r"\(OpenFGA:? (\d+)\)")
DECISION: Final = "{ outcome allowed missingContext error { code } }"
NAMES: Final = "{ totalCount pageInfo { hasNextPage } edges { node } }"
SUPPOSED: Final = "contextualTuples: $given, context: $context"
CHECKS: Final = f"query($items: [CheckInput!]!, $at: DateTime) {{ checks(items: $items, at: $at) {DECISION} }}"
CHECK: Final = f"""query($user: String!, $relation: String!, $object: String!, $given: [TupleInput!],
    $context: JSONObject, $at: DateTime) {{
    check(user: $user, relation: $relation, object: $object, {SUPPOSED}, at: $at) {DECISION} }}"""
EXPLAIN: Final = f"""query($user: String!, $relation: String!, $object: String!, $given: [TupleInput!],
    $context: JSONObject) {{
    explainAccess(user: $user, relation: $relation, object: $object, {SUPPOSED}) {{ decision {DECISION} }} }}"""
LIST_OBJECTS: Final = f"""query($user: String!, $relation: String!, $object: String!, $given: [TupleInput!],
    $context: JSONObject, $at: DateTime) {{
    listObjects(user: $user, relation: $relation, type: $object, {SUPPOSED}, at: $at, first: 200) {NAMES} }}"""
LIST_USERS: Final = f"""query($filters: [String!]!, $relation: String!, $object: String!, $given: [TupleInput!],
    $context: JSONObject, $at: DateTime) {{ listUsers(object: $object, relation: $relation, filters: $filters,
    {SUPPOSED}, at: $at, first: 200) {NAMES} }}"""
EXPAND: Final = (
    "query($object: String!, $relation: String!) { expand(object: $object, relation: $relation) { __typename } }"
)
WRITE: Final = """mutation($dsl: String!) { writeAuthorizationModel(input: {source: {dsl: $dsl}}) {
    __typename ... on AuthorizationModelWritten { model { live } } } }"""
CHANGE: Final = """mutation($add: [TupleInput!], $remove: [TupleKeyInput!]) {
    changePermissions(input: {add: $add, remove: $remove}) { __typename
    ... on PermissionsChanged { added removed unchanged } ... on InputRejected { problems { message } } } }"""
TUPLES: Final = """query($valid: Boolean) { tuples(source: EXPLICIT, valid: $valid, first: 200) {
    pageInfo { hasNextPage } edges { node { user relation object } } } }"""


class DoorOfTables:
    """Puts what the tables hold to a service as a client would, in JSON."""

    def __init__(self, service: ApiService) -> None:
        self._service = service

    async def make_live(self, model: str) -> None:
        """Write a model and see that it is live."""
        written = (await self._told(WRITE, dsl=model))["writeAuthorizationModel"]
        assert written == {"__typename": "AuthorizationModelWritten", "model": {"live": True}}

    async def change(self, add: Iterable[Fact] = (), remove: Iterable[Key] = ()) -> Expected | tuple[int, int, int]:
        """Change tuples in one request: how many were added, removed and unchanged, or the code of the refusal."""
        told = await self._told(CHANGE, add=list(map(_tuple, add)), remove=list(map(_key, remove)))
        outcome = told["changePermissions"]
        if outcome["__typename"] == "InputRejected":
            return _code(*(problem["message"] for problem in outcome["problems"]))
        return outcome["added"], outcome["removed"], outcome["unchanged"]

    async def tuples(self, valid: bool | None = None) -> list[Key]:
        """Return the explicit tuples, all of them or those that count or do not."""
        page = (await self._told(TUPLES, valid=valid))["tuples"]
        assert not page["pageInfo"]["hasNextPage"]
        nodes = [edge["node"] for edge in page["edges"]]
        return [(node["user"], node["relation"], node["object"]) for node in nodes]

    async def checks(self, asks: Sequence[Ask], at: str | None) -> list[Expected]:
        """Ask several checks about one instant in one field."""
        items = [
            {"user": ask.user, "relation": ask.relation, "object": ask.object}
            | {"contextualTuples": list(map(_tuple, ask.contextual)), "context": ask.context}
            for ask in asks
        ]
        return list(map(_word, (await self._told(CHECKS, items=items, at=at))["checks"]))

    async def answer(self, ask: Ask) -> Expected:
        """Ask one question by the field that is meant for it."""
        query, variables = _question(ask)
        told = await asked(self._service, query, _sent(variables))
        if (errors := told.body.get("errors")) is not None:
            assert [error["extensions"]["code"] for error in errors] == ["BAD_USER_INPUT"], errors
            return _code(errors[0]["message"])
        (found,) = told.body["data"].values()
        return _shown(ask, found)

    async def _told(self, query: str, **variables: Any) -> Any:
        return await data(self._service, query, _sent(variables))


@asynccontextmanager
async def door_of_tables(site: Site) -> AsyncGenerator[DoorOfTables]:
    """Open a service on a real replica, whose clock stands where the tables say that it does."""
    async with guarded(site, clock=lambda: instant(NOW)) as one:
        yield DoorOfTables(service_on(one.replica, site.folder, permissions=one.permissions))


def _question(ask: Ask) -> tuple[str, dict[str, Any]]:
    named = {"relation": ask.relation, "object": ask.object}
    given = {"given": list(map(_tuple, ask.contextual)), "context": ask.context}
    match ask.api:
        case "check":
            return CHECK, {**named, **given, "user": ask.user, "at": ask.at}
        case "explain":
            return EXPLAIN, {**named, **given, "user": ask.user}
        case "list_objects":
            return LIST_OBJECTS, {**named, **given, "user": ask.user, "at": ask.at}
        case "list_users":
            return LIST_USERS, {**named, **given, "filters": list(ask.filters), "at": ask.at}
        case "expand":
            return EXPAND, named


def _shown(ask: Ask, found: Any) -> Expected:
    """Say what a field answered in the words of the tables."""
    match ask.api:
        case "check":
            return _word(found)
        case "explain":
            return _word(found["decision"])
        case "list_objects" | "list_users":
            return _names(found)
        case "expand":
            return "expanded"


def _sent(variables: dict[str, Any]) -> dict[str, Any]:
    """Return variables as JSON carries them."""
    return json.loads(json.dumps(variables))


def _tuple(each: Fact) -> dict[str, Any]:
    condition = None if each.condition is None else {"name": each.condition, "context": each.context}
    return _key(each.key) | {"condition": condition, "expiresAt": each.expires_at}


def _key(key: Key) -> dict[str, str]:
    user, relation, target = key
    return {"user": user, "relation": relation, "object": target}


def _code(*messages: str) -> int:
    """Return the number of OpenFGA that messages tell; those of one refusal tell the same."""
    (code,) = {int(number) for message in messages for number in OPENFGA.findall(message)}
    return code


def _names(page: Any) -> tuple[str, ...]:
    names = tuple(edge["node"] for edge in page["edges"])
    assert len(names) == page["totalCount"]
    assert not page["pageInfo"]["hasNextPage"]
    return names


def _word(decision: Any) -> str | int:
    """Say a decision in the words of the tables, or the code of its error."""
    outcome, missing, error = decision["outcome"], decision["missingContext"], decision["error"]
    assert decision["allowed"] is (outcome == "ALLOWED")
    assert (missing != []) is (outcome == "CONDITIONAL")
    assert (error is not None) is (outcome == "ERROR")
    return error["code"] if error else " ".join([outcome.lower(), *missing])

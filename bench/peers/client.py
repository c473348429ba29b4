"""OpenFGA's HTTP interface, in the plain words that our engine's tests use."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import httpx

from bench.peers.server import PeerFailed
from graph_api.permission.language.writing import write_json
from graph_api.permission.model import AuthorizationModel
from tests.permission.engine.facts import Context, Fact

Json: TypeAlias = dict[str, Any]
CODES: Final[Mapping[str, int]] = {
    "validation_error": 2000,
    "authorization_model_not_found": 2001,
    "authorization_model_resolution_too_complex": 2002,
    "cannot_allow_duplicate_tuples_in_one_request": 2004,
    "write_failed_due_to_invalid_input": 2017,
    "type_not_found": 2021,
    "relation_not_found": 2022,
    "invalid_tuple": 2027,
    "exceeded_entity_limit": 2053,
    "invalid_contextual_tuple": 2054,
    "duplicate_contextual_tuple": 2055,
    "invalid_authorization_model": 2056,
    "invalid_argument": 2000,
}
TUPLES_A_WRITE = 100
"""As many as the server takes by default."""


class Refused(NamedTuple):
    """The server's refusal: the number of its error, or the HTTP status where it names none, and its words."""

    code: int
    message: str


class Client:
    """Talks with one server, on one connection at a time."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, trust_env=False, timeout=30)

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: Json) -> Json | Refused:
        answer = self._http.post(path, json=body)
        told: Json = answer.json()
        if answer.is_success:
            return told
        return Refused(CODES.get(str(told.get("code")), answer.status_code), str(told.get("message", told)))

    def new_store(self) -> "Store":
        return Store(self, str(needed(self.post("/stores", {"name": "bench"}))["id"]))

    def drop(self, store: "Store") -> None:
        self._http.delete(f"/stores/{store.id}")


class Store:
    """One store: its tuples, and a model that is named in every request."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self.id = name
        self.model_id = ""

    def ask(self, verb: str, body: Json) -> Json | Refused:
        return self._client.post(f"/stores/{self.id}/{verb}", {**body, "authorization_model_id": self.model_id})

    def take_model(self, model: AuthorizationModel) -> Refused | None:
        """Write a model and use it from now on."""
        answer = self._client.post(f"/stores/{self.id}/authorization-models", write_json(model))
        if isinstance(answer, Refused):
            return answer
        self.model_id = str(answer["authorization_model_id"])
        return None

    def write(self, facts: Sequence[Fact]) -> Refused | None:
        """Write tuples in one request."""
        answer = self.ask("write", {"writes": {"tuple_keys": list(map(tuple_key, facts))}})
        return answer if isinstance(answer, Refused) else None

    def check(
        self, user: str, relation: str, target: str, context: Context | None = None, given: Iterable[Fact] = ()
    ) -> bool | Refused:
        key = {"user": user, "relation": relation, "object": target}
        answer = self.ask("check", {"tuple_key": key, "contextual_tuples": keys(given), "context": context or {}})
        return answer if isinstance(answer, Refused) else bool(answer["allowed"])

    def list_objects(
        self, user: str, relation: str, type_name: str, context: Context | None = None, given: Iterable[Fact] = ()
    ) -> tuple[str, ...] | Refused:
        asked = {"user": user, "relation": relation, "type": type_name}
        answer = self.ask("list-objects", {**asked, "contextual_tuples": keys(given), "context": context or {}})
        return answer if isinstance(answer, Refused) else tuple(sorted(answer["objects"]))

    def list_users(
        self, target: str, relation: str, which: str, context: Context | None = None, given: Iterable[Fact] = ()
    ) -> tuple[str, ...] | Refused:
        """List the users of one kind: the server takes no more at a time."""
        type_name, _, name = target.partition(":")
        kind, _, of_userset = which.partition("#")
        asked = {
            "object": {"type": type_name, "id": name},
            "relation": relation,
            "user_filters": [{"type": kind, "relation": of_userset} if of_userset else {"type": kind}],
            "contextual_tuples": list(map(tuple_key, given)),
            "context": context or {},
        }
        answer = self.ask("list-users", asked)
        return answer if isinstance(answer, Refused) else tuple(sorted(map(user_name, answer["users"])))


def needed(answer: Json | Refused) -> Json:
    if isinstance(answer, Refused):
        raise PeerFailed(f"OpenFGA refused with {answer.code}: {answer.message}")
    return answer


def tuple_key(fact: Fact) -> Json:
    key: Json = {"user": fact.user, "relation": fact.relation, "object": fact.object}
    if fact.condition is not None:
        key["condition"] = {"name": fact.condition, "context": fact.context}
    return key


def keys(facts: Iterable[Fact]) -> Json:
    return {"tuple_keys": list(map(tuple_key, facts))}


def user_name(user: Json) -> str:
    """Write a user of a list as it is written everywhere else."""
    if "wildcard" in user:
        return f"{user['wildcard']['type']}:*"
    if "userset" in user:
        userset = user["userset"]
        return f"{userset['type']}:{userset['id']}#{userset['relation']}"
    return f"{user['object']['type']}:{user['object']['id']}"

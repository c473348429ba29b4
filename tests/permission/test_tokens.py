"""Tokens as they are decided: whom one may stand for, how long, and that nothing but a hash is kept."""

from datetime import timedelta
from typing import Any

import pytest

from graph_api.kernel.commands import Accepted, Command, Context
from graph_api.kernel.errors import BadUserInput, Conflict, NotFound, SwarmgraphError
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.permission.ends import Ends
from graph_api.permission.records import absent_id
from graph_api.permission.tokens import (
    CREATE_TOKEN,
    DAYS_MAX,
    REVOKE_TOKEN,
    CreateToken,
    RevokeToken,
    Token,
    find_token,
    token_hash,
    token_id,
)
from tests.permission.world import AT, ENDS, organization

SECRET = "swarmgraph_secret"
HASH = token_hash(SECRET)


@pytest.fixture
def graph() -> Graph:
    """The small organization."""
    graph = Graph()
    graph.apply(upsert(record) for record in organization())
    return graph


def decide(graph: Graph, operation: Any, command: Command) -> Accepted:
    decided = operation.decide(graph, command, Context(at=AT, actor="admin:local", revision=2))
    assert isinstance(decided, Accepted)
    return decided


def create(graph: Graph, actor: str = "person:ada", hashed: str = HASH, **more: Any) -> Token:
    """Make a token and put it into the graph."""
    accepted = decide(graph, CREATE_TOKEN, CreateToken(hash=hashed, actor=actor, **more))
    graph.apply(accepted.changes)
    token = accepted.outcome
    assert isinstance(token, Token)
    return token


def test_token_is_found_by_its_secret_and_by_no_other(graph: Graph) -> None:
    token = create(graph, name="Laptop")
    assert find_token(graph, SECRET) == token
    assert (token.actor, token.name, token.created_at, token.created_by) == ("person:ada", "Laptop", AT, "admin:local")
    assert token.expires_at is None
    assert [find_token(graph, secret) for secret in ("", "x", SECRET[:-1], f"{SECRET} ", HASH, token.id)] == [None] * 6


def test_token_whose_hash_only_begins_alike_is_another(graph: Graph) -> None:
    token = create(graph)
    graph.apply([upsert(Token(id=token.id, hash=f"{HASH[:40]}{'0' * 24}", actor="person:bo", created_at=AT,
                              created_by="x"))])  # fmt: skip
    assert find_token(graph, SECRET) is None


@pytest.mark.parametrize("actor", ["person:ada", "person:robot", "contact:kep-buyer", "integration:erp"])
def test_token_stands_for_people_contacts_and_integrations(graph: Graph, actor: str) -> None:
    assert create(graph, actor).actor == actor


NOBODY: dict[str, type[SwarmgraphError]] = {
    "admin:local": BadUserInput,
    "admin:other": BadUserInput,
    "system:permissions": BadUserInput,
    "system:": BadUserInput,
    "unit:team": BadUserInput,
    "token:1": BadUserInput,
    "": BadUserInput,
    "ada": BadUserInput,
    "PERSON:ada": BadUserInput,
    " person:ada": BadUserInput,
    "person:ada ": BadUserInput,
    "person:": BadUserInput,
    "person:*": BadUserInput,
    "contact:a#member": BadUserInput,
    "contact:" + "a" * 300: BadUserInput,
    "integration:a\nb": BadUserInput,
    "person:nobody": NotFound,
    "person:left": Conflict,
}


@pytest.mark.parametrize(("actor", "kind"), NOBODY.items(), ids=lambda each: repr(each)[:30])
def test_nobody_gets_a_token_for_whoever_cannot_ask(graph: Graph, actor: str, kind: type[SwarmgraphError]) -> None:
    with pytest.raises(kind) as refused:
        create(graph, actor)
    assert refused.value.suggestion
    assert graph.count(Token) == 0


def test_token_ends_after_its_days(graph: Graph) -> None:
    assert create(graph, expires_in_days=30).expires_at == AT + timedelta(days=30)


@pytest.mark.parametrize("days", [0, -1, DAYS_MAX + 1, 10**12])
def test_days_that_make_no_sense_are_refused(graph: Graph, days: int) -> None:
    with pytest.raises(BadUserInput, match=f"cannot last {days} days"):
        create(graph, expires_in_days=days)


@pytest.mark.parametrize("name", ["", " ", "x" * 501, "a\x00b", "\ud800"])
def test_name_that_cannot_be_kept_is_refused(graph: Graph, name: str) -> None:
    with pytest.raises(BadUserInput, match="The name of a token"):
        create(graph, name=name)


def test_same_secret_makes_no_second_token(graph: Graph) -> None:
    create(graph)
    with pytest.raises(Conflict):
        create(graph, "person:bo")


def test_revoked_token_is_gone_with_its_hash(graph: Graph) -> None:
    token = create(graph)
    accepted = decide(graph, REVOKE_TOKEN, RevokeToken(token_id=token.id))
    assert accepted.outcome == token
    graph.apply(accepted.changes)
    assert (find_token(graph, SECRET), graph.count(Token)) == (None, 0)
    with pytest.raises(NotFound, match="There is no token"):
        decide(graph, REVOKE_TOKEN, RevokeToken(token_id=token.id))


@pytest.mark.parametrize("one", ["person:ada", HASH, "token:", ""])
def test_only_a_token_is_revoked(graph: Graph, one: str) -> None:
    create(graph)
    with pytest.raises(NotFound):
        decide(graph, REVOKE_TOKEN, RevokeToken(token_id=one))
    assert graph.count(Token) == 1


def test_tuple_about_a_token_is_never_fixed_to_it(graph: Graph) -> None:
    token = create(graph)
    assert isinstance(ENDS, Ends)
    assert ENDS.end(graph, token.id) == absent_id(token.id)


def test_id_of_a_token_tells_half_of_its_hash_at_most() -> None:
    assert token_id(HASH) == f"token:{HASH[:32]}"

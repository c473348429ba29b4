"""Tokens: whoever has the secret of one asks as the actor that it stands for. The secret itself is kept nowhere.

A token is found by the hash of its secret: its id follows from that. To revoke it is to remove it, so that a replica
refuses it as soon as it has the commit, and no replica answers that has not looked at the log for a second (R9).
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.errors import BadUserInput, Conflict, NotFound, SwarmgraphError
from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import id_fault, split_id
from graph_api.kernel.records import Node, removal, upsert
from graph_api.organization.checks import check_text
from graph_api.organization.model import Person

TOKEN_PREFIX: Final = "swarmgraph_"  # noqa: S105  # how a secret begins, so that those who look for leaked ones find it
ACTOR_KINDS: Final[Mapping[str, str]] = {
    "person": "somebody of the organization",
    "contact": "somebody at a customer's",
    "integration": "another system",
}
"""Kinds of actors that a token may stand for. The service itself and its administrator by file are none of them."""
DAYS_MAX: Final = 36_500
_ID_DIGITS: Final = 32


class Token(Node, frozen=True, kw_only=True):
    """Whoever brings the text with this SHA-256 hash asks as `actor`, until `expires_at`."""

    entity_type: ClassVar[str] = "token"
    hash: str
    actor: str
    name: str | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None


class CreateToken(Command, frozen=True, kw_only=True):
    """Let whoever has the secret of this hash ask as an actor, for so many days or for good."""

    hash: str
    actor: str
    name: str | None = None
    expires_in_days: int | None = None


class RevokeToken(Command, frozen=True, kw_only=True):
    """Let nobody in by a token any more."""

    token_id: str


def token_hash(secret: str) -> str:
    """Return the hash under which a secret is known."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def token_id(hashed: str) -> str:
    """Return the id of the token with a hash."""
    return f"{Token.entity_type}:{hashed[:_ID_DIGITS]}"


def find_token(view: GraphView, secret: str) -> Token | None:
    """Return the token with a secret, expired or not."""
    hashed = token_hash(secret)
    found = view.node(Token, token_id(hashed))
    return found if found is not None and found.hash == hashed else None


def actor_fault(view: GraphView, actor: str, day: date) -> SwarmgraphError | None:
    """Return why nobody can ask as this actor on a day; None where somebody can."""
    kind = split_id(actor)[0]
    if kind not in ACTOR_KINDS:
        kinds = ", ".join(f"{one}:key ({meaning})" for one, meaning in ACTOR_KINDS.items())
        return BadUserInput(f"{actor[:80]!r} is nobody whom a token can stand for.", suggestion=f"Name one of {kinds}.")
    if fault := id_fault(actor, kind):
        return BadUserInput(fault, suggestion=f"Write {kind}:key.")
    if kind != Person.entity_type:
        return None
    person = view.node(Person, actor)
    if person is None:
        return NotFound(f"There is no {actor} in the organization.", suggestion="Save the person first.")
    if person.last_day is not None and person.last_day < day:
        return Conflict(f"The last day of {actor} was {person.last_day}.", suggestion="Alter it where that is wrong.")
    return None


def decide_create(view: GraphView, command: CreateToken, context: Context) -> Decision:
    """Keep a token; raises BadUserInput, NotFound and Conflict where it can stand for nobody."""
    if fault := actor_fault(view, command.actor, context.at.date()):
        raise fault
    for problem in check_text(("name",), command.name):
        raise BadUserInput(f"The name of a token: {problem.message}", place=("name",))
    node_id = token_id(command.hash)
    if view.node(Token, node_id) is not None:
        raise Conflict("There is such a token already.", suggestion="Make another one.")
    token = Token(
        id=node_id,
        hash=command.hash,
        actor=command.actor,
        name=command.name,
        created_at=context.at,
        created_by=context.actor,
        expires_at=_end(context.at, command.expires_in_days),
    )
    return Accepted((upsert(token),), token)


def _end(at: datetime, days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= DAYS_MAX:
        raise BadUserInput(f"A token cannot last {days} days.", suggestion=f"Give 1 to {DAYS_MAX}, or none.")
    return at + timedelta(days=days)


def decide_revoke(view: GraphView, command: RevokeToken, context: Context) -> Decision:
    """Remove a token; raises NotFound."""
    token = view.node(Token, command.token_id)
    if token is None:
        raise NotFound(
            f"There is no token {command.token_id[:80]!r}.", suggestion="`swarmgraph token list` shows all there are."
        )
    return Accepted((removal(token),), token)


CREATE_TOKEN: Final = Operation("createToken", CreateToken, decide_create, Token)
REVOKE_TOKEN: Final = Operation("revokeToken", RevokeToken, decide_revoke, Token)

"""Tokens that are kept in the graph: made, listed and revoked here, and let in by every replica."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from graph_api.api.admission import Admission, Standing, person_key, standing_of
from graph_api.kernel.commands import AnyOperation, Command, Refused
from graph_api.kernel.errors import Internal, Unauthenticated
from graph_api.permission.tokens import (
    CREATE_TOKEN,
    REVOKE_TOKEN,
    TOKEN_PREFIX,
    CreateToken,
    RevokeToken,
    Token,
    find_token,
    token_hash,
)
from graph_api.projection.freshness import until_fresh
from graph_api.projection.port import ReplicaPort
from graph_api.projection.replica import utc_now

SECRET_BYTES: Final = 32


class NewToken(NamedTuple):
    """A token and its secret, which nobody can tell again."""

    token: Token
    secret: str


class StoredTokens:
    """The tokens in the graph of a replica."""

    def __init__(self, replica: ReplicaPort, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._replica = replica
        self._clock = clock

    def all(self) -> list[Token]:
        """Return all tokens that were not revoked, the oldest first."""
        return sorted(self._replica.graph.nodes(Token), key=lambda token: (token.created_at, token.id))

    def fault(self, token: Token) -> str | None:
        """Say why a token lets nobody in now; None where it does."""
        try:
            self._stand(token)
        except Unauthenticated as fault:
            return fault.message
        return None

    async def create(
        self, actor: str, *, creator: str, name: str | None = None, expires_in_days: int | None = None
    ) -> NewToken:
        """Make a token for an actor.

        Raises BadUserInput, NotFound and Conflict where nobody can ask as that one, Forbidden, and what `submit` of a
        replica raises.
        """
        secret = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        command = CreateToken(hash=token_hash(secret), actor=actor, name=name, expires_in_days=expires_in_days)
        return NewToken(await self._commit(CREATE_TOKEN, command, creator), secret)

    async def revoke(self, token_id: str, *, actor: str) -> Token:
        """Let nobody in by a token any more, on no replica; raises NotFound, Forbidden, and what `submit` raises."""
        return await self._commit(REVOKE_TOKEN, RevokeToken(token_id=token_id), actor)

    async def _commit(self, operation: AnyOperation, command: Command, actor: str) -> Token:
        done = await self._replica.submit(operation, command, actor=actor)
        if isinstance(done, Refused):
            raise Internal(f"{operation.name} was refused: {done.refusal.message}")
        token: Token = done.outcome
        return token

    async def admit(self, token: str) -> Admission | None:
        """Return whom a token lets in, None where it is none of these; raises Unauthenticated, Unavailable (R9)."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        await until_fresh(self._replica)
        found = find_token(self._replica.graph, token)
        if found is None:
            return None
        self._stand(found)
        return Admission(lambda: self._stand(found), frozenset({found.key, person_key(found.actor)}))

    def _stand(self, token: Token) -> Standing:
        now = self._clock()
        if self._replica.graph.node(Token, token.id) != token:
            raise Unauthenticated("The token was revoked.", suggestion="Ask an administrator for a new one.")
        if token.expires_at is not None and token.expires_at <= now:
            raise Unauthenticated(
                f"The token expired at {token.expires_at.isoformat()}.",
                suggestion="Ask an administrator for a new one.",
            )
        return standing_of(self._replica.graph, token.actor, now, token.expires_at, token.name)

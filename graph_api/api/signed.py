"""JSON Web Tokens: whom an issuer of the settings says that somebody is, where a key of that issuer signed it.

The algorithm is one of the settings', never a secret that both sides share and never none, and it is that of the key:
whoever signs with a public key as if it were a secret is nobody.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import jwt
import msgspec

from graph_api.api.admission import Admission, Standing, person_key, standing_of
from graph_api.api.issuer_keys import IssuerKeys, file_reader, key_times, url_reader
from graph_api.kernel.errors import Unauthenticated
from graph_api.ops.settings import Settings
from graph_api.projection.freshness import until_fresh
from graph_api.projection.port import ReplicaPort
from graph_api.projection.replica import utc_now

_DOTS: Final = 2
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond that it makes no difference when a token ends."""
_ANOTHER: Final = "Ask the issuer for another token."
_TOLD: Final[tuple[tuple[type[jwt.PyJWTError], str], ...]] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet"),
    (jwt.InvalidIssuerError, "comes from another issuer"),
    (jwt.InvalidAudienceError, "is meant for somebody else"),
    (jwt.MissingRequiredClaimError, "lacks a claim"),
    (jwt.InvalidSignatureError, "bears a signature that does not hold"),
)


class JwtRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a token has to say; `subject_claim` holds the id of an actor, such as person:ada."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    leeway_seconds: float
    subject_claim: str


class SignedTokens:
    """The signed tokens of one issuer, for the people of a replica."""

    def __init__(
        self, rules: JwtRules, keys: IssuerKeys, replica: ReplicaPort, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._rules = rules
        self._keys = keys
        self._replica = replica
        self._clock = clock

    async def admit(self, token: str) -> Admission | None:
        """Return whom a token lets in, None where it is none of these; raises Unauthenticated, Unavailable."""
        if token.count(".") != _DOTS:
            return None
        claims = self._claims(token, await self._key_of(token))
        await until_fresh(self._replica)
        actor = claims[self._rules.subject_claim]
        if not isinstance(actor, str):
            raise _refused(f"names nobody: its claim {self._rules.subject_claim} is no text")
        stand = partial(self._stand, actor, self._end_of(claims))
        stand()
        return Admission(stand, frozenset({person_key(actor)}))

    def _end_of(self, claims: Mapping[str, Any]) -> datetime:
        at = datetime.fromtimestamp(min(int(claims["exp"]), int(_LATEST.timestamp())), UTC)
        return at + timedelta(seconds=self._rules.leeway_seconds)

    def _stand(self, actor: str, ends_at: datetime) -> Standing:
        now = self._clock()
        if now >= ends_at:
            raise _refused("has expired")
        return standing_of(self._replica.graph, actor, now, ends_at)

    async def _key_of(self, token: str) -> jwt.PyJWK:
        header = _header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._rules.algorithms:
            raise _refused(f"is signed by {str(algorithm)[:20]!r}, which is not taken")
        key = await self._keys.find(key_id)
        if key is None:
            raise _refused("is signed by a key that its issuer does not publish")
        if key.algorithm_name != algorithm:
            raise _refused("is signed by another algorithm than that of its key")
        return key

    def _claims(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        rules = self._rules
        try:
            return jwt.decode(
                token,
                key,
                algorithms=sorted(rules.algorithms),
                audience=rules.audience,
                issuer=rules.issuer,
                leeway=rules.leeway_seconds,
                options={
                    "require": ["exp", "iss", "aud", rules.subject_claim],
                    "enforce_minimum_key_length": True,
                },
            )
        except (jwt.PyJWTError, ValueError, OverflowError) as fault:
            raise _refused(_words(fault)) from fault


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as fault:
        raise _refused("cannot be read") from fault


def _words(fault: Exception) -> str:
    said = next((words for kind, words in _TOLD if isinstance(fault, kind)), "cannot be read")
    return f"lacks the claim {fault.claim}" if isinstance(fault, jwt.MissingRequiredClaimError) else said


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"The token {why}.", suggestion=_ANOTHER)


def signed_tokens(replica: ReplicaPort, settings: Settings) -> SignedTokens | None:
    """Return the door for signed tokens, None where the settings name no issuer of any."""
    if settings.jwt_issuer is None or settings.jwt_audience is None:
        return None
    rules = JwtRules(
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        algorithms=settings.jwt_algorithms_allowed,
        leeway_seconds=settings.jwt_leeway_seconds,
        subject_claim=settings.jwt_subject_claim,
    )
    if settings.jwt_jwks_file is not None:
        read = file_reader(settings.jwt_jwks_file)
    else:
        read = url_reader(settings.jwt_jwks_url or "", settings.jwt_fetch_seconds)
    return SignedTokens(rules, IssuerKeys(read, key_times(settings)), replica)

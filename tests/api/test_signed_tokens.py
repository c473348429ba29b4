"""JSON Web Tokens: whom they let in, and every way in which one that looks like such a token lets nobody in."""

import base64
import json
from collections.abc import Mapping
from datetime import date, timedelta
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from graph_api.api.admission import Admission
from graph_api.api.auth import Gatekeeper
from graph_api.api.issuer_keys import IssuerKeys, KeyTimes
from graph_api.api.signed import JwtRules, SignedTokens
from graph_api.kernel.errors import Unauthenticated, Unavailable
from graph_api.kernel.records import upsert
from graph_api.organization.model import Person
from graph_api.projection.replica import utc_now
from tests.api.organization import TOKEN
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.memory_replica import MemoryReplica

FAR_AHEAD = 4_102_444_800
"""2100-01-01: no clock is read while tests are collected, as all workers must collect the same ones."""
LEEWAY_SECONDS = 60.0
TODAY = utc_now().date()
PEOPLE = (
    Person(id="person:ada", name="Ada"),
    Person(id="person:last", name="Last", last_day=TODAY + timedelta(days=1)),
    Person(id="person:left", name="Left", last_day=TODAY - timedelta(days=1)),
)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    """An issuer with a key of each kind."""
    return Issuer(first="ES256", rsa="RS256", pss="PS256", ed="EdDSA", other="RS512")


def door(issuer: Issuer, replica: MemoryReplica | None = None, **rules: Any) -> SignedTokens:
    taken: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": frozenset({"ES256", "RS256", "PS256", "EdDSA"}),
        "leeway_seconds": LEEWAY_SECONDS,
        "subject_claim": "sub",
    }
    keys = IssuerKeys(issuer.read, KeyTimes(fetch=5, kept=300, kept_max=3600, pause=10))
    return SignedTokens(JwtRules(**taken | rules), keys, replica or MemoryReplica(*PEOPLE))


async def admitted(tokens: SignedTokens, token: str) -> Admission:
    admission = await tokens.admit(token)
    assert admission is not None
    return admission


def left(admission: Admission) -> float:
    """Return the seconds until an admission ends by itself."""
    seconds = admission.stand().seconds_left
    assert seconds is not None
    return seconds


async def refusal(tokens: SignedTokens, token: str) -> str:
    """Return why a token lets nobody in: in plain words, with what to do, and without the token itself."""
    with pytest.raises(Unauthenticated) as refused:
        await Gatekeeper(TOKEN, [tokens]).identify(f"Bearer {token}")
    assert refused.value.suggestion
    assert token not in str(refused.value)
    return refused.value.message


@pytest.mark.parametrize("key_id", ["first", "rsa", "pss", "ed"])
async def test_token_of_the_issuer_lets_in_whom_it_names(issuer: Issuer, key_id: str) -> None:
    admission = await admitted(door(issuer), issuer.sign(key_id=key_id))
    assert (admission.identify().id, admission.identify().name) == ("person:ada", "Ada")
    assert admission.identify().person_id == "person:ada"
    assert 590 < left(admission) <= 600 + LEEWAY_SECONDS


@pytest.mark.parametrize("actor", ["contact:kep-buyer", "integration:erp"])
async def test_contacts_and_integrations_are_no_people(issuer: Issuer, actor: str) -> None:
    identity = (await admitted(door(issuer), issuer.sign(actor))).identify()
    assert (identity.id, identity.person_id) == (actor, None)


async def test_subject_may_stand_in_another_claim(issuer: Issuer) -> None:
    tokens = door(issuer, subject_claim="actor")
    assert (await admitted(tokens, issuer.sign("auth0|77", actor="person:ada"))).identify().id == "person:ada"
    assert "lacks the claim actor" in await refusal(tokens, issuer.sign("person:ada"))


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("person:nobody", "There is no person:nobody in the organization."),
        ("person:left", "The last day of person:left was"),
        ("admin:local", "'admin:local' is nobody whom a token can stand for."),
        ("system:imports", "'system:imports' is nobody whom a token can stand for."),
        ("unit:tax", "'unit:tax' is nobody whom a token can stand for."),
        ("ada", "'ada' is nobody whom a token can stand for."),
        ("person:a b", "'person:a b' is not of the form person:key"),
        ("person:*", "'person:*' is not of the form person:key"),
        ("contact:a#member", "'contact:a#member' is not of the form contact:key"),
        ("", "'' is nobody whom a token can stand for."),
    ],
)
async def test_subject_whom_nobody_can_be_is_refused_plainly(issuer: Issuer, subject: str, why: str) -> None:
    assert why in await refusal(door(issuer), issuer.sign(subject))


async def test_person_is_let_in_up_to_the_last_day(issuer: Issuer) -> None:
    assert (await admitted(door(issuer), issuer.sign("person:last"))).identify().id == "person:last"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://other.example/"}, "comes from another issuer"),
        ({"iss": ISSUER.rstrip("/")}, "comes from another issuer"),
        ({"iss": None}, "lacks the claim iss"),
        ({"aud": "somebody else"}, "is meant for somebody else"),
        ({"aud": ["a", "b"]}, "is meant for somebody else"),
        ({"aud": None}, "lacks the claim aud"),
        ({"exp": None}, "lacks the claim exp"),
        ({"exp": "soon"}, "cannot be read"),
        ({"sub": None}, "lacks the claim sub"),
        ({"sub": 7}, "cannot be read"),
        ({"nbf": FAR_AHEAD}, "is not valid yet"),
        ({"iat": FAR_AHEAD}, "is not valid yet"),
    ],
    ids=str,
)
async def test_claims_that_are_not_for_us_let_nobody_in(issuer: Issuer, claims: Mapping[str, Any], why: str) -> None:
    assert why in await refusal(door(issuer), issuer.sign(**claims))


async def test_audience_may_be_one_of_several(issuer: Issuer) -> None:
    assert (await admitted(door(issuer), issuer.sign(aud=["other", AUDIENCE]))).identify().id == "person:ada"


@pytest.mark.parametrize("over", [1, LEEWAY_SECONDS / 2])
async def test_expired_token_is_let_in_within_the_leeway(issuer: Issuer, over: float) -> None:
    admission = await admitted(door(issuer), issuer.sign(exp=int(time() - over)))
    assert 0 < left(admission) < LEEWAY_SECONDS
    admission.identify()


@pytest.mark.parametrize("over", [LEEWAY_SECONDS + 2, 3600, 10**9])
async def test_expired_token_is_refused_beyond_the_leeway(issuer: Issuer, over: float) -> None:
    assert "has expired" in await refusal(door(issuer), issuer.sign(exp=int(time() - over)))


@pytest.mark.parametrize("exp", [2**62, 10**400], ids=["far", "farther"])
async def test_token_that_ends_in_no_time_is_let_in_like_any_other(issuer: Issuer, exp: int) -> None:
    assert left(await admitted(door(issuer), issuer.sign(exp=exp))) > 10**9


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any] | None = None, signature: bytes = b"") -> str:
    """Write a token by hand, whatever a library would say to it."""
    whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time()) + 600, "sub": "person:ada"}
    parts = [json.dumps(header).encode(), json.dumps(claims or whole).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def shared_secrets(issuer: Issuer) -> dict[str, bytes]:
    """Return what is public of a key, in every form that a careless checker would take for a secret."""
    public = issuer.private["rsa"].public_key()
    (published,) = (key for key in issuer.published if key["kid"] == "rsa")
    return {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "PKCS1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(published).encode(),
        "modulus": published["n"].encode(),
        "nothing": b"",
    }


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["PEM", "PKCS1", "DER", "JWK", "modulus", "nothing"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_public_key_is_no_shared_secret(issuer: Issuer, form: str, algorithm: str) -> None:
    signing = unsigned({"alg": algorithm, "kid": "rsa", "typ": "JWT"}).rpartition(".")[0]
    maker = jwt.get_algorithm_by_name(algorithm)
    digest = maker.sign(signing.encode(), shared_secrets(issuer)[form])
    token = f"{signing}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert f"is signed by '{algorithm}', which is not taken" in await refusal(door(issuer), token)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 7, ["none"], {"alg": "none"}, "RS512"])
@pytest.mark.parametrize("signature", [b"", b"x"])
async def test_algorithm_that_is_not_taken_lets_nobody_in(issuer: Issuer, algorithm: Any, signature: bytes) -> None:
    token = unsigned({"alg": algorithm, "kid": "first"}, signature=signature)
    assert "which is not taken" in await refusal(door(issuer), token)


async def test_key_of_an_algorithm_that_is_not_taken_lets_nobody_in(issuer: Issuer) -> None:
    assert "is signed by 'RS512', which is not taken" in await refusal(door(issuer), issuer.sign(key_id="other"))


@pytest.mark.parametrize(("algorithm", "key_id"), [("RS256", "pss"), ("PS256", "rsa"), ("ES256", "rsa")])
async def test_algorithm_is_that_of_the_key(issuer: Issuer, algorithm: str, key_id: str) -> None:
    private = issuer.private["first" if algorithm == "ES256" else key_id]
    token = jwt.encode({"sub": "person:ada"}, private, algorithm, {"kid": key_id})
    assert "is signed by another algorithm than that of its key" in await refusal(door(issuer), token)


async def test_secret_that_is_published_by_mistake_signs_nothing(issuer: Issuer) -> None:
    careless = Issuer(first="ES256")
    careless.published.append({"kty": "oct", "kid": "shared", "k": "c2VjcmV0" * 8, "alg": "HS256"})
    token = jwt.encode({"sub": "person:ada"}, "secret" * 8, "HS256", {"kid": "shared"})
    tokens = door(careless, algorithms=frozenset({"ES256", "HS256"}))
    assert "by a key that its issuer does not publish" in await refusal(tokens, token)


async def test_key_that_encrypts_checks_no_signature() -> None:
    other = Issuer(first="ES256", second="ES256")
    other.published[1]["use"] = "enc"
    assert "by a key that its issuer does not publish" in await refusal(door(other), other.sign(key_id="second"))


async def test_key_that_comes_with_the_token_is_no_key_of_the_issuer(issuer: Issuer) -> None:
    stranger = Issuer(first="ES256")
    headers = {"kid": "first", "jwk": stranger.published[0], "jku": "https://stranger.example/", "x5u": "https://x/"}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time()) + 600, "sub": "person:ada"}
    token = jwt.encode(claims, stranger.private["first"], "ES256", headers)
    assert "bears a signature that does not hold" in await refusal(door(issuer), token)


async def test_key_that_is_too_short_lets_nobody_in() -> None:
    short = Issuer(first="RS256")
    short.private["first"] = rsa.generate_private_key(65537, 1024)
    public = short.private["first"].public_key()
    short.published = [RSAAlgorithm.to_jwk(public, as_dict=True) | {"kid": "first"}]
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = short.sign()
    assert "cannot be read" in await refusal(door(short), token)


async def test_signature_of_another_text_does_not_hold(issuer: Issuer) -> None:
    mine, hers = issuer.sign("contact:me").split("."), issuer.sign("person:ada").split(".")
    assert "bears a signature that does not hold" in await refusal(door(issuer), ".".join([*hers[:2], mine[2]]))


async def test_signature_is_asked_for_before_any_claim_is_believed(issuer: Issuer) -> None:
    forged = unsigned({"alg": "ES256", "kid": "first"}, {"sub": "person:nobody", "exp": 1}, b"x" * 64)
    assert "bears a signature that does not hold" in await refusal(door(issuer), forged)


MALFORMED = ["..", "a.b.c", "a.b.c.d", ". . .", "{}.{}.{}", "é.é.é", "\udcff.b.c", "e30.e30.e30", "bnVsbA.e30.x",
             f"{base64.urlsafe_b64encode(b'[' * 40_000).decode().rstrip('=')}.e30.eA"]  # fmt: skip


@pytest.mark.parametrize("token", MALFORMED, ids=lambda token: ascii(token[:20]))
async def test_malformed_token_is_refused_like_any_other(issuer: Issuer, token: str) -> None:
    assert await refusal(door(issuer), token)


@pytest.mark.parametrize("key_id", [7, None, ["first"], {"a": 1}])
async def test_id_of_a_key_that_is_no_text_is_refused(issuer: Issuer, key_id: Any) -> None:
    token = unsigned({"alg": "ES256", "kid": key_id}, signature=b"x" * 64)
    assert await refusal(door(issuer), token)


async def test_critical_header_that_is_unknown_is_refused(issuer: Issuer) -> None:
    token = unsigned({"alg": "ES256", "kid": "first", "crit": ["exp"]}, signature=b"x" * 64)
    assert "cannot be read" in await refusal(door(issuer), token)


async def test_only_key_needs_no_name_and_one_of_several_does(issuer: Issuer) -> None:
    single = Issuer(first="ES256")
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time()) + 600, "sub": "person:ada"}
    token = jwt.encode(claims, single.private["first"], "ES256")
    assert (await admitted(door(single), token)).identify().id == "person:ada"
    single.add("second")
    assert "by a key that its issuer does not publish" in await refusal(door(single), token)


async def test_other_kinds_of_tokens_are_left_to_other_doors(issuer: Issuer) -> None:
    assert [await door(issuer).admit(token) for token in (TOKEN, "swarmgraph_x", "a.b", "")] == [None] * 4


async def test_r9_replica_that_is_cut_off_lets_nobody_in(issuer: Issuer) -> None:
    replica = MemoryReplica(*PEOPLE)
    replica.is_fresh = False
    with pytest.raises(Unavailable):
        await door(issuer, replica).admit(issuer.sign())


async def test_admission_ends_with_the_person(issuer: Issuer) -> None:
    replica = MemoryReplica(*PEOPLE)
    admission = await admitted(door(issuer, replica), issuer.sign())
    admission.identify()
    ada = Person(id="person:ada", name="Ada", last_day=date(2020, 1, 1))
    replica.graph.apply([upsert(ada)])
    with pytest.raises(Unauthenticated, match="The last day of person:ada was 2020-01-01"):
        admission.identify()

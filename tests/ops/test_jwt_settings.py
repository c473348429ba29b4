"""Settings of signed tokens: all that is needed or nothing, and nothing that would let a stranger in."""

from pathlib import Path
from typing import Any

import pytest

from graph_api.kernel.errors import SettingsError
from graph_api.ops.settings import SIGNING_ALGORITHMS, load_settings

WHOLE: dict[str, Any] = {
    "jwt_issuer": "https://issuer.example/",
    "jwt_audience": "swarmgraph",
    "jwt_jwks_url": "https://issuer.example/keys",
}


def refusal(**settings: Any) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        load_settings(**settings)
    assert "docs/settings.md" in refused.value.suggestion
    return refused.value


def test_no_issuer_is_trusted_unless_one_is_named() -> None:
    settings = load_settings()
    assert (settings.jwt_issuer, settings.jwt_audience, settings.jwt_jwks_url, settings.jwt_jwks_file) == (None,) * 4


def test_issuer_audience_and_keys_are_named_together() -> None:
    assert load_settings(**WHOLE).jwt_jwks_url == "https://issuer.example/keys"
    from_file = {name: value for name, value in WHOLE.items() if name != "jwt_jwks_url"}
    assert load_settings(**from_file, jwt_jwks_file=Path("keys.json")).jwt_jwks_file == Path("keys.json")


@pytest.mark.parametrize("missing", WHOLE)
@pytest.mark.parametrize("how", ["left out", "empty"])
def test_half_of_what_is_needed_is_refused_by_name(missing: str, how: str) -> None:
    half = {name: value for name, value in WHOLE.items() if name != missing}
    fault = refusal(**half, **({missing: ""} if how == "empty" else {}))
    assert fault.place == (f"SWARMGRAPH_{missing.upper()}",)
    assert "it is missing" in fault.message


def test_variables_are_read_like_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(f"SWARMGRAPH_{name.upper()}", value)
    monkeypatch.setenv("SWARMGRAPH_JWT_ALGORITHMS", "ES256, RS256")
    assert load_settings().jwt_algorithms_allowed == {"ES256", "RS256"}
    monkeypatch.delenv("SWARMGRAPH_JWT_ISSUER")
    assert refusal().place == ("SWARMGRAPH_JWT_ISSUER",)


def test_keys_come_from_one_place() -> None:
    fault = refusal(**WHOLE, jwt_jwks_file=Path("keys.json"))
    assert fault.place == ("SWARMGRAPH_JWT_JWKS_FILE",)
    assert "SWARMGRAPH_JWT_JWKS_URL is set as well" in fault.message


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/keys", "file:///etc/passwd", "ftp://issuer.example/", "issuer.example", "https://",
        "http://127.0.0.1.example/", "http://[::1", "data:,x",
    ],
)  # fmt: skip
def test_keys_are_fetched_over_a_line_that_can_be_trusted(url: str) -> None:
    assert "it is no https address" in refusal(**WHOLE | {"jwt_jwks_url": url}).message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]:80/keys"])
def test_keys_of_this_machine_need_no_encryption(url: str) -> None:
    assert load_settings(**WHOLE | {"jwt_jwks_url": url}).jwt_jwks_url == url


@pytest.mark.parametrize("algorithms", ["HS256", "none", "None", "ES256,HS512", "ES256K", "es256", "RS256;ES256", "x"])
def test_algorithm_that_anybody_could_sign_by_is_refused(algorithms: str) -> None:
    fault = refusal(jwt_algorithms=algorithms)
    assert fault.place == ("SWARMGRAPH_JWT_ALGORITHMS",)
    assert "is none of ES256, ES384" in fault.message


@pytest.mark.parametrize("algorithms", ["", " , "])
def test_no_algorithm_at_all_is_refused(algorithms: str) -> None:
    assert "none is named of" in refusal(jwt_algorithms=algorithms).message


def test_every_algorithm_that_may_be_named_is_one_of_private_keys() -> None:
    assert load_settings(jwt_algorithms=",".join(SIGNING_ALGORITHMS)).jwt_algorithms_allowed == SIGNING_ALGORITHMS
    assert not any(name.lower() == "none" or name.startswith("HS") for name in SIGNING_ALGORITHMS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwt_leeway_seconds", -1), ("jwt_fetch_seconds", 0), ("jwt_keys_seconds", 0), ("jwt_refetch_seconds", -1),
        ("jwt_subject_claim", ""),
    ],
)  # fmt: skip
def test_number_that_makes_no_sense_is_refused(name: str, value: Any) -> None:
    assert f"SWARMGRAPH_{name.upper()}" in refusal(**{name: value}).message

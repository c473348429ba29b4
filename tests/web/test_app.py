"""Who may pass, what surrounds every answer, health, and the query editor."""

import hashlib
import logging
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graph_api.api.auth import Gatekeeper, local_token
from graph_api.kernel.errors import SettingsError, Unauthenticated, Unavailable
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.web import app as web
from graph_api.web.middleware import host_name
from tests.api.organization import TOKEN, records, service_on
from tests.support.memory_replica import MemoryReplica
from tests.support.state_permissions import StatePermissions
from tests.web.client import client, codes

STATIC = Path(web.__file__).parent / "static" / "graphiql"
QUESTION = {"query": "{ viewer { id } }"}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff", TOKEN],
)
async def test_nobody_passes_without_the_token(authorization: str) -> None:
    async with client() as http:
        headers = [(b"authorization", authorization.encode("latin-1"))]
        answer = await http.post("/graphql", json=QUESTION, headers=headers)
    assert (answer.status_code, codes(answer)) == (401, {"UNAUTHENTICATED"})
    assert TOKEN not in answer.text


async def test_a_request_without_any_header_is_unauthenticated() -> None:
    async with client() as http:
        del http.headers["authorization"]
        answer = await http.post("/graphql", json=QUESTION, headers={"accept": "application/json"})
    assert (answer.status_code, codes(answer)) == (401, {"UNAUTHENTICATED"})


async def test_the_gatekeeper_knows_the_token_by_its_hash_only() -> None:
    gatekeeper = Gatekeeper(TOKEN)
    assert (await gatekeeper.identify(f"bearer {TOKEN}")).id == "admin:local"
    assert TOKEN not in repr(vars(gatekeeper))
    with pytest.raises(Unauthenticated):
        await gatekeeper.identify(None)


def test_the_local_token_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(local_token, [folder] * 40))
    assert len(tokens) == 1
    assert len(tokens.pop()) >= 43
    assert stat.S_IMODE((folder / "token").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["token"]


def test_a_token_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    token = local_token(tmp_path)
    (tmp_path / "token").chmod(0o644)
    assert local_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_an_empty_token_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SettingsError):
        local_token(tmp_path)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8020", 200),
        ("127.0.0.1:8020", 200),
        ("[::1]:8020", 200),
        ("swarm.example.", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example:8020", 403),
        ("", 403),
    ],
)
async def test_only_our_own_names_are_answered(host: str, status: int) -> None:
    async with client(host_names="swarm.example, other.example") as http:
        for path in ("/graphql?query={viewer{id}}", "/", "/health/live"):
            assert (await http.get(path, headers={"host": host})).status_code == status


def test_names_are_read_from_every_form_of_host() -> None:
    assert [host_name(one) for one in ("A.b:1", "[::1]:5", "[::1]", "x.")] == ["a.b", "::1", "::1", "x"]


async def test_every_answer_carries_what_browsers_heed() -> None:
    async with client() as http:
        answers = [
            await http.get(path) for path in ("/", "/health/live", "/graphql", "/nothing", "/static/graphiql/page.js")
        ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "://" not in policy
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_health_needs_no_token_and_says_why_it_is_not_ready() -> None:
    replica = MemoryReplica(*records())
    async with client(service_on(replica)) as http:
        del http.headers["authorization"]
        live, ready = await http.get("/health/live"), await http.get("/health/ready")
        replica.is_fresh = False
        stale = await http.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"live": True})
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    assert stale.status_code == 503
    assert stale.json() == {"ready": False, "reasons": ["This replica has not reached the log. Try again."]}


class Missing(StatePermissions):
    """Permissions of which a replica lost sight, as where it could not follow the log."""

    @property
    def graph(self) -> PermissionGraph:
        raise Unavailable("No authorization model is live.")


async def test_a_service_that_nobody_may_ask_anything_is_not_ready() -> None:
    replica = MemoryReplica(*records())
    async with client(service_on(replica, permissions=Missing(replica))) as http:
        ready = await http.get("/health/ready")
        people = await http.post("/graphql", json={"query": "{ people { totalCount } }"})
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["No authorization model is live."])
    assert codes(people) == {"UNAVAILABLE"}


async def test_what_is_not_there_is_told_with_a_code() -> None:
    async with client() as http:
        for path in ("/nothing", "/graphql/", "/static/", "/static/graphiql/../../app.py", "/static/%2e%2e/app.py"):
            answer = await http.get(path)
            assert (path, answer.status_code, codes(answer)) == (path, 404, {"NOT_FOUND"})


class Addresses(HTMLParser):
    """Collects every address that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "action", "data", "srcset"}]


async def test_the_editor_loads_nothing_from_a_foreign_host() -> None:
    async with client() as http:
        del http.headers["authorization"]
        page = await http.get("/")
        addresses = Addresses()
        addresses.feed(page.text)
        loaded = [one for one in addresses.found if not one.startswith("data:")]
        assert len(loaded) >= 5
        for address in loaded:
            assert address.startswith("/static/")
            part = await http.get(address)
            assert part.status_code == 200
            if address.endswith(".css"):
                urls = re.findall(r"url\(\s*[\"']?([^\"')]{0,40})", part.text)
                assert [url for url in urls if not url.startswith(("data:", "#"))] == []
                assert "@import" not in part.text
    assert "<script>" not in page.text
    assert " style=" not in page.text


def test_our_part_of_the_editor_names_no_address() -> None:
    for name in ("index.html", "page.js", "page.css"):
        assert "://" not in (STATIC / name).read_text(encoding="utf-8")


def test_shipped_files_are_those_that_the_table_names() -> None:
    table = dict(
        re.findall(r"^\| (\S+\.(?:js|css)) \|.*\| ([0-9a-f]{64}) \|$", (STATIC / "README.md").read_text(), re.MULTILINE)
    )
    assert table == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in STATIC.iterdir()
        if path.suffix in {".js", ".css"} and not path.name.startswith("page.")
    }


async def test_the_access_log_tells_neither_query_nor_token(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="graph_api"):
        async with client() as http:
            await http.get("/graphql", params={"query": "{ secretField }"})
            await http.get("/a%0Ab")
    lines = [record.getMessage() for record in caplog.records if record.name == "graph_api.web.middleware"]
    assert re.fullmatch(r"GET '/graphql' was answered with 400 in [\d.]+ ms, \d+ bytes\.", lines[0])
    assert "secretField" not in caplog.text
    assert TOKEN not in caplog.text
    assert "\n" not in lines[1]

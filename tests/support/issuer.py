"""An issuer of signed tokens, with keys that are made here."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example/"
AUDIENCE = "swarmgraph"


def _ec() -> tuple[Any, dict[str, Any]]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


def _rsa() -> tuple[Any, dict[str, Any]]:
    key = rsa.generate_private_key(65537, 2048)
    return key, RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


def _ed() -> tuple[Any, dict[str, Any]]:
    key = ed25519.Ed25519PrivateKey.generate()
    return key, OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)


_MAKERS: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "ES256": _ec, "RS256": _rsa, "RS512": _rsa, "PS256": _rsa, "EdDSA": _ed
}  # fmt: skip


class Issuer:
    """Publishes keys, signs tokens, and counts how often its keys were read."""

    def __init__(self, **algorithms: str) -> None:
        self.reads = 0
        self.private: dict[str, Any] = {}
        self.algorithms: dict[str, str] = {}
        self.published: list[dict[str, Any]] = []
        for key_id, algorithm in algorithms.items():
            self.add(key_id, algorithm)

    def add(self, key_id: str, algorithm: str = "ES256") -> None:
        """Make a key and publish it."""
        self.private[key_id], public = _MAKERS[algorithm]()
        self.algorithms[key_id] = algorithm
        self.published.append(public | {"kid": key_id, "alg": algorithm, "use": "sig"})

    def key_set(self) -> bytes:
        return json.dumps({"keys": self.published}).encode()

    def read(self) -> bytes:
        self.reads += 1
        return self.key_set()

    def sign(self, subject: Any = "person:ada", *, key_id: str = "first", **claims: Any) -> str:
        """Sign a token for a subject; a claim that is None is left out."""
        whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time()) + 600, "sub": subject} | claims
        told = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(told, self.private[key_id], self.algorithms[key_id], {"kid": key_id})


class Publisher(BaseHTTPRequestHandler):
    """Answers on this machine: with keys, a redirect, a failure, or more than anybody wants."""

    keys = b""

    def do_GET(self) -> None:
        status = {"/moved": 302, "/failing": 500}.get(self.path, 200)
        body = b" " * 1_100_000 if self.path == "/endless" else self.keys
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/keys")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def publishing(issuer: Issuer) -> Generator[str]:
    """Publish the keys of an issuer on a free port of this machine."""
    handler = type("Handler", (Publisher,), {"keys": issuer.key_set()})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

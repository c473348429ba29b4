"""Who may pass: the local administrator's token, made at first start and kept in a file that only its owner reads."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from graph_api.kernel.errors import SettingsError, Unauthenticated
from graph_api.organization.graphql.request import Identity

TOKEN_FILE: Final = "token"  # noqa: S105  # the name of a file, not a secret
TOKEN_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
LOCAL_ADMINISTRATOR: Final = Identity(id="admin:local", name="Local administrator")


class Gatekeeper:
    """Lets those pass who bring the token; it keeps only the token's hash."""

    def __init__(self, token: str) -> None:
        self._hash = _hash(token)

    def identify(self, authorization: str | None) -> Identity:
        """Return who an Authorization header stands for; raises Unauthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(_hash(token.strip()), self._hash):
            raise Unauthenticated(
                "No valid token came with the request.",
                suggestion="Send `Authorization: Bearer` and the token that stands in the link printed at the start.",
            )
        return LOCAL_ADMINISTRATOR


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def local_token(data_dir: Path) -> str:
    """Return the local administrator's token, making it where there is none; raises SettingsError."""
    path = data_dir / TOKEN_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    if path.stat().st_mode & _OTHERS:
        path.chmod(_OWNER_ONLY)
    token = path.read_text(encoding="ascii").strip()
    if len(token) < TOKEN_BYTES:
        raise SettingsError(f"The file {path} holds no token.", suggestion="Remove it; a new one is made at the start.")
    return token


def _make(path: Path) -> None:
    """Write a token beside the place and link it there whole: of several processes at once, the first one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(file, "w", encoding="ascii") as opened:
        opened.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

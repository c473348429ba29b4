"""Who may pass: the local administrator's token, and every other kind of token that is given a door here.

The local token is made at first start and kept in a file that only its owner reads.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from graph_api.api.admission import Admission, Standing
from graph_api.kernel.errors import SettingsError, Unauthenticated
from graph_api.organization.graphql.request import Identity

TOKEN_FILE: Final = "token"  # noqa: S105  # the name of a file, not a secret
TOKEN_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
LOCAL_ADMINISTRATOR: Final = Identity(id="admin:local", name="Local administrator")


class Door(Protocol):
    """One kind of tokens."""

    async def admit(self, token: str) -> Admission | None:
        """Return whom a token of this kind lets in, None for a token of another kind.

        Raises Unauthenticated where it is of this kind and lets nobody in, Unavailable where that cannot be told now.
        """
        ...


class Gatekeeper:
    """Lets those pass who bring a token; of the local one it keeps only the hash. Every door of ours asks here."""

    def __init__(self, token: str, doors: Sequence[Door] = ()) -> None:
        self._hash = _hash(token)
        self._doors = doors

    async def identify(self, authorization: str | None) -> Identity:
        """Return who an Authorization header stands for; raises Unauthenticated, Unavailable."""
        return (await self.admit(authorization)).identify()

    async def admit(self, authorization: str | None) -> Admission:
        """Return who an Authorization header stands for, and for how long; raises Unauthenticated, Unavailable."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer" and token:
            if hmac.compare_digest(_hash(token), self._hash):
                return Admission(lambda: Standing(LOCAL_ADMINISTRATOR))
            for door in self._doors:
                if (admission := await door.admit(token)) is not None:
                    return admission
        raise Unauthenticated(
            "No valid token came with the request.",
            suggestion="Send `Authorization: Bearer` and the token that stands in the link printed at the start, or "
            "one that `swarmgraph token create` made.",
        )


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

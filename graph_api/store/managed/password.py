"""The password of the managed server: made once, kept in a file that only this user may read."""

# The driver leaves its keyword options untyped.
# pyright: reportUnknownMemberType=false

import os
import secrets
from pathlib import Path
from typing import Final, LiteralString

import neo4j
from neo4j.exceptions import AuthError

from graph_api.store.managed.faults import ServerFailed

USERNAME: Final = "neo4j"
_FIRST_PASSWORD: Final = "neo4j"  # noqa: S105  # Neo4j's own default, replaced before anybody is told the address
_MODE: Final = 0o600
_BYTES: Final = 24
_CONNECT_SECONDS: Final = 5.0


def read_or_make_password(path: Path) -> str:
    """Return the password, made at the first call; other users lose the right to read it where they had it."""
    if not path.exists():
        _write(path, secrets.token_urlsafe(_BYTES))
    if path.stat().st_mode & 0o777 != _MODE:
        path.chmod(_MODE)
    return path.read_text().strip()


def settle_password(uri: str, password: str, path: Path) -> None:
    """Make the password of the file the server's, where the server still has its first one.

    A kill between writing the file and telling the server is mended at the next start, since both are tried. Raises
    ServerFailed where neither is right; errors of the driver say that the server is not up yet.
    """
    try:
        _run(uri, password, "RETURN 1", "neo4j")
    except AuthError:
        _replace_first_password(uri, password, path)


def _replace_first_password(uri: str, password: str, path: Path) -> None:
    statement: LiteralString = "ALTER CURRENT USER SET PASSWORD FROM $first TO $new"
    try:
        _run(uri, _FIRST_PASSWORD, statement, "system", {"first": _FIRST_PASSWORD, "new": password})
    except AuthError as fault:
        raise ServerFailed(
            f"The managed server does not take the password in {path}.",
            suggestion="Put the right password into that file, or choose another data folder with --data-dir.",
        ) from fault


def _run(
    uri: str, password: str, statement: LiteralString, database: str, parameters: dict[str, str] | None = None
) -> None:
    with neo4j.GraphDatabase.driver(
        uri,
        auth=(USERNAME, password),
        connection_timeout=_CONNECT_SECONDS,
        max_transaction_retry_time=0,
        telemetry_disabled=True,
    ) as driver:
        driver.execute_query(statement, parameters, database_=database)


def _write(path: Path, password: str) -> None:
    draft = path.with_name("password.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w") as file:
        file.write(password)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

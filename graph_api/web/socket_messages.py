"""The messages of graphql-transport-ws: what may be said, what is said back, and with which codes a socket ends."""

from typing import Any, Final, TypeAlias

import msgspec

from graph_api.api.door import Question

PROTOCOL: Final = "graphql-transport-ws"
_REASON_MAX_BYTES: Final = 120
"""A WebSocket takes reasons of at most 123 bytes."""


class CloseCode:
    """Why a socket is closed by us."""

    BAD_MESSAGE: Final = 4400
    UNAUTHENTICATED: Final = 4401
    FORBIDDEN: Final = 4403
    WRONG_PROTOCOL: Final = 4406
    NO_INIT: Final = 4408
    ID_IN_USE: Final = 4409
    INIT_AGAIN: Final = 4429
    FAULT: Final = 4500
    UNAVAILABLE: Final = 4503


class Closing(Exception):
    """The socket is to be closed, for this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_MAX_BYTES].decode(errors="ignore")


class ConnectionInit(msgspec.Struct, frozen=True, tag="connection_init"):
    """The first message; its payload may hold the token as a header would."""

    payload: dict[str, Any] | None = None

    @property
    def authorization(self) -> Any:
        """What stands under `authorization`, however that is written; None where nothing does."""
        named = {name.lower(): value for name, value in (self.payload or {}).items()}
        return named.get("authorization")


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Asks for a pong."""

    payload: dict[str, Any] | None = None


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """Answers a ping, or just tells that the client is there."""

    payload: dict[str, Any] | None = None


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe"):
    """Begins an operation, of any kind, under an id that no other one on the socket has."""

    id: str
    payload: Question


class Complete(msgspec.Struct, frozen=True, tag="complete"):
    """Ends an operation."""

    id: str


Said: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete
_DECODER: Final[msgspec.json.Decoder[Said]] = msgspec.json.Decoder(Said)


def read(text: str | None) -> Said:
    """Read a message of a client; raises Closing where it is none."""
    if text is None:
        raise Closing(CloseCode.BAD_MESSAGE, "Messages are texts.")
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError) as fault:
        raise Closing(CloseCode.BAD_MESSAGE, f"This is no message of the protocol: {fault}.") from fault
    except RecursionError as fault:
        raise Closing(CloseCode.BAD_MESSAGE, "The message is nested too deeply.") from fault


def written(kind: str, **more: Any) -> str:
    """Write a message to a client."""
    return msgspec.json.encode({"type": kind, **more}).decode()

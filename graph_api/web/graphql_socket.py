"""Operations of every kind over WebSocket at /graphql, by the protocol graphql-transport-ws.

The door is the same as over HTTP: the same token, limits, codes and masked faults. Strawberry's own handler is not
used, as it tells errors as they are, closes the socket for a syntax error, and shares one context among operations.
"""

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import Any, Final, NoReturn

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from graph_api.api.admission import Admission
from graph_api.api.door import Answer, Question, answers, refusal
from graph_api.api.service import ApiService
from graph_api.kernel.errors import Internal, RateLimited, Unauthenticated, Unavailable
from graph_api.organization.graphql.request import Identity
from graph_api.web.operations import Operations
from graph_api.web.socket_messages import (
    PROTOCOL,
    CloseCode,
    Closing,
    Complete,
    ConnectionInit,
    Ping,
    Pong,
    Said,
    Subscribe,
    read,
    written,
)

_log: Final = logging.getLogger(__name__)
_TOO_MANY: Final = 429
_NO_CODE: Final = 1005
_LOST: Final = 1006


class GraphQLSockets:
    """All sockets of one service."""

    def __init__(self, service: ApiService) -> None:
        self._service = service
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it ends."""
        socket = WebSocket(scope, receive, send)
        most = self._service.settings.sockets_max
        if self._open >= most:
            fault = RateLimited(f"{most} sockets are open already.", suggestion="Try again later, or close some.")
            await socket.send_denial_response(JSONResponse(refusal(fault).body, _TOO_MANY))
            return
        self._open += 1
        try:
            await _Session(self._service, socket).run()
        finally:
            self._open -= 1


class _Session:
    """One socket: who asks, and what is under way."""

    def __init__(self, service: ApiService, socket: WebSocket) -> None:
        self._service = service
        self._socket = socket
        self._admission: Admission | None = None
        self._operations = Operations()

    async def run(self) -> None:
        """Accept the socket, heed what is said on it, and leave nothing running."""
        offered = PROTOCOL in self._socket.scope["subprotocols"]
        await self._socket.accept(PROTOCOL if offered else None)
        try:
            closing = await self._reason_to_close(offered=offered)
        finally:
            await self._operations.close()
        if closing is not None:
            with suppress(RuntimeError, WebSocketDisconnect):  # it is gone already
                await self._socket.close(closing.code, closing.reason)

    async def _reason_to_close(self, *, offered: bool) -> Closing | None:
        try:
            await self._converse(offered=offered)
        except Closing as closing:
            return closing
        except WebSocketDisconnect:
            return None
        except Exception:  # noqa: BLE001  # likewise the last door, for what is said about no operation
            _log.exception("A socket failed.")
            return Closing(CloseCode.FAULT, "A fault of ours; it stands in the log.")

    async def _converse(self, *, offered: bool) -> NoReturn:
        """Heed what is said until the client goes; raises Closing, WebSocketDisconnect."""
        if not offered:
            raise Closing(CloseCode.WRONG_PROTOCOL, f"Only the protocol {PROTOCOL} is spoken here.")
        try:
            async with asyncio.timeout(self._service.settings.socket_init_seconds):
                while self._admission is None:
                    await self._heed(await self._hear())
        except TimeoutError as fault:
            raise Closing(CloseCode.NO_INIT, "No connection_init came in time.") from fault
        try:
            async with self._service.admissions.during(self._admission):
                while True:
                    await self._heed(await self._hear())
        except Unauthenticated as fault:
            raise Closing(CloseCode.FORBIDDEN, fault.message) from fault

    async def _hear(self) -> Said:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", _NO_CODE))
        return read(message.get("text"))

    async def _say(self, kind: str, **more: Any) -> None:
        try:
            await self._socket.send_text(written(kind, **more))
        except RuntimeError as fault:  # it was closed in the meantime
            raise WebSocketDisconnect(_LOST) from fault

    async def _heed(self, said: Said) -> None:
        match said:
            case ConnectionInit():
                await self._greet(said)
            case Ping():
                await self._say("pong", **({} if said.payload is None else {"payload": said.payload}))
            case Pong():
                pass
            case Subscribe():
                await self._begin(said)
            case Complete():
                self._operations.stop(said.id)

    async def _greet(self, init: ConnectionInit) -> None:
        if self._admission is not None:
            raise Closing(CloseCode.INIT_AGAIN, "Too many initialisation requests")
        given = init.authorization
        authorization = self._socket.headers.get("authorization") if given is None else str(given)
        try:
            self._admission = await self._service.gatekeeper.admit(authorization)
        except Unauthenticated as fault:
            code = CloseCode.UNAUTHENTICATED if authorization is None else CloseCode.FORBIDDEN
            raise Closing(code, fault.message) from fault
        except Unavailable as fault:
            raise Closing(CloseCode.UNAVAILABLE, fault.message) from fault
        await self._say("connection_ack")

    async def _begin(self, asked: Subscribe) -> None:
        if self._admission is None:
            raise Closing(CloseCode.UNAUTHENTICATED, "Unauthorized")
        identity = self._admission.identify()
        if asked.id in self._operations:
            raise Closing(CloseCode.ID_IN_USE, f"Subscriber for {asked.id} already exists")
        most = self._service.settings.socket_operations_max
        if len(self._operations) >= most:
            fault = RateLimited(f"{most} operations are under way on this socket.", suggestion="Complete some first.")
            await self._say("error", id=asked.id, payload=refusal(fault).body["errors"])
            return
        self._operations.start(asked.id, self._operate(asked.id, asked.payload, identity))

    async def _operate(self, operation_id: str, question: Question, identity: Identity) -> None:
        """Tell the answers to one operation as they come, and its end."""
        try:
            last = await self._tell(operation_id, question, identity)
        except WebSocketDisconnect:
            return
        except Exception as fault:  # noqa: BLE001  # the last door: whoever asks gets an id, the log gets the trace
            internal = Internal(f"{type(fault).__name__}: {fault}")
            internal.__cause__ = fault
            last = refusal(internal)
        self._operations.free(operation_id)
        with suppress(WebSocketDisconnect):
            await self._end(operation_id, last)

    async def _tell(self, operation_id: str, question: Question, identity: Identity) -> Answer | None:
        """Tell every answer but one that keeps the operation from going on: that is returned."""
        async with aclosing(answers(self._service, question, identity)) as told:
            async for one in told:
                if one.codes:
                    return one
                await self._say("next", id=operation_id, payload=one.body)
        return None

    async def _end(self, operation_id: str, refused: Answer | None) -> None:
        if refused is None:
            await self._say("complete", id=operation_id)
        else:
            await self._say("error", id=operation_id, payload=refused.body["errors"])

"""POST and GET /graphql, by the GraphQL-over-HTTP draft."""

import logging
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from graph_api.api.door import Answer, OnlyReads, Question, answer, refusal
from graph_api.api.service import ApiService
from graph_api.kernel.errors import BadUserInput, Internal, QueryTooCostly, SwarmgraphError
from graph_api.web.negotiation import GRAPHQL_RESPONSE, JSON, preferred, status_of

_log: Final = logging.getLogger(__name__)
_QUESTION: Final = msgspec.json.Decoder(Question)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])
_BAD_REQUEST: Final = 400
_METHOD_NOT_ALLOWED: Final = 405
_NOT_ACCEPTABLE: Final = 406
_UNSUPPORTED: Final = 415


class GraphQLEndpoint:
    """Answers GraphQL requests of one service; whatever goes wrong is told as GraphQL tells it."""

    def __init__(self, service: ApiService) -> None:
        self._service = service

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        media_type = preferred(request.headers.get("accept"))
        if media_type is None:
            fault = BadUserInput("No media type that is accepted can be given.", suggestion=f"Accept {JSON}.")
            return _response(refusal(fault), JSON, _NOT_ACCEPTABLE)
        try:
            return await self._answer(request, media_type)
        except SwarmgraphError as fault:
            told = refusal(fault)
            return _response(told, media_type, max(_BAD_REQUEST, status_of(told, GRAPHQL_RESPONSE)))
        except ClientDisconnect:
            return Response(status_code=_BAD_REQUEST)
        except Exception as fault:  # noqa: BLE001  # the last door: whoever asks gets an id, the log gets the trace
            internal = Internal(f"{type(fault).__name__}: {fault}")
            internal.__cause__ = fault
            told = refusal(internal)
            return _response(told, media_type, status_of(told, media_type))

    async def _answer(self, request: Request, media_type: str) -> Response:
        identity = await self._service.gatekeeper.identify(request.headers.get("authorization"))
        if request.method == "POST":
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != JSON:
                fault = BadUserInput(f"A body of the type {kind[:60]!r} is not read.", suggestion=f"Send {JSON}.")
                return _response(refusal(fault), media_type, _UNSUPPORTED)
            question = await self._from_body(request)
        else:
            question = _from_parameters(request)
        try:
            told = await answer(
                self._service,
                question,
                identity,
                at_least=request.headers.get("revision-at-least"),
                may_change=request.method == "POST",
            )
        except OnlyReads as fault:
            return _response(refusal(fault), media_type, _METHOD_NOT_ALLOWED, {"allow": "POST"})
        return _response(told, media_type, status_of(told, media_type))

    async def _from_body(self, request: Request) -> Question:
        most = self._service.settings.body_max_bytes
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise QueryTooCostly(f"The body has more than {most} bytes.", suggestion="Send less at once.")
        try:
            return _QUESTION.decode(body)
        except (msgspec.DecodeError, UnicodeError) as fault:
            message = f"The body is no GraphQL request: {fault}."
            raise BadUserInput(message, suggestion='Send {"query": "...", "variables": {...}}.') from fault
        except RecursionError as fault:
            raise QueryTooCostly("The body is nested too deeply.") from fault


def _from_parameters(request: Request) -> Question:
    parameters = request.query_params
    query = parameters.get("query")
    if not query:
        raise BadUserInput("The request holds no query.", suggestion="Add ?query=... or send a POST.")
    return Question(
        query=query,
        variables=_parameter(parameters.get("variables"), "variables"),
        operation_name=parameters.get("operationName") or None,
        extensions=_parameter(parameters.get("extensions"), "extensions"),
    )


def _parameter(text: str | None, name: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise BadUserInput(f"The parameter {name} is no JSON object.") from fault


def _response(told: Answer, media_type: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(told.body),
        status,
        media_type=f"{media_type}; charset=utf-8",
        headers={"cache-control": "no-store", **(headers or {})},
    )

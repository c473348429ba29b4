"""Media types of GraphQL over HTTP, and the status codes that go with each."""

from typing import Final

from graph_api.api.door import Answer

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
_STATUS_OF_CODE: Final = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "REVISION_TIMEOUT": 503,
    "UNAVAILABLE": 503,
    "TIMEOUT": 503,
}
_ALWAYS: Final = frozenset({401, 403, 500, 503})
_BAD_REQUEST: Final = 400
_OK: Final = 200


def preferred(accept: str | None) -> str | None:
    """Return the media type that an Accept header likes best; None where it takes neither."""
    if not accept or not accept.strip():
        return GRAPHQL_RESPONSE
    wanted = [_range(part) for part in accept.split(",")]
    liking = {kind: max((_quality(kind, *one) for one in wanted), default=0.0) for kind in (GRAPHQL_RESPONSE, JSON)}
    best = max(liking, key=lambda kind: liking[kind])
    return best if liking[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return kind.lower(), float(quality)
    except ValueError:
        return kind.lower(), 0.0


def _quality(kind: str, wanted: str, quality: float) -> float:
    return quality if wanted in (kind, "*/*", "application/*") else 0.0


def status_of(answer: Answer, media_type: str) -> int:
    """Return the status: 200 for what was executed; application/json says 200 to every well-formed request."""
    if not answer.codes:
        return _OK
    status = max(_STATUS_OF_CODE.get(code, _BAD_REQUEST) for code in answer.codes)
    return status if media_type == GRAPHQL_RESPONSE or status in _ALWAYS else _OK

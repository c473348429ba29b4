"""What can be wrong with the tuples of a request: each problem has its place, a code, and OpenFGA's number."""

from collections.abc import Iterator
from datetime import datetime

from graph_api.kernel.commands import Problem
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.live_model import ReadModel
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.records import context_text
from graph_api.permission.tuples import RelationshipTuple, TupleKey, UserKind, kind_of, object_type, user_kind
from graph_api.permission.validation import RELATION_NAME

Path = tuple[str, ...]


def check_tuple(live: ReadModel, each: RelationshipTuple, path: Path, at: datetime) -> Iterator[Problem]:
    """Yield a problem where the live model does not allow a tuple, or it cannot be stored, or is over already."""
    if (fault := _fault(live, each)) is not None:
        yield Problem((*path, *_place(live.model, each)), "INVALID_TUPLE", _numbered(fault), fault.suggestion)
        return
    yield from _check_storable(each, path)
    if each.expires_at is not None and each.expires_at <= at:
        message = f"The tuple would expire at {each.expires_at.isoformat()}, which is over."
        yield Problem((*path, "expiresAt"), "EXPIRED", message, "Give a later instant, or none.")


def check_name(key: TupleKey, path: Path) -> Iterator[Problem]:
    """Yield a problem where names are malformed; whether the live model knows them is another matter."""
    for field, read, name in (("user", user_kind, key.user), ("object", object_type, key.object)):
        try:
            read(name)
        except PermissionGraphError as fault:
            yield Problem((*path, field), "INVALID_TUPLE", _numbered(fault), fault.suggestion)
    if not RELATION_NAME.fullmatch(key.relation):
        message = f"`{key.relation[:60]}` is no relation (OpenFGA: {int(Code.VALIDATION_ERROR)})."
        yield Problem((*path, "relation"), "INVALID_TUPLE", message, "Use a name that a model can define.")


def check_distinct(named: list[tuple[Path, TupleKey]]) -> Iterator[Problem]:
    """Yield a problem for each tuple that the request names a second time, to add or to remove."""
    seen: set[TupleKey] = set()
    for path, key in named:
        if key in seen:
            number = int(Code.CANNOT_ALLOW_DUPLICATE_TUPLES_IN_ONE_REQUEST)
            message = f"The tuple {told(key)} is named twice (OpenFGA: {number})."
            yield Problem(path, "DUPLICATE", message, "Name it once, to add or to remove.")
        seen.add(key)


def told(key: TupleKey) -> str:
    """Return a tuple in words that are not too long."""
    return f"`{key.user} {key.relation} {key.object}`"[:300]


def _fault(live: ReadModel, each: RelationshipTuple) -> PermissionGraphError | None:
    try:
        live.rules.check(each)
    except PermissionGraphError as fault:
        return fault
    return None


def _numbered(fault: PermissionGraphError) -> str:
    """Tell OpenFGA's number too; it answers 2000 to whatever a write gets wrong in a tuple."""
    return f"{fault.message.rstrip('.')} (OpenFGA: {int(Code.VALIDATION_ERROR)})."


def _place(model: AuthorizationModel, each: RelationshipTuple) -> Path:
    """Return the part of a refused tuple that is wrong."""
    try:
        found = model.types.get(object_type(each.object))
    except PermissionGraphError:
        return ("object",)
    if found is None:
        return ("object",)
    if each.relation not in found.relations:
        return ("relation",)
    restrictions = found.relations[each.relation].restrictions
    same = [one.condition for one in restrictions if kind_of(one) == _kind(each.user)]
    if not same:
        return ("user",)
    if (each.condition.name if each.condition is not None else None) not in same:
        return ("condition",)
    aware = each.expires_at is None or each.expires_at.tzinfo is not None
    return ("condition", "context") if aware else ("expiresAt",)


def _kind(user: str) -> UserKind | None:
    try:
        return user_kind(user)
    except PermissionGraphError:
        return None


def _check_storable(each: RelationshipTuple, path: Path) -> Iterator[Problem]:
    """Yield a problem where a text holds a character that the database cannot hold, or JSON cannot say a value."""
    for field in ("user", "object"):
        if not _is_storable(getattr(each, field)):
            yield Problem((*path, field), "INVALID_TEXT", "The name holds a character that cannot be stored.")
    if each.condition is None:
        return
    try:
        text = context_text(each.condition.context) or ""
    except (TypeError, ValueError) as fault:
        yield Problem((*path, "condition", "context"), "INVALID_TUPLE", f"The context is no JSON: {fault}.")
    else:
        if not _is_storable(text):
            message = "The context holds a character that cannot be stored."
            yield Problem((*path, "condition", "context"), "INVALID_TEXT", message)


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any(0xD800 <= ord(character) <= 0xDFFF for character in text)

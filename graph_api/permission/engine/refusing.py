"""What is refused before anything is done: tuples that the model forbids, doubles, and what would cost too much."""

from collections.abc import Iterable
from typing import TypeAlias

from graph_api.permission.engine.closures import Nodes
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.tuples import RelationshipTuple, TupleKey

Removal: TypeAlias = RelationshipTuple | TupleKey


def refuse_costly(places: Nodes, places_max: int | None) -> None:
    """Raise 2002 where there are more places than may be compared."""
    count = sum(map(len, places.values()))
    if places_max is not None and count > places_max:
        raise PermissionGraphError(
            Code.AUTHORIZATION_MODEL_RESOLUTION_TOO_COMPLEX,
            f"The change touches {count} relations of objects; at most {places_max} are compared.",
            suggestion="Preview a part of it.",
        )


def check_tuple(compiled: Compiled, each: RelationshipTuple) -> None:
    """Raise 2000 where a model does not allow a tuple to be written."""
    try:
        compiled.rules.check(each)
    except PermissionGraphError as error:
        error.code = Code.VALIDATION_ERROR
        raise


def refuse_doubles(tuples: Iterable[Removal], code: Code = Code.CANNOT_ALLOW_DUPLICATE_TUPLES_IN_ONE_REQUEST) -> None:
    """Raise 2004 (or the code given) where a key comes twice."""
    seen: set[tuple[str, str, str]] = set()
    for each in tuples:
        key = (each.user, each.relation, each.object)
        if key in seen:
            once = "Give each tuple once" + (
                "." if code is Code.DUPLICATE_CONTEXTUAL_TUPLE else ", to add or to remove."
            )
            raise PermissionGraphError(code, f"`{' '.join(key)[:300]}` comes twice.", suggestion=once)
        seen.add(key)

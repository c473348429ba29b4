"""The guard of the door: every field asks for its right before it is resolved, by the table in `rights.py`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, TypeVar

from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graph_api.api.request import ApiInfo, ApiRequest
from graph_api.api.rights import FIELDS, Asks, OfParent, Open, Rule, on_organization
from graph_api.kernel.errors import Forbidden
from graph_api.permission.guarding import lacking

ItemT = TypeVar("ItemT")


class Guarded(FieldExtension):
    """Asks for the right of one field."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def resolve(self, next_: Callable[..., Any], source: Any, info: ApiInfo, **kwargs: Any) -> Any:
        """Resolve the field, answer null, or raise Forbidden."""
        return next_(source, info, **kwargs) if passes(self._rule, source, info.context, kwargs) else None

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: ApiInfo, **kwargs: Any
    ) -> Any:
        """Resolve the field, answer null, or raise Forbidden."""
        return await next_(source, info, **kwargs) if passes(self._rule, source, info.context, kwargs) else None


class GuardedStream(FieldExtension):
    """Asks for the right of a subscription, at its beginning and whenever permissions change."""

    def __init__(self, rule: Asks) -> None:
        self._rule = rule

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: ApiInfo, **kwargs: Any
    ) -> AsyncGenerator[Any]:
        """Begin the stream, or raise Forbidden; once the right is lost the stream ends with that error."""
        request = info.context
        demand(request, self._rule, kwargs)
        return while_allowed(next_(source, info, **kwargs), request, lambda: demand(request, self._rule, kwargs))


async def while_allowed(
    stream: AsyncGenerator[ItemT], request: ApiRequest, ask: Callable[[], None]
) -> AsyncGenerator[ItemT]:
    """Yield what a stream gives until `ask` raises: it is asked after every commit that changed permissions."""
    lost: asyncio.Future[Forbidden] = asyncio.get_running_loop().create_future()

    def look() -> None:
        try:
            ask()
        except Forbidden as fault:
            if not lost.done():
                lost.set_result(fault)

    unfollow = request.permissions.follow(look)
    try:
        async with aclosing(stream):
            while True:
                yield await _next(stream, lost)
    except StopAsyncIteration:
        return
    finally:
        unfollow()


async def _next(stream: AsyncGenerator[ItemT], lost: asyncio.Future[Forbidden]) -> ItemT:
    """Wait for the next item or for the right to be lost; raises StopAsyncIteration, Forbidden."""
    step = asyncio.ensure_future(_step(stream))
    try:
        await asyncio.wait({step, lost}, return_when=asyncio.FIRST_COMPLETED)
        if lost.done():
            raise lost.result()
        item, is_over = step.result()
    finally:
        if not step.done():
            step.cancel()
            await asyncio.wait({step})
    if is_over:
        raise StopAsyncIteration
    return item


async def _step(stream: AsyncGenerator[Any]) -> tuple[Any, bool]:
    try:
        return await anext(stream), False
    except StopAsyncIteration:  # a task cannot end with this
        return None, True


def passes(rule: Rule, source: Any, request: ApiRequest, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a field is answered rather than null; raises Forbidden."""
    match rule:
        case Open():
            return True
        case OfParent(relation):
            return request.allows(relation, source.id)
        case Asks():
            demand(request, rule, arguments)
            return True


def demand(request: ApiRequest, rule: Asks, arguments: Mapping[str, Any]) -> None:
    """Raise Forbidden unless the viewer has one of the relations, or asks about himself."""
    needed = on_organization(*rule.relations)
    if rule.about is not None and _is_about(arguments.get(rule.about), request.identity.id, arguments):
        return
    if not any(request.allows(right.relation, right.object) for right in needed):
        raise lacking(request.identity.id, needed)


def _is_about(value: object, viewer: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether an argument, each of its items, or its field `user` names the viewer, and no tuples are supposed."""
    if isinstance(value, list):
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # items of an input list
        return bool(items) and all(_is_about(item, viewer, {}) for item in items)
    supposes = arguments.get("contextual_tuples") or getattr(value, "contextual_tuples", None)
    return not supposes and viewer in (value, getattr(value, "user", None))


_ATTACHED: Final[set[int]] = set()


def guard_fields(*types: type) -> None:
    """Attach the guard to the fields of some types that the table names."""
    for each in types:
        definition: StrawberryObjectDefinition = getattr(each, "__strawberry_definition__")  # noqa: B009  # set by Strawberry, unknown to the type checker
        for field in definition.fields:
            rule = FIELDS.get(f"{definition.name}.{name_of(field)}")
            if rule is not None and id(field) not in _ATTACHED:
                _ATTACHED.add(id(field))
                field.extensions.append(_guard_of(field, rule))


def _guard_of(field: StrawberryField, rule: Rule) -> FieldExtension:
    return GuardedStream(rule) if field.is_subscription and isinstance(rule, Asks) else Guarded(rule)


def name_of(field: StrawberryField) -> str:
    """Return the name of a field as the schema has it."""
    words = field.python_name.split("_")
    return field.graphql_name or words[0] + "".join(word.capitalize() for word in words[1:])

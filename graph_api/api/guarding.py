"""The guard of the door: every field asks for its right before it is resolved, by the table in `rights.py`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, TypeVar

from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graph_api.api.request import ApiInfo, ApiRequest
from graph_api.api.rights import FIELDS, Asks, Closed, OfParent, OnArgument, Open, Rule
from graph_api.kernel.errors import Forbidden, SwarmgraphError
from graph_api.permission.guarding import Needed, Right, lacking

ItemT = TypeVar("ItemT")


class Guarded(FieldExtension):
    """Asks for the right of one field; of one that waits and changes nothing, once more before it answers."""

    def __init__(self, rule: Rule, *, asks_again: bool) -> None:
        self._rule = rule
        self._asks_again = asks_again

    def resolve(  # pyright: ignore[reportIncompatibleMethodOverride]  # arguments of a field may have these names
        self, next_: Callable[..., Any], source: Any, info: ApiInfo, /, **kwargs: Any
    ) -> Any:
        """Resolve the field, answer null, or raise Forbidden."""
        return next_(source, info, **kwargs) if passes(self._rule, source, info.context, kwargs) else None

    async def resolve_async(  # pyright: ignore[reportIncompatibleMethodOverride]  # arguments of a field may have these names
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: ApiInfo, /, **kwargs: Any
    ) -> Any:
        """Resolve the field, answer null, or raise Forbidden."""
        if not passes(self._rule, source, info.context, kwargs):
            return None
        answer = await next_(source, info, **kwargs)
        # What was waited for, such as a revision, may have taken the right away.
        return answer if not self._asks_again or passes(self._rule, source, info.context, kwargs) else None


class GuardedStream(FieldExtension):
    """Asks for the right of a subscription, at its beginning and whenever permissions change."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    async def resolve_async(  # pyright: ignore[reportIncompatibleMethodOverride]  # arguments of a field may have these names
        self, next_: Callable[..., Any], source: Any, info: ApiInfo, /, **kwargs: Any
    ) -> AsyncGenerator[Any]:
        """Begin the stream, or raise Forbidden; once the right is lost the stream ends with that error."""
        request = info.context
        passes(self._rule, source, request, kwargs)
        return while_allowed(
            next_(source, info, **kwargs), request, lambda: passes(self._rule, source, request, kwargs)
        )


async def while_allowed(
    stream: AsyncGenerator[ItemT], request: ApiRequest, ask: Callable[[], object]
) -> AsyncGenerator[ItemT]:
    """Yield what a stream gives until `ask` raises: it is asked after every commit that changed permissions."""
    lost: asyncio.Future[SwarmgraphError] = asyncio.get_running_loop().create_future()

    def look() -> None:
        try:
            ask()
        except SwarmgraphError as fault:  # not to be asked is to have no right, and a commit must not fail by it
            if not lost.done():
                lost.set_result(fault)

    unfollow = request.permissions.follow(look)
    try:
        look()  # the right may have been lost between the beginning and this first step
        async with aclosing(stream):
            while True:
                yield await _next(stream, lost)
    except StopAsyncIteration:
        return
    finally:
        unfollow()


async def _next(stream: AsyncGenerator[ItemT], lost: asyncio.Future[SwarmgraphError]) -> ItemT:
    """Wait for the next item or for the right to be lost; raises StopAsyncIteration, and why it is lost."""
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
        case OfParent(aspect):
            return request.sees_of(source.id, aspect)
        case Asks():
            demand(request, rule, arguments)
            return True
        case Closed():
            raise Forbidden("Nobody may ask for this.")


def demand(request: ApiRequest, rule: Asks, arguments: Mapping[str, Any]) -> None:
    """Raise Forbidden unless the viewer has one right of each tuple, asks about himself, or has what stands for it."""
    if rule.about is not None and _is_about(arguments.get(rule.about), request.identity.id, arguments):
        return
    if rule.instead is not None:
        relation, entities = rule.instead.relation, _named(rule.instead, arguments)
        if entities and all(request.allows(relation, entity) for entity in entities):
            return
    for needed in rule.needed:
        _demand_one(request, needed)
    if rule.on is not None:
        for entity in (one for one in _named(rule.on, arguments) if rule.strict or request.sees(one)):
            _demand_one(request, (Right(rule.on.relation, entity),))


def _demand_one(request: ApiRequest, needed: Needed) -> None:
    if not any(request.allows(right.relation, right.object) for right in needed):
        raise lacking(request.identity.id, needed)


def _named(on: OnArgument, arguments: Mapping[str, Any]) -> list[str]:
    """Return the entities that an argument, or a field of it, names."""
    name, *fields = on.path
    value = arguments.get(name)
    for field in fields:
        value = getattr(value, field, None)
    values: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]  # items of an input list
    return [each for each in values if isinstance(each, str)]


def _is_about(value: object, viewer: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether an argument, each of its items, or the field of it that names somebody names the viewer.

    Whoever supposes tuples is not taken to ask about himself alone.
    """
    if isinstance(value, list):
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # items of an input list
        return bool(items) and all(_is_about(item, viewer, {}) for item in items)
    supposes = arguments.get("contextual_tuples") or getattr(value, "contextual_tuples", None)
    return not supposes and viewer in (value, getattr(value, "user", None), getattr(value, "person_id", None))


ROOTS: Final = frozenset({"Query", "Mutation", "Subscription"})


def guard_fields(*types: type) -> None:
    """Attach the guard to the fields of some types that the table names, and to every root field."""
    for each in types:
        definition: StrawberryObjectDefinition = getattr(each, "__strawberry_definition__")  # noqa: B009  # set by Strawberry, unknown to the type checker
        for field in definition.fields:
            rule = FIELDS.get(f"{definition.name}.{name_of(field)}")
            if rule is None and definition.name in ROOTS:
                rule = Closed()
            if rule is not None and guard_of(field) is None:
                field.extensions.append(_guard(field, rule, asks_again=definition.name == "Query"))


def guard_of(field: StrawberryField) -> FieldExtension | None:
    """Return the guard that is attached to a field."""
    return next((each for each in field.extensions if isinstance(each, Guarded | GuardedStream)), None)


def _guard(field: StrawberryField, rule: Rule, *, asks_again: bool) -> FieldExtension:
    return GuardedStream(rule) if field.is_subscription else Guarded(rule, asks_again=asks_again)


def name_of(field: StrawberryField) -> str:
    """Return the name of a field as the schema has it."""
    words = field.python_name.split("_")
    return field.graphql_name or words[0] + "".join(word.capitalize() for word in words[1:])

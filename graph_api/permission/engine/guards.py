"""Guards of tuples: whether a tuple with a condition or an expiry counts, for the context and instant of a question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graph_api.permission.engine.bindings import Bindings
from graph_api.permission.engine.tables import Guard, Table
from graph_api.permission.engine.values import Unknown, Value
from graph_api.permission.errors import PermissionGraphError


class Guards:
    """The guards of one model's tuples as they stand in one question."""

    def __init__(self, bindings: Bindings, context: Mapping[str, Any], at: datetime) -> None:
        self._bindings = bindings
        self._context = context
        self._at = at
        self._conditions: dict[str, Value] = {}

    def value(self, table: Table, user: int, target: int) -> Value:
        """Tell whether a guarded tuple counts."""
        guard = table.guards[user, target]
        if guard.expires_at is not None and self._at >= guard.expires_at:
            return False
        if guard.condition is None:
            return True
        if not self._bindings.valid(table, user, target):
            return False
        return self._condition(guard)

    def _condition(self, guard: Guard) -> Value:
        condition = guard.condition
        assert condition is not None, "the caller has looked"
        if condition.context:
            return self._evaluated(condition.name, {**self._context, **condition.context})
        if condition.name not in self._conditions:
            self._conditions[condition.name] = self._evaluated(condition.name, self._context)
        return self._conditions[condition.name]

    def _evaluated(self, name: str, context: Mapping[str, Any]) -> Value:
        try:
            outcome = self._bindings.conditions[name].evaluate(context)
        except PermissionGraphError as error:
            return Unknown(error=error)
        return outcome if isinstance(outcome, bool) else Unknown(frozenset(outcome.names))

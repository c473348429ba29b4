"""What stands in a context, as JSON has it: instants and durations become texts that are read as the same."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.files.nodes import LEVELS_MAX
from graph_api.permission.files.source import shortened, text_fault

# Around a context stand the levels of the file that it is written to.
LEVELS_SPARE: Final = 10


def instant_text(instant: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC; raise 2000 where it has no offset."""
    if instant.tzinfo is None:
        message = "`expires_at` has no offset from UTC."
        raise PermissionGraphError(Code.VALIDATION_ERROR, message, suggestion="Give an aware instant.")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def duration_text(duration: timedelta) -> str:
    """Write a duration in whole microseconds."""
    return f"{duration // timedelta(microseconds=1)}us"


def json_value(value: object, level: int = 1) -> Any:
    """Return a value as JSON has it, maps in the order of their keys; raise 2000 where JSON has none."""
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case str() if text_fault(value) is None:
            return value
        case datetime() if value.tzinfo is not None:
            return instant_text(value)
        case timedelta():
            return duration_text(value)
        case Mapping() | list() | tuple() if level < LEVELS_MAX - LEVELS_SPARE:
            return _held(cast("Mapping[object, object] | Sequence[object]", value), level + 1)
        case _:
            raise PermissionGraphError(
                Code.VALIDATION_ERROR, f"No file can hold the value `{shortened(repr(value))}` of a context."
            )


def _held(value: Mapping[object, object] | Sequence[object], level: int) -> Any:
    if not isinstance(value, Mapping):
        return [json_value(each, level) for each in value]
    by_key = {str(json_value(key, level)): each for key, each in value.items()}
    return {key: json_value(by_key[key], level) for key in sorted(by_key)}


def json_text(value: object) -> str:
    """Write a value that JSON has on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

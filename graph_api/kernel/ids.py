"""Entity ids: `type:key`, the same string in the graph, in GraphQL, in permission tuples and in the log."""

import re
from typing import Final

KEY_LENGTH_MAX: Final = 200
_RESERVED: Final = re.compile(r"[%:#@*\s\x00-\x1f\x7f]")
_VALID: Final = re.compile(r"(?P<type>[a-z][a-z_]{0,40}):(?P<key>(?:[^%:#@*\s\x00-\x1f\x7f]|%[0-9A-F]{2})+)")
_ESCAPED: Final = re.compile(r"(?:%[0-9A-F]{2})+")


def encode_key(natural: str) -> str:
    """Percent-encode what a permission object may not hold: `% : # @ *`, white space and control characters."""
    return _RESERVED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), natural)


def decode_key(key: str) -> str:
    """Return the natural id that `encode_key` was given."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), key)


def entity_id(entity_type: str, natural: str) -> str:
    """Build an id from a type such as `person` and a natural id such as `gh:ada`."""
    return f"{entity_type}:{encode_key(natural)}"


def split_id(entity: str) -> tuple[str, str]:
    """Split at the first colon into (type, encoded key); the key is empty where there is no colon."""
    entity_type, _, key = entity.partition(":")
    return entity_type, key


def natural_key(entity: str) -> str:
    """Return the natural id inside an entity id."""
    return decode_key(split_id(entity)[1])


def id_fault(entity: str, entity_type: str) -> str | None:
    """Say in one sentence why this is no id of that type, or None where it is one."""
    found = _VALID.fullmatch(entity)
    if found is None:
        return f"{entity!r} is not of the form {entity_type}:key, with % : # @ * and white space percent-encoded."
    if found["type"] != entity_type:
        return f"{entity!r} names a {found['type']}, where a {entity_type} is needed."
    if len(found["key"]) > KEY_LENGTH_MAX:
        return f"The key of {entity[:40]!r}... is longer than {KEY_LENGTH_MAX} characters."
    return None

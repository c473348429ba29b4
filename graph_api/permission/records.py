"""Records of permission: explicit tuples, the ends of tuples that are nothing else, models, which one is live, replays.

A tuple is a relationship from the entity of its user to the entity of its object, so that who may do what is part of
the organization's graph. The names of user and object follow from the ids of the two ends.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final, cast

from graph_api.kernel.ids import decode_key, entity_id, split_id
from graph_api.kernel.records import Link, Node, Record, RecordKey
from graph_api.permission.tokens import Token
from graph_api.permission.tuples import Condition, RelationshipTuple, TupleKey
from graph_api.store.cypher import NoRow, declare
from graph_api.store.graph import KeyStatements, RowsParams, WrittenRow, find_by_key

ABSENT: Final = "absent"
LIVE_ID: Final = "live_permission:main"
_DIGITS: Final = 32
_WRITE_GRANTED = declare("permission/write_granted", RowsParams, WrittenRow)
_REMOVE_GRANTED = declare("permission/remove_granted", RowsParams, NoRow)


class Resource(Node, frozen=True, kw_only=True):
    """An end of tuples that is no entity of the organization, such as document:1, user:* or team:blue.

    Its id is its name; where the name is one that an entity may get later (a person not saved yet), `absent:` and the
    name percent-encoded.
    """

    entity_type: ClassVar[str] = "resource"


class Granted(Link, frozen=True, kw_only=True, tag="GRANTED"):
    """An explicit tuple: the source, or those who have `subject_relation` to it, has `relation` to the target.

    `context` is the JSON text of what is stored with the condition.
    """

    relation: str
    subject_relation: str | None = None
    condition: str | None = None
    context: str | None = None
    expires_at: datetime | None = None

    @property
    def discriminator(self) -> str:
        """The relation and the user's."""
        return discriminator_of(self.relation, self.subject_relation)

    @property
    def tuple(self) -> RelationshipTuple:
        """The tuple with the names of user and object."""
        condition = Condition(self.condition, _context(self.context)) if self.condition is not None else None
        key = key_of(self.key)
        return RelationshipTuple(key.user, key.relation, key.object, condition, self.expires_at)


class AuthorizationModelRecord(Node, frozen=True, kw_only=True, tag="AuthorizationModel"):
    """A model as its JSON text; its id follows from the text, so that one text is one model."""

    entity_type: ClassVar[str] = "authorization_model"
    source: str
    created_at: datetime
    actor: str


class LivePermission(Node, frozen=True, kw_only=True):
    """Which model is live, and which is to be (R15); `day` is the UTC day up to which days have begun or ended (R8)."""

    entity_type: ClassVar[str] = "live_permission"
    live: str | None = None
    pending: str | None = None
    day: date


class Replay(Node, frozen=True, kw_only=True):
    """How far a history of permissions was replayed: so many of its events, of which `digest` is the hash."""

    entity_type: ClassVar[str] = "replay"
    events: int
    digest: str


RECORDS: Final[tuple[type[Record], ...]] = (Resource, Granted, AuthorizationModelRecord, LivePermission, Replay, Token)


def discriminator_of(relation: str, subject_relation: str | None) -> str:
    """Return what tells tuples of the same two entities apart."""
    return relation if subject_relation is None else f"{relation}#{subject_relation}"


def absent_id(name: str) -> str:
    """Return the id of the resource that stands for an entity which is not there."""
    return entity_id(ABSENT, name)


def name_of(end: str) -> str:
    """Return the name, in tuples, of the entity or resource with an id."""
    kind, key = split_id(end)
    return decode_key(key) if kind == ABSENT else end


def key_of(key: RecordKey) -> TupleKey:
    """Return the key of the tuple that a record of GRANTED holds."""
    _, source, target, discriminator = key
    relation, _, subject_relation = discriminator.partition("#")
    user = f"{name_of(source)}#{subject_relation}" if subject_relation else name_of(source)
    return TupleKey(user, relation, name_of(target))


def model_id(source: str) -> str:
    """Return the id of the model with a JSON text."""
    return entity_id(AuthorizationModelRecord.entity_type, hashlib.sha256(source.encode()).hexdigest()[:_DIGITS])


def context_text(context: Mapping[str, Any]) -> str | None:
    """Return the one JSON text of a context, None for an empty one; raises ValueError where JSON cannot say it."""
    if not context:
        return None
    return json.dumps(context, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _context(text: str | None) -> Mapping[str, Any]:
    return cast("dict[str, Any]", json.loads(text)) if text is not None else {}


def _key_text(key: RecordKey) -> str:
    """Return the key in the database: user, relation and object, none of which may hold a blank."""
    found = key_of(key)
    return f"{found.user} {found.relation} {found.object}"


find_by_key(Granted, KeyStatements(_WRITE_GRANTED, _REMOVE_GRANTED, _key_text))

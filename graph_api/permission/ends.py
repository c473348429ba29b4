"""The two ends of a tuple in the graph: an entity where there is one of that id, else a resource of that name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import split_id
from graph_api.kernel.records import Node, tag_of
from graph_api.permission.records import (
    ABSENT,
    AuthorizationModelRecord,
    Granted,
    LivePermission,
    Replay,
    Resource,
    absent_id,
    discriminator_of,
)
from graph_api.permission.tokens import Token
from graph_api.permission.tuples import TupleKey
from graph_api.projection.records import Reaction, Remembered

_OWN: Final = (Resource, AuthorizationModelRecord, LivePermission, Replay, Token, Remembered, Reaction)
_RESERVED: Final = frozenset({ABSENT, "warm", *(node_type.entity_type for node_type in _OWN)})
"""Types of what the service keeps for itself: a resource may not come to have the id of such a node."""


class Ends:
    """Knows the kinds of entities that tuples may be fixed to."""

    def __init__(self, entities: Iterable[type[Node]]) -> None:
        self._labels: Mapping[str, str] = {each.entity_type: tag_of(each) for each in entities}

    def end(self, view: GraphView, name: str) -> str:
        """Return the id of the node that a new tuple with this name is fixed to."""
        kind = split_id(name)[0]
        if kind in self._labels:
            return name if view.record((self._labels[kind], name)) is not None else absent_id(name)
        return absent_id(name) if kind in _RESERVED else name

    def is_resource(self, end: str) -> bool:
        """Tell whether a tuple is fixed to a resource there, and not to an entity."""
        return split_id(end)[0] not in self._labels

    def find(self, view: GraphView, key: TupleKey) -> Granted | None:
        """Return the explicit tuple of a key, or None; it stays where it was fixed when its entity was not there."""
        user, _, subject_relation = key.user.partition("#")
        discriminator = discriminator_of(key.relation, subject_relation or None)
        found = (
            view.link(Granted, source, target, discriminator)
            for source in self._possible(user)
            for target in self._possible(key.object)
        )
        return next((each for each in found if each is not None), None)

    def _possible(self, name: str) -> Iterator[str]:
        kind = split_id(name)[0]
        if kind not in _RESERVED:
            yield name
        if kind in _RESERVED or kind in self._labels:
            yield absent_id(name)

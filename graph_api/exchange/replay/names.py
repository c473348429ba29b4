"""The names of a replayed history, and those of the permission graph: people are the organization's people."""

from typing import Final

from graph_api.exchange.replay.model import own_types
from graph_api.kernel.ids import decode_key, encode_key, entity_id, natural_key, split_id
from graph_api.organization.model import Person
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import RelationshipTuple, TupleRules, find_relation

PEOPLE: Final = "gh"
"""The kind of subjects that are people; an import of the same set gives them their whole name as natural id."""

Row = tuple[str, str, str]
"""Subject, relation and object as the files say them."""


class Names:
    """Tells which tuple stands for a row, under the model of the history."""

    def __init__(self, model: AuthorizationModel) -> None:
        self._module = AuthorizationModel("1.2", own_types(model))
        self._rules = TupleRules(model, {})
        self._suffixes: dict[tuple[str, str, str], str] = {}

    @property
    def types(self) -> frozenset[str]:
        """The types of objects that a history names."""
        return frozenset(self._module.types)

    def tuple_of(self, row: Row) -> RelationshipTuple:
        """Return the tuple of a row; raises PermissionGraphError where the model has no place for it."""
        user, relation, target = _entity(row[0]), row[1], _entity(row[2])
        named = RelationshipTuple(user + self._suffix(user, relation, target), relation, target)
        self._rules.check(named)
        return named

    def _suffix(self, user: str, relation: str, target: str) -> str:
        """Return `#relation` where the model lets nobody but those in such a relation to the user be assigned."""
        kinds = (split_id(user)[0], relation, split_id(target)[0])
        if kinds not in self._suffixes:
            restrictions = find_relation(self._module, kinds[2], relation).relations[relation].restrictions
            found = next((one.relation for one in restrictions if one.type == kinds[0]), None)
            self._suffixes[kinds] = f"#{found}" if found is not None else ""
        return self._suffixes[kinds]


def row_of(named: RelationshipTuple) -> Row:
    """Return the row of a tuple."""
    return _natural(named.user.partition("#")[0]), named.relation, _natural(named.object)


def _entity(name: str) -> str:
    kind, key = split_id(name)
    return entity_id(Person.entity_type, name) if kind == PEOPLE else f"{kind}:{encode_key(key)}"


def _natural(entity: str) -> str:
    kind, key = split_id(entity)
    return natural_key(entity) if kind == Person.entity_type else f"{kind}:{decode_key(key)}"

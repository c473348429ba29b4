"""Entry points as OpenFGA looks for them: it refuses some models in which somebody can have every relation.

Its walk remembers the relations that it visited in maps that are copied one level deep only. What one operand visited
is therefore taken as visited by its neighbours too, and there counts as leading nowhere, though it leads somewhere.
"""

from typing import TypeAlias

from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    Exclusion,
    Intersection,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)

Visited: TypeAlias = dict[str, dict[str, bool]]


class Walk:
    """The server's walk through a model, with its memory."""

    def __init__(self, model: AuthorizationModel) -> None:
        self._model = model

    def refuses(self) -> bool:
        """Tell whether the walk comes back from some relation with nothing."""
        return not all(
            self._leads(each.name, relation, relation.rewrite, {})
            for each in self._model.types.values()
            for relation in each.relations.values()
        )

    def _leads(self, type_name: str, relation: Relation, rewrite: Rewrite, visited: Visited) -> bool:
        inner = dict(visited)  # one level deep, as there: the dicts within are shared
        inner.setdefault(type_name, {})[relation.name] = False
        match rewrite:
            case This():
                return self._is_assigned(type_name, relation, inner)
            case ComputedUserset(name):
                return self._known(type_name, name, inner)
            case TupleToUserset(tupleset, computed):
                types = [each.type for each in self._model.types[type_name].relations[tupleset].restrictions]
                return any(
                    self._known(each, computed, inner)
                    for each in types
                    if computed in self._model.types[each].relations
                )
            case Union(children):
                return any(self._leads(type_name, relation, child, visited) for child in children)
            case Intersection(children):
                return all(self._leads(type_name, relation, child, visited) for child in children)
            case Exclusion(base, subtract):
                return all(self._leads(type_name, relation, child, visited) for child in (base, subtract))

    def _is_assigned(self, type_name: str, relation: Relation, visited: Visited) -> bool:
        for each in relation.restrictions:
            if each.relation is None:
                visited[type_name][relation.name] = True
                return True
            if each.relation not in visited.get(each.type, {}) and self._known(each.type, each.relation, visited):
                return True
        return False

    def _known(self, type_name: str, name: str, visited: Visited) -> bool:
        """Follow a relation, or take what is remembered of it."""
        if name in visited.get(type_name, {}):
            return visited[type_name][name]
        relation = self._model.types[type_name].relations[name]
        return self._leads(type_name, relation, relation.rewrite, visited)

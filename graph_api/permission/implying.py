"""What follows from what under a model, whatever the tuples are: so that one question may stand for many."""

from typing import Final, NamedTuple

from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    Exclusion,
    Intersection,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)

PARENT: Final = "organization"
"""The relation that fixes every entity to the organization, and the type of that: such tuples are derived for good."""


class Place(NamedTuple):
    """A relation of objects of a type."""

    type: str
    relation: str


def follows(model: AuthorizationModel, place: Place, from_relation: str, parent: str = PARENT) -> bool:
    """Tell whether whoever has a relation to the organization has, for that alone, another to each object of a type.

    Where `parent` is another relation than that which fixes all, it is told of the objects that it holds. Where it
    cannot be read off the model the answer is no: it then takes a question an object.
    """
    return _Reading(model, known=Place(PARENT, from_relation), parent=parent).holds(place)


def follows_for_good(model: AuthorizationModel, place: Place, assigned: Place) -> bool:
    """Tell whether whoever a tuple assigns to a place has another relation to the object, whatever other tuples say."""
    return _Reading(model, assigned=assigned).holds(place)


class _Reading:
    """Reads what holds for whoever has one relation, or is assigned to one by a tuple."""

    def __init__(
        self,
        model: AuthorizationModel,
        *,
        known: Place | None = None,
        assigned: Place | None = None,
        parent: str = PARENT,
    ) -> None:
        self._model = model
        self._parents = frozenset({PARENT, parent})
        self._known = known
        self._assigned = assigned
        self._held: dict[Place, bool] = {}

    def holds(self, place: Place) -> bool:
        if place == self._known:
            return True
        found = self._model.types.get(place.type)
        if found is None or place.relation not in found.relations:
            return False
        if place not in self._held:
            self._held[place] = False  # what rests on itself alone does not hold
            self._held[place] = self._of(place, found.relations[place.relation].rewrite)
        return self._held[place]

    def _of(self, place: Place, part: Rewrite) -> bool:
        match part:
            case This():
                return place == self._assigned
            case Union(children):
                return any(self._of(place, each) for each in children)
            case Intersection(children):
                return all(self._of(place, each) for each in children)
            case ComputedUserset(relation):
                return self.holds(Place(place.type, relation))
            case TupleToUserset(tupleset, computed):
                return tupleset in self._parents and self.holds(Place(PARENT, computed))
            case Exclusion():
                return False

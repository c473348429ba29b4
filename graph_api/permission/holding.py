"""What the guard asks of a permission graph. Deny by default: what is not certain is no."""

from datetime import datetime
from typing import Final, Protocol

from graph_api.organization.model import ORGANIZATION_ID
from graph_api.permission.answers import Decision
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.implying import PARENT
from graph_api.permission.model import AuthorizationModel


class Permitting(Protocol):
    """The questions that the guard asks."""

    @property
    def model(self) -> AuthorizationModel:
        """The live model."""
        ...

    def check(self, user: str, relation: str, object: str, *, at: datetime | None = None) -> Decision:
        """Decide whether a user has a relation to an object."""
        ...

    def list_objects(self, user: str, relation: str, type: str, *, at: datetime | None = None) -> list[str]:
        """List the objects of a type to which a user has a relation, sorted."""
        ...


def holds(graph: Permitting, user: str, relation: str, target: str, at: datetime) -> bool:
    """Tell whether a user has a relation for certain.

    What cannot be asked (a type of users that the live model lacks) or depends on context that nobody gave is no.
    """
    try:
        return graph.check(user, relation, target, at=at).allowed
    except PermissionGraphError:
        return False


def exists(graph: Permitting, entity: str, at: datetime) -> bool:
    """Tell whether there is an entity of that id: each one is fixed to the organization, which is always there."""
    return entity == ORGANIZATION_ID or holds(graph, ORGANIZATION_ID, PARENT, entity, at)


class Rights:
    """What one viewer may do at one revision; every answer is kept, as questions repeat within a request."""

    def __init__(self, permissions: Permitting, viewer: str, at: datetime) -> None:
        self.viewer: Final = viewer
        self.model: Final = permissions.model
        self._permissions = permissions
        self._at = at
        self._answers: dict[tuple[str, str], bool] = {}
        self._objects: dict[tuple[str, str], list[str] | None] = {}

    def allows(self, relation: str, target: str) -> bool:
        """Tell whether the viewer has a relation to an object."""
        key = (relation, target)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = holds(self._permissions, self.viewer, relation, target, self._at)
        return found

    def objects(self, relation: str, type_name: str) -> list[str] | None:
        """List the objects of a type to which the viewer has a relation, sorted.

        None where a list cannot be given: that of one object depends on missing context, which hides no other one.
        """
        key = (relation, type_name)
        if key not in self._objects:
            try:
                found = self._permissions.list_objects(self.viewer, relation, type_name, at=self._at)
            except PermissionGraphError:
                found = None
            self._objects[key] = found
        return self._objects[key]

    def exists(self, entity: str) -> bool:
        """Tell whether there is an entity of that id, whether or not the viewer sees it."""
        return exists(self._permissions, entity, self._at)

"""What each field asks of the permission graph, and what each operation needs inside the lock: the whole table.

One place enforces the first (`guarding.py`) and one the second (`permission/guarding.py`). Whatever is not named here
fails a test and is refused. Rows that are hidden are left out before any field sees them (`permission/sight.py`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from graph_api.kernel.ids import split_id
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.permission.commands import ChangePermissions
from graph_api.permission.guarding import Needed, Needs, Right


class Open(msgspec.Struct, frozen=True):
    """Whoever has a token may ask; what comes back is what the viewer may see."""


class Asks(msgspec.Struct, frozen=True):
    """One of these relations to the organization is needed: without it a root field is FORBIDDEN.

    `about` names an argument, such as `user`: whoever asks about himself needs no right, unless he supposes tuples.
    """

    relations: tuple[str, ...]
    about: str | None = None


class OfParent(msgspec.Struct, frozen=True):
    """A relation to the entity that the field belongs to is needed: without it the field is null."""

    relation: str


Rule = Open | Asks | OfParent


def asks(*relations: str, about: str | None = None) -> Asks:
    """Ask for one of some relations to the organization."""
    return Asks(relations, about)


SEES_PERMISSIONS: Final = "can_see_permissions"

FIELDS: Final[Mapping[str, Rule]] = {
    "Query.viewer": Open(),
    "Query.node": Open(),
    "Query.nodes": Open(),
    "Query.people": Open(),
    "Query.skills": Open(),
    "Query.units": Open(),
    "Query.tasks": Open(),
    "Query.customers": Open(),
    "Query.swarms": Open(),
    "Query.organization": asks("can_see"),
    "Query.proposeSwarm": asks("can_propose"),
    "Query.check": asks(SEES_PERMISSIONS, about="user"),
    "Query.checks": asks(SEES_PERMISSIONS, about="items"),
    "Query.listObjects": asks(SEES_PERMISSIONS, about="user"),
    "Query.listUsers": asks(SEES_PERMISSIONS),
    "Query.expand": asks(SEES_PERMISSIONS),
    "Query.explainAccess": asks(SEES_PERMISSIONS),
    "Query.tuples": asks(SEES_PERMISSIONS, about="user"),
    "Query.authorizationModel": asks(SEES_PERMISSIONS),
    "Query.previewPermissions": asks(SEES_PERMISSIONS),
    "Query.previewAuthorizationModel": asks(SEES_PERMISSIONS),
    "Mutation.savePeople": asks("can_save_people"),
    "Mutation.saveSkills": asks("can_save_skills"),
    "Mutation.saveUnits": asks("can_save_units"),
    "Mutation.saveCustomers": asks("can_save_customers"),
    "Mutation.openTask": asks("can_open_tasks"),
    "Mutation.assembleSwarm": asks("can_assemble"),
    "Mutation.changePermissions": asks("can_change_permissions", "can_change_resource_permissions"),
    "Mutation.writeAuthorizationModel": asks("can_write_models"),
    "Subscription.organizationChanges": asks("can_follow"),
    "Subscription.permissionChanges": asks(SEES_PERMISSIONS),
    "Subscription.accessChanges": asks(SEES_PERMISSIONS, about="watch"),
    "Viewer.permissions": Open(),
    "Person.absences": OfParent("can_see_availability"),
}
"""Root fields, and fields of entities that take more than seeing the entity."""

ENTITIES: Final = frozenset({"Person", "Skill", "Unit", "Task", "Customer", "Swarm", "Node"})
"""Types of entities: whoever sees the entity sees its other fields; rows that lead to hidden entities are left out."""


def on_organization(*relations: str) -> Needed:
    """Return rights to the organization of which one is enough."""
    return tuple(Right(relation, ORGANIZATION_ID) for relation in relations)


def _always(*relations: str) -> Needs:
    needed = on_organization(*relations)

    def needs(command: Any) -> Iterable[Needed]:
        return (needed,)

    return needs


def operations(core_types: frozenset[str]) -> Mapping[str, Needs]:
    """Return what operations need; tuples on objects of the core's types take another right than all others."""

    def changed(command: ChangePermissions) -> Iterable[Needed]:
        types = {split_id(each.object)[0] for each in (*command.add, *command.remove)}
        types |= {split_id(each.object)[0] for each in (*command.must_exist, *command.must_not_exist)}
        if types & core_types:
            yield on_organization("can_change_permissions")
        if types - core_types or not types:
            yield on_organization("can_change_resource_permissions")

    return {
        "savePeople": _always("can_save_people"),
        "saveSkills": _always("can_save_skills"),
        "saveUnits": _always("can_save_units"),
        "saveCustomers": _always("can_save_customers"),
        "openTask": _always("can_open_tasks"),
        "assembleSwarm": _always("can_assemble"),
        "changePermissions": changed,
        "writeAuthorizationModel": _always("can_write_models"),
    }

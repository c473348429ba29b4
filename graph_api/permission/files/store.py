"""A store as OpenFGA's store files tell it: a model, tuples, and tests that say what shall come out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from graph_api.permission.model import NOWHERE, AuthorizationModel, Position
from graph_api.permission.tuples import RelationshipTuple


class Expected(msgspec.Struct, frozen=True):
    """What shall come out for a relation: yes or no of a check, names of a list."""

    relation: str
    answer: bool | tuple[str, ...]
    position: Position = NOWHERE


class CheckTest(msgspec.Struct, frozen=True):
    """Each of the users is checked on each of the objects."""

    users: tuple[str, ...]
    objects: tuple[str, ...]
    assertions: tuple[Expected, ...]
    context: Mapping[str, Any] = {}


class ListObjectsTest(msgspec.Struct, frozen=True):
    """Which objects of a type a user has a relation to."""

    user: str
    type: str
    assertions: tuple[Expected, ...]
    context: Mapping[str, Any] = {}


class ListUsersTest(msgspec.Struct, frozen=True):
    """Who has a relation to an object; a filter is `type` or `type#relation`."""

    object: str
    filters: tuple[str, ...]
    assertions: tuple[Expected, ...]
    context: Mapping[str, Any] = {}


class StoreTest(msgspec.Struct, frozen=True):
    """A test: its tuples are added to those of the store, and replace those of the same key."""

    name: str
    description: str = ""
    tuples: tuple[RelationshipTuple, ...] = ()
    check: tuple[CheckTest, ...] = ()
    list_objects: tuple[ListObjectsTest, ...] = ()
    list_users: tuple[ListUsersTest, ...] = ()


class Store(msgspec.Struct, frozen=True):
    """A whole store."""

    model: AuthorizationModel
    name: str = ""
    tuples: tuple[RelationshipTuple, ...] = ()
    tests: tuple[StoreTest, ...] = ()

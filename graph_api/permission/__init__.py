"""Permission graph: OpenFGA's language, its models and conditions, and an engine that answers by them.

from graph_api.permission import PermissionGraph, RelationshipTuple   # needs no server
"""

from graph_api.permission.answers import Allowed, Conditional, Denied
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.tuples import Condition, RelationshipTuple, StoredTuple, TupleKey, TupleSource

__all__ = [
    "Allowed",
    "Condition",
    "Conditional",
    "Denied",
    "PermissionGraph",
    "PermissionGraphError",
    "RelationshipTuple",
    "StoredTuple",
    "TupleKey",
    "TupleSource",
]

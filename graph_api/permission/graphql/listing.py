"""Pages of names and of tuples."""

from collections.abc import Mapping, Sequence

from graph_api.kernel.errors import QueryTooCostly
from graph_api.organization.graphql.common import After, First, page_info_of, window
from graph_api.organization.paging import Listing, PlaceKey, turn_to
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.graphql.request import PermissionRequest
from graph_api.permission.graphql.types import NameConnection, NameEdge
from graph_api.permission.tuples import StoredTuple


def check_scan(request: PermissionRequest, graph: PermissionGraph) -> None:
    """Raise QueryTooCostly where a graph is too large to be looked through."""
    if len(graph) > (most := request.settings.tuples_scanned_max):
        raise QueryTooCostly(
            f"The graph holds {len(graph)} tuples; at most {most} are looked through.",
            suggestion="Name a user or an object.",
        )


def tuple_place(each: StoredTuple) -> PlaceKey:
    """Return the place of a tuple among others."""
    return (each.tuple.user, each.tuple.relation, each.tuple.object, each.source.value)


def _name_place(name: str) -> PlaceKey:
    return (name,)


def page_of_names(
    request: PermissionRequest,
    names: Sequence[str],
    scope: str,
    first: First,
    after: After,
    excluded: Mapping[str, Sequence[str]],
) -> NameConnection:
    """Turn to a page of names."""
    page = turn_to(Listing(names, _name_place, tuple[str], scope), window(first, after), request.page_limits)
    left_out = {name: excluded.get(name, ()) for name in page.rows}
    request.count_rows(len(page.rows) + sum(map(len, left_out.values())))
    edges = [
        NameEdge(cursor=cursor, node=name, excluded=list(left_out[name]))
        for name, cursor in zip(page.rows, page.cursors, strict=True)
    ]
    return NameConnection(edges=edges, page_info=page_info_of(page), total_count=page.total)

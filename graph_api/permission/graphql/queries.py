"""Root fields that ask the permission graph."""

from typing import Annotated

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.organization.graphql.common import (
    After,
    First,
    InputRejected,
    connection,
    contribute,
    given,
    rejected,
    window,
)
from graph_api.organization.graphql.queries import Viewer
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.paging import Listing
from graph_api.permission import commands
from graph_api.permission.answers import Preview
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.graphql.arguments import (
    At,
    AtLeast,
    CheckInput,
    Context,
    ContextualTuples,
    ModelSourceInput,
    Object,
    Relation,
    TupleInput,
    TupleKeyInput,
    User,
    context_of,
    keys_of,
    refused,
    source_of,
    tuples_of,
)
from graph_api.permission.graphql.listing import check_scan, page_of_names, tuple_place
from graph_api.permission.graphql.request import PermissionInfo, PermissionRequest
from graph_api.permission.graphql.types import (
    AccessDecision,
    AccessExplanation,
    AccessPreview,
    AuthorizationModel,
    AuthorizationModelRejected,
    NameConnection,
    TupleConnection,
    TupleEdge,
    TupleSource,
    UsersetNode,
    UsersetOperation,
    UsersetTree,
    show_decision,
    show_error,
    show_model,
    show_problems,
    show_stored,
    show_tuple,
)
from graph_api.permission.tuples import object_type

AccessPreviewOutcome = Annotated[
    AccessPreview | InputRejected | AuthorizationModelRejected,
    strawberry.union("AccessPreviewOutcome", description="What a change would do, or why it cannot be made."),
]
"""What a preview gives."""


@strawberry.type
class PermissionQuery:
    """What can be asked of the permission graph. Questions about now are answered from memory."""

    @strawberry.field(
        description="Whether a user has a relation to an object. A cycle or a missing tuple is DENIED; what the model "
        "does not know is an error, with OpenFGA's number in its message."
    )
    async def check(
        self,
        info: PermissionInfo,
        user: User,
        relation: Relation,
        object: Object,
        contextual_tuples: ContextualTuples = strawberry.UNSET,
        context: Context = strawberry.UNSET,
        at: At = strawberry.UNSET,
        at_least: AtLeast = strawberry.UNSET,
    ) -> AccessDecision | None:
        """Check one access."""
        request = info.context
        request.count_checks(1)
        graph = await request.permission_graph(given(at), given(at_least))
        asked = CheckInput(
            user=user, relation=relation, object=object, contextual_tuples=contextual_tuples, context=context
        )
        try:
            return _checked(graph, request, asked, at)
        except PermissionGraphError as error:
            raise refused(request, error) from error

    @strawberry.field(
        description="Several checks on one state, in order; a request makes at most SWARMGRAPH_CHECKS_A_REQUEST_MAX in "
        "all, else QUERY_TOO_COSTLY. One that cannot be made is an ERROR and takes none of the others along."
    )
    async def checks(
        self,
        info: PermissionInfo,
        items: Annotated[list[CheckInput], strawberry.argument(description="The checks.")],
        at: At = strawberry.UNSET,
        at_least: AtLeast = strawberry.UNSET,
    ) -> list[AccessDecision] | None:
        """Check several accesses."""
        request = info.context
        request.count_checks(len(items))
        graph = await request.permission_graph(given(at), given(at_least))
        return [_checked_or_error(graph, request, each, at) for each in items]

    @strawberry.field(
        description="All objects of a type to which a user has a relation. Where one depends on context that is "
        "missing: BAD_USER_INPUT (OpenFGA 2000), which names it."
    )
    async def list_objects(
        self,
        info: PermissionInfo,
        user: User,
        relation: Relation,
        type: Annotated[str, strawberry.argument(description="The type of the objects.")],
        contextual_tuples: ContextualTuples = strawberry.UNSET,
        context: Context = strawberry.UNSET,
        at: At = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        at_least: AtLeast = strawberry.UNSET,
    ) -> NameConnection | None:
        """List objects."""
        request = info.context
        graph = await request.permission_graph(given(at), given(at_least))
        try:
            names = graph.list_objects(
                user,
                relation,
                type,
                context=context_of(context),
                contextual_tuples=tuples_of(contextual_tuples),
                at=given(at),
            )
        except PermissionGraphError as error:
            raise refused(request, error) from error
        return page_of_names(request, names, f"{type}#{relation}@{user}", first, after, {})

    @strawberry.field(
        description="The users of some kinds that have a relation to an object, as far as tuples name them; "
        '"type:*" stands for everybody else of the type. Where one depends on context that is missing: '
        "BAD_USER_INPUT (OpenFGA 2000), which names it."
    )
    async def list_users(
        self,
        info: PermissionInfo,
        object: Object,
        relation: Relation,
        filters: Annotated[
            list[str], strawberry.argument(description='Kinds of users: a type such as "user", or "group#member".')
        ],
        contextual_tuples: ContextualTuples = strawberry.UNSET,
        context: Context = strawberry.UNSET,
        at: At = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        at_least: AtLeast = strawberry.UNSET,
    ) -> NameConnection | None:
        """List users."""
        request = info.context
        graph = await request.permission_graph(given(at), given(at_least))
        try:
            found = graph.list_users_and_excluded(
                object,
                relation,
                filters=filters,
                context=context_of(context),
                contextual_tuples=tuples_of(contextual_tuples),
                at=given(at),
            )
        except PermissionGraphError as error:
            raise refused(request, error) from error
        scope = f"{object}#{relation}@{sorted(filters)}"
        return page_of_names(request, found.users, scope, first, after, found.excluded)

    @strawberry.field(description="What a relation of an object is made of, one level deep.")
    def expand(self, info: PermissionInfo, object: Object, relation: Relation) -> UsersetTree | None:
        """Expand a relation."""
        request = info.context
        try:
            tree = request.permissions.graph.expand(object, relation)
        except PermissionGraphError as error:
            raise refused(request, error) from error
        request.count_rows(len(tree.nodes) + sum(len(node.users) + len(node.usersets) for node in tree.nodes))
        return UsersetTree(
            nodes=[
                UsersetNode(
                    parent=node.parent,
                    operation=UsersetOperation(node.operation),
                    users=list(node.users),
                    usersets=list(node.usersets),
                )
                for node in tree.nodes
            ]
        )

    @strawberry.field(description="Why a check comes out as it does, and what would grant what is denied.")
    def explain_access(
        self,
        info: PermissionInfo,
        user: User,
        relation: Relation,
        object: Object,
        contextual_tuples: ContextualTuples = strawberry.UNSET,
        context: Context = strawberry.UNSET,
    ) -> AccessExplanation | None:
        """Explain a check."""
        request = info.context
        supposed = tuples_of(contextual_tuples)
        try:
            told = request.permissions.graph.explain(
                user, relation, object, context=context_of(context), contextual_tuples=supposed
            )
        except PermissionGraphError as error:
            raise refused(request, error) from error
        keys = {each.key for each in supposed}
        sources = (
            TupleSource.CONTEXTUAL if each.key in keys and source == "EXPLICIT" else TupleSource(source.value)
            for each, source in zip(told.path, told.sources, strict=True)
        )
        return AccessExplanation(
            decision=show_decision(told.decision, request.replica.revision),
            path=[show_tuple(each, source) for each, source in zip(told.path, sources, strict=True)],
            would_grant=[show_tuple(each, TupleSource.HYPOTHETICAL) for each in told.would_grant],
            text=told.text,
            model_id=strawberry.ID(request.permissions.live_model_id),
        )

    @strawberry.field(
        description="Stored tuples that match all that is given, also those that the live model does not let count. "
        "Without user and object, a graph of more than SWARMGRAPH_TUPLES_SCANNED_MAX tuples is not looked through: "
        "QUERY_TOO_COSTLY."
    )
    def tuples(
        self,
        info: PermissionInfo,
        user: Annotated[str | None, strawberry.argument(description="Only those of this user.")] = strawberry.UNSET,
        relation: Annotated[
            str | None, strawberry.argument(description="Only those of this relation.")
        ] = strawberry.UNSET,
        object: Annotated[str | None, strawberry.argument(description="Only those on this object.")] = strawberry.UNSET,
        source: Annotated[
            TupleSource | None, strawberry.argument(description="Only those of this source.")
        ] = strawberry.UNSET,
        valid: Annotated[
            bool | None, strawberry.argument(description="Only those that count, or only those that do not.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
    ) -> TupleConnection | None:
        """Return a page of tuples."""
        request, graph = info.context, info.context.permissions.graph
        key = (given(user), given(relation), given(object))
        wanted_source, wanted_valid = given(source), given(valid)
        if key[0] is None and key[2] is None:
            check_scan(request, graph)
        found = request.kept_list(
            ("tuples", key, wanted_source, wanted_valid),
            lambda: [
                each
                for each in graph.read(*key)
                if (wanted_source is None or each.source.value == wanted_source.value)
                and (wanted_valid is None or each.valid is wanted_valid)
            ],
        )
        listing = Listing(found, tuple_place, tuple[str, str, str, str], f"tuples {key} {wanted_source} {wanted_valid}")
        page = connection(request, listing, window(first, after), show_stored)
        return TupleConnection(
            edges=[TupleEdge(cursor=edge.cursor, node=edge.node) for edge in page.edges],
            page_info=page.page_info,
            total_count=page.total_count,
        )

    @strawberry.field(description="A model by its id; left out: the live one; null where there is none.")
    def authorization_model(
        self,
        info: PermissionInfo,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = strawberry.UNSET,
    ) -> AuthorizationModel | None:
        """Return a model."""
        permissions = info.context.permissions
        record = permissions.model_record(given(id))
        return record and show_model(record, permissions.live_model_id)

    @strawberry.field(
        description="Whose access a change of tuples would alter. Nothing is changed. QUERY_TOO_COSTLY where more than "
        "SWARMGRAPH_TUPLES_A_REQUEST_MAX are named, or it may alter more than SWARMGRAPH_PREVIEW_PLACES_MAX relations "
        "of objects."
    )
    def preview_permissions(
        self,
        info: PermissionInfo,
        add: Annotated[
            list[TupleInput] | None, strawberry.argument(description="Tuples to suppose.")
        ] = strawberry.UNSET,
        remove: Annotated[
            list[TupleKeyInput] | None, strawberry.argument(description="Tuples to suppose gone.")
        ] = strawberry.UNSET,
    ) -> AccessPreviewOutcome | None:
        """Preview a change of tuples."""
        return _previewed(info.context, info.context.permissions.preview(tuples_of(add), keys_of(remove)))

    @strawberry.field(
        description="Whose access another model would alter, all tuples as they are. Nothing is changed. "
        "QUERY_TOO_COSTLY where that may be at more than SWARMGRAPH_PREVIEW_PLACES_MAX relations of objects."
    )
    async def preview_authorization_model(
        self,
        info: PermissionInfo,
        source: Annotated[ModelSourceInput, strawberry.argument(description="The model.")],
    ) -> AccessPreviewOutcome | None:
        """Preview a model."""
        return _previewed(info.context, await info.context.permissions.preview_model(source_of(source)))


def _previewed(
    request: PermissionRequest, outcome: Preview | commands.AuthorizationModelRejected | Rejection
) -> AccessPreview | InputRejected | AuthorizationModelRejected:
    if isinstance(outcome, Rejection):
        return rejected(request, outcome)
    if isinstance(outcome, commands.AuthorizationModelRejected):
        return AuthorizationModelRejected(message=outcome.message, problems=show_problems(outcome.problems))
    return AccessPreview(
        gains=outcome.gains,
        losses=outcome.losses,
        invalid_tuples=outcome.invalid,
        warnings=show_problems(outcome.warnings),
        revision=Revision(request.replica.revision),
        deltas=outcome.changes,
    )


def _checked(graph: PermissionGraph, request: PermissionRequest, asked: CheckInput, at: At) -> AccessDecision:
    decision = graph.check(
        asked.user,
        asked.relation,
        asked.object,
        context=context_of(asked.context),
        contextual_tuples=tuples_of(asked.contextual_tuples),
        at=given(at),
    )
    return show_decision(decision, request.replica.revision)


def _checked_or_error(graph: PermissionGraph, request: PermissionRequest, asked: CheckInput, at: At) -> AccessDecision:
    try:
        return _checked(graph, request, asked, at)
    except PermissionGraphError as error:
        return show_error(error, request.replica.revision, suggests=request.sees_models)


def permissions(
    info: PermissionInfo,
    object_id: Annotated[strawberry.ID, strawberry.argument(description='"type:id", of any type of the live model.')],
) -> list[str]:
    """Return the relations that the viewer has to an object."""
    request = info.context
    try:
        type_name = object_type(object_id)
    except PermissionGraphError as error:
        raise refused(request, error) from error
    found = request.permissions.graph.model.types.get(type_name)
    return sorted(name for name in (found.relations if found is not None else ()) if request.allows(name, object_id))


contribute(
    Viewer,
    "permissions",
    permissions,
    "The relations that the viewer has to an object, sorted: those beginning with can_ say what may be done.",
)

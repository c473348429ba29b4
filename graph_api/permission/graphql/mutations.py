"""Root fields that change tuples and models."""

from typing import Annotated

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.errors import Internal
from graph_api.organization.graphql.common import InputRejected, given, rejected
from graph_api.organization.graphql.scalars import Revision
from graph_api.permission import commands
from graph_api.permission.graphql.arguments import (
    ChangePermissionsInput,
    WriteAuthorizationModelInput,
    change_of,
    source_of,
)
from graph_api.permission.graphql.request import PermissionInfo
from graph_api.permission.graphql.types import (
    AuthorizationModelRejected,
    AuthorizationModelWritten,
    PermissionsChanged,
    show_model,
    show_problems,
)

ChangePermissionsOutcome = Annotated[
    PermissionsChanged | InputRejected,
    strawberry.union("ChangePermissionsOutcome", description="What became of a change of tuples."),
]
WriteAuthorizationModelOutcome = Annotated[
    AuthorizationModelWritten | AuthorizationModelRejected,
    strawberry.union("WriteAuthorizationModelOutcome", description="What became of a model."),
]


@strawberry.type
class PermissionMutation:
    """What can be changed about permission."""

    @strawberry.mutation(description="Add and remove tuples in one commit, all or none. Revoked means revoked.")
    async def change_permissions(
        self,
        info: PermissionInfo,
        input: Annotated[ChangePermissionsInput, strawberry.argument(description="The tuples.")],
    ) -> ChangePermissionsOutcome | None:
        """Change tuples."""
        request = info.context
        answer = await request.permissions.change(
            change_of(input), actor=request.identity.id, idempotency_key=given(input.idempotency_key)
        )
        if isinstance(answer.value, Rejection):
            return rejected(request, answer.value)
        request.note_written(answer.revision)
        return PermissionsChanged(
            added=answer.value.added,
            removed=answer.value.removed,
            unchanged=answer.value.unchanged,
            revision=Revision(answer.revision),
        )

    @strawberry.mutation(
        description="Write a model and make it live. Tuples stay; those that it does not allow do not count under it. "
        "Where it is not live within SWARMGRAPH_MUTATION_SECONDS: TIMEOUT, and it will be."
    )
    async def write_authorization_model(
        self,
        info: PermissionInfo,
        input: Annotated[WriteAuthorizationModelInput, strawberry.argument(description="The model.")],
    ) -> WriteAuthorizationModelOutcome | None:
        """Write a model."""
        request = info.context
        answer = await request.permissions.write_model(
            source_of(input.source), actor=request.identity.id, idempotency_key=given(input.idempotency_key)
        )
        value = answer.value
        if isinstance(value, commands.AuthorizationModelRejected):
            return AuthorizationModelRejected(message=value.message, problems=show_problems(value.problems))
        request.note_written(answer.revision)
        record = request.permissions.model_record(value.model_id)
        if record is None:
            raise Internal(f"{value.model_id} was written and is not there.")
        return AuthorizationModelWritten(
            model=show_model(record, request.permissions.live_model_id),
            invalid_tuples=value.invalid_tuples,
            warnings=show_problems(value.warnings),
            revision=Revision(answer.revision),
        )

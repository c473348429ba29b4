"""The one schema: root fields of all rooms, and those that need every room.

`python -m graph_api.api.schema` prints it, as schema.graphql holds it.
"""

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, cast

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graph_api.api.guarding import guard_fields
from graph_api.api.limits import QueryLimits, limiting
from graph_api.api.subscriptions import Subscription
from graph_api.knowledge.graphql.breaker import ExperienceMutation, ExperienceQuery
from graph_api.knowledge.graphql.capture import CaptureQuery
from graph_api.knowledge.graphql.departing import DepartingMutation, DepartingQuery
from graph_api.knowledge.graphql.experience import Note
from graph_api.knowledge.graphql.flow import FlowQuery
from graph_api.knowledge.graphql.knowing import KnowingQuery
from graph_api.knowledge.graphql.loss import LossQuery
from graph_api.knowledge.graphql.mutations import KnowledgeMutation
from graph_api.knowledge.graphql.queries import KnowledgeQuery
from graph_api.knowledge.graphql.spread import SpreadQuery
from graph_api.knowledge.graphql.types import Knowledge
from graph_api.knowledge.model import Knowledge as KnowledgeNode
from graph_api.organization.graphql.common import Node
from graph_api.organization.graphql.mutations import OrganizationMutation
from graph_api.organization.graphql.queries import (
    Organization,
    OrganizationQuery,
    Viewer,
    node_by_id,
    nodes_by_id,
    organization_of,
)
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import SCALARS, JSONObject
from graph_api.organization.graphql.skills import SkillsMutation
from graph_api.organization.graphql.types import Customer, Person, Skill, Task, Unit
from graph_api.permission.graphql.mutations import PermissionMutation
from graph_api.permission.graphql.queries import PermissionQuery
from graph_api.swarm import model
from graph_api.swarm.graphql.dispatch import DispatchQuery
from graph_api.swarm.graphql.explaining import ExplainingQuery
from graph_api.swarm.graphql.fairness import FairnessQuery
from graph_api.swarm.graphql.life import LifeMutation
from graph_api.swarm.graphql.mutations import AssemblyQuery, SwarmMutation
from graph_api.swarm.graphql.queries import SwarmQuery
from graph_api.swarm.graphql.reorganising import Reorganization, ReorganizingMutation, ReorganizingQuery
from graph_api.swarm.graphql.replacing import ReplacingMutation
from graph_api.swarm.graphql.types import Swarm

LIMITS_DEFAULT: Final = QueryLimits(levels=12, fields=2000, variable_entries=20_000, tokens=2000)


@strawberry.type(
    description="What can be asked. Every answer carries the revision it was computed on. A field that the viewer may "
    "not ask is null with FORBIDDEN; what he may not see is left out, of counts too."
)
class Query(
    OrganizationQuery, SwarmQuery, AssemblyQuery, ExplainingQuery, ReorganizingQuery, DispatchQuery, FairnessQuery,
    PermissionQuery, FlowQuery, LossQuery, SpreadQuery, ExperienceQuery, CaptureQuery, DepartingQuery, KnowledgeQuery,
    KnowingQuery,
):  # fmt: skip
    """All root fields that read."""

    @strawberry.field(description="Any entity by its id; null where there is none.")
    def node(self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]) -> Node | None:
        """Return an entity."""
        return node_by_id(info.context.graph, id)

    @strawberry.field(
        description="Entities in the order of their ids, at most SWARMGRAPH_PAGE_MAX_ROWS; null where there is none."
    )
    def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids.")]
    ) -> list[Node | None]:
        """Return entities."""
        return nodes_by_id(info, ids)

    @strawberry.field(description="The organization as a whole.")
    def organization(self, info: Info) -> Organization | None:
        """Return the organization."""
        graph = info.context.graph
        return organization_of(
            graph, info.context.replica.revision, graph.count(model.Swarm), graph.count(KnowledgeNode)
        )


@strawberry.type(
    description="What can be changed: each field is one commit, all or nothing. One that the viewer may not ask for is "
    "null with FORBIDDEN and changes nothing."
)
class Mutation(
    OrganizationMutation,
    SkillsMutation,
    SwarmMutation,
    LifeMutation,
    ReplacingMutation,
    ReorganizingMutation,
    ExperienceMutation,
    DepartingMutation,
    PermissionMutation,
    KnowledgeMutation,
):
    """All root fields that change something."""


guard_fields(
    Query,
    Mutation,
    Subscription,
    Viewer,
    Organization,
    Person,
    Skill,
    Unit,
    Task,
    Customer,
    Swarm,
    Reorganization,
    Knowledge,
    Note,
)


class QuietSchema(strawberry.Schema):
    """A schema that leaves the telling of errors to the door."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: the door logs what is a fault of ours, and only that."""


@lru_cache(maxsize=8)
def build_schema(limits: QueryLimits = LIMITS_DEFAULT) -> QuietSchema:
    """Build the schema with its limits on a query."""
    return QuietSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=cast("Sequence[Any]", [JSONObject]),
        extensions=[limiting(limits)],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def print_schema_text() -> str:
    """Return the schema as text, as schema.graphql holds it."""
    return build_schema().as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(print_schema_text())

"""`swarmgraph run`: everything on a bare machine. A made-up seller, a team for its open order, then the service."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, cast

import msgspec
import typer

from graph_api.api.service import ApiService
from graph_api.cli.asking import ask
from graph_api.cli.assemble import book_team, tell
from graph_api.cli.composition import PERMISSION_DECLARED, open_site, search_on, service_on, settings_of, solver_pool
from graph_api.cli.generate import load_generated
from graph_api.cli.serve import serve_with_link
from graph_api.generate.order import ORDER_DEMAND, ORDER_ID, ORDER_TITLE
from graph_api.generate.scale import Scale
from graph_api.generate.seller import build
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import GraphView
from graph_api.ops.logs import configure_logging
from graph_api.ops.settings import Settings
from graph_api.organization.model import ORGANIZATION_ID, Organization, Person, Task
from graph_api.permission.service import open_permissions
from graph_api.projection.replica import Replica

_COUNTS: Final = "{ organization { name counts { people skills units tasks customers swarms } } }"
_OPEN: Final = "mutation Open($input: OpenTaskInput!) { openTask(input: $input) { __typename } }"

_PATIENCE_SECONDS: Final = 120.0


def run_command(context: typer.Context) -> None:
    """Fill an empty graph with a made-up seller, assemble a team for its open order, and serve."""
    settings = settings_of(context)
    configure_logging(settings.log_level)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    # The first team comes with its proof however slow the machine; the service then keeps to the settings.
    patient = settings.model_copy(update={"mutation_seconds": max(_PATIENCE_SECONDS, settings.mutation_seconds)})
    async with (
        open_site(settings, warm=True) as replica,
        solver_pool(settings) as pool,
        search_on(replica, settings) as indexed,
    ):
        await _fill(replica)
        async with open_permissions(replica, PERMISSION_DECLARED, settings) as permissions:
            service = service_on(replica, permissions, pool, patient)
            typer.echo(_summary((await ask(service, _COUNTS, {}))["organization"]))
            tell(await _staff_order(service, datetime.now(UTC).date()))
            await serve_with_link(service_on(replica, permissions, pool, settings, indexed))


async def _fill(replica: Replica) -> None:
    """Load the made-up seller where the graph is empty; raises Conflict where it holds somebody else's organization."""
    graph = replica.graph
    if not graph.count(Person):
        await load_generated(replica, build(Scale(), today=datetime.now(UTC).date()))
    elif not _is_the_seller(graph):
        raise Conflict(
            "The graph holds another organization than the made-up seller; nothing was changed.",
            suggestion="`swarmgraph serve` serves it; --data-dir or NEO4J_URI choose another graph.",
        )


def _is_the_seller(graph: GraphView) -> bool:
    organization = graph.node(Organization, ORGANIZATION_ID)
    return organization is not None and organization.synthetic and graph.node(Task, ORDER_ID) is not None


def _summary(organization: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in organization["counts"].items())
    return f"{organization['name']}, all of it made up: {counts}."


async def _staff_order(service: ApiService, today: date) -> dict[str, Any]:
    """Book the team of the order, or show what was booked before; when that is forgotten, another order comes in."""
    outcome = await book_team(service, _booking_of(ORDER_ID))
    if outcome["__typename"] != "InputRejected":
        return outcome
    again = f"{ORDER_ID}-{today}"
    await ask(service, _OPEN, {"input": _another_order(again)})
    return await book_team(service, _booking_of(again))


def _booking_of(task_id: str) -> dict[str, Any]:
    return {"taskId": task_id, "idempotencyKey": f"run {task_id}"}


def _another_order(task_id: str) -> dict[str, Any]:
    demand = _camel_case(msgspec.to_builtins(ORDER_DEMAND))
    return {"id": task_id, "title": ORDER_TITLE, "demand": demand, "idempotencyKey": f"run {task_id}"}


def _camel_case(value: Any) -> Any:
    """Name the parts of a demand as GraphQL does."""
    if isinstance(value, list | tuple):
        return [_camel_case(part) for part in cast("Sequence[Any]", value)]
    if isinstance(value, dict):
        return {_camel_name(name): _camel_case(part) for name, part in cast("dict[str, Any]", value).items()}
    return value


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))

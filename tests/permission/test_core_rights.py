"""Who may do what under the core module: each role on its own and on foreign objects."""

from itertools import product

import msgspec
import pytest

from graph_api.kernel.records import upsert
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.tuples import TupleSource
from graph_api.swarm.model import Swarm, SwarmState
from graph_api.swarm.reorganising.model import Reorganization
from tests.permission.world import AT, CORE, TABLE, TODAY, World, organization, swarm, tuples, writings

ROLES = tuples(
    "person:root administrator organization:main",
    "person:dis dispatcher organization:main",
    "integration:erp integrator organization:main",
    "contact:buyer contact customer:kep",
)
EVERYBODY = (
    "admin:local", "person:root", "person:dis", "integration:erp", "contact:buyer",
    "person:ada", "person:bo", "person:cy", "person:di", "person:left", "person:nobody",
)  # fmt: skip
ADMINISTRATORS = {"admin:local", "person:root"}
DISPATCHERS = ADMINISTRATORS | {"person:dis"}
INTEGRATORS = ADMINISTRATORS | {"integration:erp"}
READERS = DISPATCHERS | INTEGRATORS
MEMBERS = {"person:ada", "person:bo", "person:cy", "person:di"}
TEAM = {"person:ada", "person:bo"}
SWARM = {"person:bo", "person:cy"}
MANAGER = {"person:ada"}
"""Ada leads the unit that Bo belongs to; Di is whom Ada reports to."""
CONTACT = {"contact:buyer"}

REORGANIZATION = Reorganization(id="reorganization:r", task="task:mx", created_at=AT, found="{}")

RIGHTS = {
    ("can_see", "organization:main"): MEMBERS | READERS,
    ("can_see_people", "organization:main"): READERS,
    ("can_see_units", "organization:main"): MEMBERS | READERS,
    ("can_see_skills", "organization:main"): MEMBERS | READERS,
    ("can_see_customers", "organization:main"): READERS,
    ("can_see_tasks", "organization:main"): READERS,
    ("can_see_swarms", "organization:main"): READERS,
    ("can_see_knowledge", "organization:main"): READERS,
    ("can_see_reorganizations", "organization:main"): READERS,
    ("can_save_people", "organization:main"): INTEGRATORS,
    ("can_save_units", "organization:main"): INTEGRATORS,
    ("can_save_skills", "organization:main"): INTEGRATORS,
    ("can_save_customers", "organization:main"): READERS,
    ("can_open_tasks", "organization:main"): READERS,
    ("can_propose", "organization:main"): DISPATCHERS,
    ("can_assemble", "organization:main"): DISPATCHERS,
    ("can_follow", "organization:main"): READERS,
    ("can_assess_departures", "organization:main"): ADMINISTRATORS,
    ("can_see_permissions", "organization:main"): INTEGRATORS,
    ("can_change_permissions", "organization:main"): ADMINISTRATORS,
    ("can_change_resource_permissions", "organization:main"): INTEGRATORS,
    ("can_write_models", "organization:main"): ADMINISTRATORS,
    ("can_see", "person:bo"): TEAM | SWARM | READERS | CONTACT,
    ("can_see", "person:di"): {"person:di"} | READERS,
    ("can_see", "person:left"): READERS,
    ("can_see_availability", "person:bo"): {"person:bo"} | MANAGER | READERS,
    ("can_see_availability", "person:ada"): {"person:ada", "person:di"} | READERS,
    ("can_save", "person:bo"): INTEGRATORS,
    ("can_see", "unit:team"): MEMBERS | READERS,
    ("can_manage", "unit:team"): MANAGER,
    ("can_save", "unit:team"): INTEGRATORS,
    ("can_see", "skill:tax"): MEMBERS | READERS,
    ("can_save", "skill:tax"): INTEGRATORS,
    ("can_see", "customer:kep"): CONTACT | SWARM | READERS,
    ("can_save", "customer:kep"): READERS,
    ("can_see", "task:mx"): CONTACT | SWARM | READERS,
    ("can_save", "task:mx"): READERS,
    ("can_propose", "task:mx"): DISPATCHERS,
    ("can_assemble", "task:mx"): DISPATCHERS,
    ("can_see", "swarm:s"): CONTACT | SWARM | MANAGER | READERS,
    ("can_record", "swarm:s"): SWARM,
    ("can_waive", "swarm:s"): DISPATCHERS,
    ("can_lead", "swarm:s"): DISPATCHERS,
    ("can_see", "reorganization:r"): READERS,
    ("can_decide", "reorganization:r"): DISPATCHERS,
    ("can_see", "knowledge:done"): MEMBERS | READERS,
    ("can_see", "knowledge:draft"): SWARM,
    ("can_confirm", "knowledge:draft"): {"person:bo"},
    ("can_save", "knowledge:draft"): {"person:bo"},
    ("can_save", "knowledge:done"): ADMINISTRATORS,
    ("can_see", "note:n"): SWARM,
}


def graph_of(state: SwarmState = SwarmState.ACTIVE) -> PermissionGraph:
    world = World(*organization(), *swarm(), *writings(), REORGANIZATION)
    living = world.graph.node(Swarm, "swarm:s")
    assert living is not None
    world.graph.apply([upsert(msgspec.structs.replace(living, state=state))])
    graph = PermissionGraph(CORE.model, clock=lambda: AT)
    graph.write(add=ROLES)
    derived = [each for key in TABLE.keys(world.graph) for each in TABLE.derive(world.graph, key, TODAY).tuples]
    graph.write(add=[*derived, *TABLE.fixed], source=TupleSource.DERIVED)
    return graph


def allowed(graph: PermissionGraph, relation: str, target: str) -> set[str]:
    return {user for user in EVERYBODY if graph.check(user, relation, target)}


@pytest.mark.parametrize(("relation", "target"), RIGHTS)
def test_exactly_those_may_who_are_said_to(relation: str, target: str) -> None:
    assert allowed(graph_of(), relation, target) == RIGHTS[relation, target]


def test_every_right_of_the_core_has_its_row() -> None:
    kinds = {(relation, target.partition(":")[0]) for relation, target in RIGHTS}
    defined = {
        (name, each.name)
        for each in CORE.model.types.values()
        for name in each.relations
        if name.startswith("can_") and (name, each.name) not in {("can_manage", "person"), ("can_manage", "swarm")}
    }
    assert defined == kinds


def test_whoever_sees_everybody_of_a_kind_sees_each_of_them() -> None:
    """A door may therefore ask once for a whole list; drafts are none of it."""
    graph = graph_of()
    kinds = {"people": "person:bo", "units": "unit:all", "skills": "skill:tax", "customers": "customer:kep",
             "tasks": "task:mx", "swarms": "swarm:s", "knowledge": "knowledge:done"}  # fmt: skip
    for user, (kind, target) in product(EVERYBODY, kinds.items()):
        if graph.check(user, f"can_see_{kind}", "organization:main"):
            assert graph.check(user, "can_see", target), (user, target)


def test_a_closing_swarm_is_read_and_recorded_by_its_people_and_worked_in_by_nobody() -> None:
    graph = graph_of(SwarmState.CLOSING)
    assert allowed(graph, "member", "swarm:s") == set()
    assert allowed(graph, "can_see", "task:mx") == RIGHTS["can_see", "task:mx"]
    assert allowed(graph, "can_record", "swarm:s") == SWARM


def test_nothing_is_left_of_a_swarm_that_is_over() -> None:
    graph = graph_of(SwarmState.DISSOLVED)
    assert allowed(graph, "can_record", "swarm:s") == set()
    assert allowed(graph, "can_see", "task:mx") == RIGHTS["can_see", "task:mx"] - SWARM
    assert allowed(graph, "can_see", "person:bo") == TEAM | READERS

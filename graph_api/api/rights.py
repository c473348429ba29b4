"""What each field asks of the permission graph, and what each operation needs inside the lock: the whole table.

One place enforces the first (`guarding.py`) and one the second (`permission/guarding.py`). Whatever is not named here
fails a test and is refused. Rows that are hidden are left out before any field sees them (`permission/sight.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from graph_api.kernel.ids import split_id
from graph_api.knowledge.departing.decisions import AssessDeparture
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.permission.commands import ChangePermissions
from graph_api.permission.guarding import Exists, Needed, Needs, Right
from graph_api.permission.seeing import AVAILABILITY
from graph_api.permission.sight import Seen


class Open(msgspec.Struct, frozen=True):
    """Whoever has a token may ask; what comes back is what the viewer may see."""


class OnArgument(msgspec.Struct, frozen=True):
    """A relation to the entity that an argument names, such as ("input", "task_id"), where the viewer sees that.

    Where it names several, to each of them.
    """

    relation: str
    path: tuple[str, ...]


class Asks(msgspec.Struct, frozen=True):
    """One right of each tuple is needed: without it a root field is FORBIDDEN.

    `about` names an argument, such as `user`: whoever asks about himself needs no right, unless he supposes tuples.
    Neither does who has the relation of `instead`. A `strict` one asks for the relation of `on` whether or not the
    viewer sees the entity, so that what is hidden and what is not there are alike.
    """

    needed: tuple[Needed, ...]
    about: str | None = None
    on: OnArgument | None = None
    instead: OnArgument | None = None
    strict: bool = False


class OfParent(msgspec.Struct, frozen=True):
    """Something has to be seen of the entity that the field belongs to: without it the field is null."""

    aspect: Seen


class Closed(msgspec.Struct, frozen=True):
    """Nobody may ask: a root field that stands in no table."""


Rule = Open | Asks | OfParent | Closed


def on_organization(*relations: str) -> Needed:
    """Return rights to the organization of which one is enough."""
    return tuple(Right(relation, ORGANIZATION_ID) for relation in relations)


def asks(
    *relations: str, about: str | None = None, on: OnArgument | None = None, instead: OnArgument | None = None
) -> Asks:
    """Ask for each of some relations to the organization."""
    return Asks(tuple(on_organization(relation) for relation in relations), about, on, instead)


SEES_PERMISSIONS: Final = "can_see_permissions"
SEES_EVERYTHING: Final = (
    "can_see_people", "can_see_units", "can_see_skills", "can_see_customers", "can_see_tasks", "can_see_swarms",
    "can_see_knowledge", "can_see_reorganizations",
)  # fmt: skip
LEADS: Final = ("can_assemble", "can_see_tasks", "can_see_people", "can_see_skills", "can_see_swarms")
LED: Final = OnArgument("can_lead", ("input", "swarm_id"))
"""What it takes to lead a swarm from its making to its end."""
DECIDED: Final = OnArgument("can_decide", ("input", "reorganization_id"))
MANAGED: Final = OnArgument("can_manage", ("input", "person_id"))
RECORDED: Final = OnArgument("can_record", ("input", "swarm_id"))
CHANGES: Final[Mapping[str, Asks]] = {
    "savePeople": asks("can_save_people", "can_see_people", "can_see_units", "can_see_skills"),
    "saveSkills": asks("can_save_skills", "can_see_skills"),
    "saveUnits": asks("can_save_units", "can_see_units"),
    "saveCustomers": asks("can_save_customers", "can_see_customers"),
    "openTask": asks("can_open_tasks", "can_see_tasks", "can_see_customers", "can_see_people", "can_see_skills"),
    "assembleSwarm": asks(
        "can_assemble", "can_see_tasks", "can_see_people", "can_see_skills", "can_see_swarms",
        on=OnArgument("can_assemble", ("input", "task_id")),
    ),
    "updateTask": asks(
        "can_open_tasks", "can_see_tasks", "can_see_customers", "can_see_people", "can_see_skills",
        on=OnArgument("can_save", ("input", "task_id")),
    ),
    "cancelSwarm": asks(*LEADS, on=LED),
    "rescheduleSwarm": asks(*LEADS, on=LED),
    "dissolveSwarm": asks(*LEADS, on=LED),
    "addNote": Asks((), on=RECORDED, strict=True),
    "recordExperience": Asks((), on=RECORDED, strict=True),
    "confirmExperience": Asks((), on=OnArgument("can_confirm", ("input", "knowledge_id")), strict=True),
    "waiveExperience": asks(*LEADS, on=OnArgument("can_waive", ("input", "swarm_id"))),
    "replaceMember": asks(*LEADS, on=LED),
    "endPerson": asks("can_save_people", *LEADS, on=OnArgument("can_save", ("input", "person_id"))),
    "applyReorganization": asks(*LEADS, on=DECIDED),
    "declineReorganization": asks(*LEADS, on=DECIDED),
    "setAbsences": asks("can_save_people", "can_see_people", "can_see_swarms", about="input", instead=MANAGED),
    "setPersonSkills": asks("can_save_people", "can_see_people", "can_see_skills", about="input"),
    "confirmPersonSkills": asks("can_save_people", "can_see_people", "can_see_skills", instead=MANAGED),
    "assessDeparture": asks(
        "can_assess_departures", "can_see_people", "can_see_skills", "can_see_tasks", "can_see_knowledge",
        instead=OnArgument("can_manage", ("input", "person_ids")),
    ),
    "useKnowledge": asks(),
    "citeKnowledge": asks(),
    "mergeKnowledge": asks(on=OnArgument("can_save", ("input", "keep_id"))),
    "changePermissions": Asks((on_organization("can_change_permissions", "can_change_resource_permissions"),)),
    "writeAuthorizationModel": asks("can_write_models"),
}  # fmt: skip
"""Changes, by the names of their fields and operations.

Whoever changes something has to see all of the kinds that he may name: what is refused, and why, would tell of them.
"""

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
    "Query.knowledge": Open(),
    "Query.organization": asks("can_see"),
    "Query.proposeSwarm": asks("can_propose", on=OnArgument("can_propose", ("task_id",))),
    "Query.whyNot": asks("can_propose", on=OnArgument("can_propose", ("task_id",))),
    "Query.reorganizationTrigger": asks(*LEADS, on=OnArgument("can_assemble", ("task_id",))),
    "Query.reorganizations": asks("can_see_reorganizations", "can_see_tasks"),
    "Query.tides": asks("can_see_tasks", "can_see_skills"),
    "Query.freeCapacity": asks("can_see_people", "can_see_skills", "can_see_swarms"),
    "Query.forecastGap": asks("can_see_tasks", "can_see_people", "can_see_skills", "can_see_swarms"),
    "Query.idleShare": asks("can_see_people", "can_see_swarms"),
    "Query.fairness": asks("can_see_tasks", "can_see_people", "can_see_skills", "can_see_swarms"),
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
    "Query.experienceOwed": asks("can_see_swarms", "can_see_people"),
    "Query.captureRate": asks("can_see_knowledge", "can_see_swarms", "can_see_people", "can_see_tasks"),
    "Query.knowledgeFlow": asks("can_see_knowledge"),
    "Query.knowledgePath": asks("can_see_knowledge"),
    "Query.knowledgeBrokers": asks("can_see_knowledge", "can_see_people"),
    "Query.knowledgeReach": asks("can_see_knowledge"),
    "Query.knowledgeAtRisk": asks("can_see_knowledge", "can_see_people", "can_see_skills"),
    "Query.singleAuthorSkills": asks("can_see_tasks", "can_see_people", "can_see_skills"),
    "Query.departureAssessments": asks("can_assess_departures", "can_see_people"),
    "Query.whoKnows": asks("can_see"),
    "Query.possibleDuplicates": asks("can_see"),
    "Query.valueDiffusion": asks("can_see_customers"),
    **{f"Mutation.{name}": rule for name, rule in CHANGES.items()},
    "Subscription.organizationChanges": asks("can_follow", *SEES_EVERYTHING),
    "Subscription.permissionChanges": asks(SEES_PERMISSIONS),
    "Subscription.accessChanges": asks(SEES_PERMISSIONS, about="watch"),
    "Viewer.permissions": Open(),
    "Person.absences": OfParent(AVAILABILITY),
}
"""Root fields, and fields of entities that take more than seeing the entity."""

ENTITIES: Final[Mapping[str, str]] = {
    "Person": "person",
    "Skill": "skill",
    "Unit": "unit",
    "Task": "task",
    "Customer": "customer",
    "Swarm": "swarm",
    "Reorganization": "reorganization",
    "Knowledge": "knowledge",
    "Note": "note",
}
"""Types of entities in the schema: whoever sees an entity of the type sees its other fields.

Rows that lead to hidden entities are left out.
"""
PARTS: Final = frozenset({
    "CapacityWeek", "Fairness", "GapWeek", "IdleShare", "IdleWeek", "SkillCapacity", "SkillGap", "SkillTide",
    "TideWeek",
    "CaptureRate", "ExperienceOwed", "ExperienceRecorded", "ExperienceWaived", "ExperienceWaiver", "NoteAdded",
    "AdoptionExposure", "AdoptionPeriod", "FlowBalance", "FlowLink", "KnowledgeAtRisk", "KnowledgeFlow",
    "KnowledgeQuote", "SingleAuthorSkill",
    "KnowledgePath", "KnowledgeStep", "ValueDiffusion", "Vertex",
    "DepartureAssessed", "DepartureAssessment",
    "KnowledgeBroker", "KnowledgeBrokers", "KnowledgeReach", "ReachPoint",
    "KnowledgeEvidence", "KnowledgeHolder", "PossibleDuplicate", "WhoKnows",
    "KnowledgeCited", "KnowledgeMerged", "KnowledgeUse", "KnowledgeUsed", "TextSpan",
    "AccessChange", "AccessChanges", "AccessDecision", "AccessDelta", "AccessExplanation", "AccessPreview",
    "AlternativeTeam", "AuthorizationModel", "AuthorizationModelRejected", "AuthorizationModelWritten", "Certificate",
    "Days", "InputProblem", "InputRejected", "ModelProblem", "Money", "NodeCounts", "Organization",
    "OrganizationChange", "OrganizationChanges", "PageInfo", "PermissionChange", "PermissionChanges",
    "PermissionError", "PermissionTuple", "PermissionsChanged", "Saved", "SeatPoints", "SkillDemand", "SkillHolding",
    "SwarmAssembled", "SwarmConflict", "SwarmConstraint", "SwarmMember", "SwarmProposal", "SwarmRepair", "SwarmSeat",
    "AbsencesSet", "MemberReplaced", "PersonEnded", "SwarmCancelled", "SwarmDissolved", "SwarmRescheduled",
    "PersonSkillsSet", "ReorganizationApplied", "ReorganizationMove",
    "ReorganizationTrigger", "SkillPrice", "SwarmPrices", "SwarmVerification", "TaskUpdated", "WhyNot",
    "SwarmShortage", "SwarmUndecided", "TaskOpened", "UsersetNode", "UsersetTree", "Viewer",
})  # fmt: skip
"""Types that are part of the field that gives them, as pages are: whoever may ask that sees all of it.

Entities inside are shown by what it takes to see them.
"""


def _always(rule: Asks) -> Needs:
    def needs(command: Any, exists: Exists) -> Iterable[Needed]:
        return rule.needed

    return needs


def _each(rule: Asks, relation: str, ids: Callable[[Any], Iterable[str]]) -> Needs:
    """Return what a command needs that alters entities: a right to each of them that is there already."""

    def needs(command: Any, exists: Exists) -> Iterable[Needed]:
        yield from rule.needed
        yield from ((Right(relation, one),) for one in ids(command) if exists(one))

    return needs


def _always_on(relation: str, target: Callable[[Any], str]) -> Needs:
    """Return what a command needs that alters one entity, there or not: who has no right is not told which."""

    def needs(command: Any, exists: Exists) -> Iterable[Needed]:
        yield (Right(relation, target(command)),)

    return needs


def _of_person(rule: Asks, *relations: str) -> Needs:
    """Return what it takes to alter a person; of nobody it is only told to whom all people may be told."""

    def needs(command: Any, exists: Exists) -> Iterable[Needed]:
        if exists(command.person_id):
            yield tuple(Right(relation, command.person_id) for relation in relations)
        else:
            yield from rule.needed

    return needs


def _of_people(rule: Asks, command: AssessDeparture, exists: Exists) -> Iterable[Needed]:
    """Yield what it takes to ask about people: the right to ask about anybody, or to manage each of them."""
    for one in command.person_ids:
        if exists(one):
            yield (*on_organization("can_assess_departures"), Right("can_manage", one))
        else:
            yield from rule.needed
    if not command.person_ids:
        yield from rule.needed


def _given(*ids: str | None) -> Iterable[str]:
    return (one for one in ids if one is not None)


def operations(core_types: frozenset[str]) -> Mapping[str, Needs]:
    """Return what operations need; tuples on objects of the core's types take another right than all others."""

    def changed(command: ChangePermissions, exists: Exists) -> Iterable[Needed]:
        types = {split_id(each.object)[0] for each in (*command.add, *command.remove)}
        types |= {split_id(each.object)[0] for each in (*command.must_exist, *command.must_not_exist)}
        if types & core_types:
            yield on_organization("can_change_permissions")
        if types - core_types or not types:
            yield on_organization("can_change_resource_permissions")

    return {
        "savePeople": _each(CHANGES["savePeople"], "can_save", lambda command: (one.id for one in command.people)),
        "saveSkills": _each(CHANGES["saveSkills"], "can_save", lambda command: (one.id for one in command.skills)),
        "saveUnits": _each(CHANGES["saveUnits"], "can_save", lambda command: (one.id for one in command.units)),
        "saveCustomers": _each(
            CHANGES["saveCustomers"], "can_save", lambda command: (one.id for one in command.customers)
        ),
        "openTask": _always(CHANGES["openTask"]),
        "assembleSwarm": _each(CHANGES["assembleSwarm"], "can_assemble", lambda command: (command.task_id,)),
        "updateTask": _each(CHANGES["updateTask"], "can_save", lambda command: (command.task_id,)),
        **{
            name: _each(CHANGES[name], "can_lead", lambda command: (command.swarm_id,))
            for name in ("cancelSwarm", "rescheduleSwarm", "dissolveSwarm", "replaceMember")
        },
        **{
            name: _each(CHANGES[name], "can_decide", lambda command: (command.reorganization_id,))
            for name in ("applyReorganization", "declineReorganization")
        },
        "addNote": _always_on("can_record", lambda command: command.swarm_id),
        "recordExperience": _always_on("can_record", lambda command: command.swarm_id),
        "confirmExperience": _always_on("can_confirm", lambda command: command.knowledge_id),
        "waiveExperience": _each(CHANGES["waiveExperience"], "can_waive", lambda command: (command.swarm_id,)),
        "endPerson": _each(CHANGES["endPerson"], "can_save", lambda command: (command.person_id,)),
        "setAbsences": _of_person(CHANGES["setAbsences"], "can_save", "itself", "can_manage"),
        "setPersonSkills": _of_person(CHANGES["setPersonSkills"], "can_save", "itself"),
        "confirmPersonSkills": _of_person(CHANGES["confirmPersonSkills"], "can_save", "can_manage"),
        "assessDeparture": partial(_of_people, CHANGES["assessDeparture"]),
        "useKnowledge": _each(
            CHANGES["useKnowledge"], "can_see", lambda command: _given(command.knowledge_id, command.task_id)
        ),
        "citeKnowledge": _each(
            CHANGES["citeKnowledge"], "can_see", lambda command: (command.knowledge_id, command.cited_id)
        ),
        "mergeKnowledge": _each(
            CHANGES["mergeKnowledge"], "can_save", lambda command: (command.keep_id, *command.duplicate_ids)
        ),
        "changePermissions": changed,
        "writeAuthorizationModel": _always(CHANGES["writeAuthorizationModel"]),
        # Whoever makes a token for an administrator has every right: so does whoever may grant them all.
        "createToken": _always(asks("can_change_permissions")),
        "revokeToken": _always(asks("can_change_permissions")),
    }

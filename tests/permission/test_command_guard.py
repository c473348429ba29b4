"""The guard inside the lock: what each operation needs, of whom, on which entity, as earlier commands have left it."""

from datetime import date
from typing import Any

import pytest

from graph_api.api.rights import operations
from graph_api.kernel.commands import Accepted, AnyOperation, Command, Context, Operation
from graph_api.kernel.errors import Forbidden
from graph_api.kernel.graph import Overlay
from graph_api.kernel.quantities import Days
from graph_api.knowledge.departing.decisions import ASSESS_DEPARTURE, AssessDeparture
from graph_api.knowledge.experience.commands import (
    AddNote,
    ConfirmExperience,
    DissolveSwarm,
    RecordExperience,
    WaiveExperience,
)
from graph_api.knowledge.experience.decisions import (
    ADD_NOTE,
    CONFIRM_EXPERIENCE,
    DISSOLVE_SWARM,
    RECORD_EXPERIENCE,
    WAIVE_EXPERIENCE,
)
from graph_api.knowledge.merging import MERGE_KNOWLEDGE, MergeKnowledge
from graph_api.knowledge.using import CITE_KNOWLEDGE, USE_KNOWLEDGE, CiteKnowledge, UseKnowledge
from graph_api.organization import commands as organization_commands
from graph_api.organization.commands import PersonInput, SaveCustomers, SavePeople, SaveSkills, SaveUnits
from graph_api.organization.decisions import SAVE_CUSTOMERS, SAVE_PEOPLE, SAVE_SKILLS, SAVE_UNITS
from graph_api.organization.skills import (
    CONFIRM_PERSON_SKILLS,
    SET_PERSON_SKILLS,
    ConfirmPersonSkills,
    SetPersonSkills,
)
from graph_api.permission.commands import ChangePermissions, ModelSource, WriteModel
from graph_api.permission.core import shipped_core
from graph_api.permission.guarding import CommandGuard
from graph_api.permission.tokens import CREATE_TOKEN, REVOKE_TOKEN, CreateToken, RevokeToken
from graph_api.projection.deciding import Judge, Work
from graph_api.swarm.assembly import NewTask
from graph_api.swarm.decisions import ASSEMBLE_SWARM, OPEN_TASK, AssembleSwarm, OpenTask
from graph_api.swarm.life.absences import SET_ABSENCES, SetAbsences
from graph_api.swarm.life.ending import END_PERSON, EndPerson
from graph_api.swarm.life.replacing import REPLACE_MEMBER, ReplaceMember
from graph_api.swarm.life.swarms import (
    CANCEL_SWARM,
    RESCHEDULE_SWARM,
    CancelSwarm,
    RescheduleSwarm,
)
from graph_api.swarm.life.tasks import UPDATE_TASK, UpdateTask
from graph_api.swarm.model import LeaveReason
from graph_api.swarm.reorganising.decisions import APPLY, DECLINE, ApplyReorganization, DeclineReorganization
from tests.permission.test_supposing import projection_of
from tests.permission.world import AT, CHANGE, CORE, WRITE, World, keys, organization, swarm, tuples, writings

GRANTS = tuples(
    "person:ada administrator organization:main",
    "person:bo dispatcher organization:main",
    "integration:erp integrator organization:main",
)
ACTORS = (
    "admin:local", "person:ada", "person:bo", "integration:erp", "person:cy", "person:left", "contact:buyer", "robot:x",
)  # fmt: skip
"""Cy is a member, Left is gone, and the live model knows no robots."""
ADMINISTRATORS = {"admin:local", "person:ada"}
DISPATCHERS = ADMINISTRATORS | {"person:bo"}
INTEGRATORS = ADMINISTRATORS | {"integration:erp"}
OFFICE = DISPATCHERS | INTEGRATORS
DAYS = Days(date(2026, 3, 9), date(2026, 3, 13))
SHARE = tuples("person:bo viewer document:1")
PROPOSED = "reorganization:r"
DECLARE = INTEGRATORS | {"person:cy"}


def about(*people: str) -> AssessDeparture:
    return AssessDeparture(assessment_id="assessment:a", person_ids=people)


DONE, DRAFT = "knowledge:done", "knowledge:draft"
REPLACE = ReplaceMember(swarm_id="swarm:s", person_id="person:bo", reason=LeaveReason.OTHER)
NOTED: dict[str, Any] = {"text_bytes_max": 9, "notes_max": 9}
WRITTEN: dict[str, Any] = {"knowledge_id": "knowledge:1", "title": "x", "body": "x"}
WRITTEN_MOST: dict[str, Any] = {"body_bytes_max": 9, "experiences_max": 9}
CONFIRM_NOTHING = ConfirmExperience(knowledge_id="knowledge:x", body_bytes_max=1)
NEEDS: dict[str, tuple[AnyOperation, Command, set[str]]] = {
    "save people": (SAVE_PEOPLE, SavePeople(people=(PersonInput(id="person:bo"),)), INTEGRATORS),
    "save skills": (SAVE_SKILLS, SaveSkills(skills=()), INTEGRATORS),
    "save units": (SAVE_UNITS, SaveUnits(units=()), INTEGRATORS),
    "save customers": (SAVE_CUSTOMERS, SaveCustomers(customers=()), OFFICE),
    "open a task": (OPEN_TASK, OpenTask(task_id="task:new", task=NewTask(title="New")), OFFICE),
    "assemble": (ASSEMBLE_SWARM, AssembleSwarm(task_id="task:mx", swarm_id="swarm:new"), DISPATCHERS),
    "update a task": (UPDATE_TASK, UpdateTask(task_id="task:mx", title="Other"), OFFICE),
    "call a swarm off": (CANCEL_SWARM, CancelSwarm(swarm_id="swarm:s"), DISPATCHERS),
    "move a swarm": (RESCHEDULE_SWARM, RescheduleSwarm(swarm_id="swarm:s", days=DAYS), DISPATCHERS),
    "apply a reorganization": (APPLY, ApplyReorganization(reorganization_id=PROPOSED, swarm_id="swarm:n"), DISPATCHERS),
    "decline a reorganization": (DECLINE, DeclineReorganization(reorganization_id=PROPOSED), DISPATCHERS),
    "replace a member": (REPLACE_MEMBER, REPLACE, DISPATCHERS),
    "end a person": (END_PERSON, EndPerson(person_id="person:bo", last_day=date(2026, 3, 9)), ADMINISTRATORS),
    "dissolve a swarm": (DISSOLVE_SWARM, DissolveSwarm(swarm_id="swarm:s"), DISPATCHERS),
    "write a note": (
        ADD_NOTE,
        AddNote(note_id="note:1", swarm_id="swarm:s", text="x", **NOTED),
        {"person:bo", "person:cy"},
    ),
    "write down": (
        RECORD_EXPERIENCE,
        RecordExperience(swarm_id="swarm:s", **WRITTEN, **WRITTEN_MOST),
        {"person:bo", "person:cy"},
    ),
    "write down of no swarm": (
        RECORD_EXPERIENCE,
        RecordExperience(swarm_id="swarm:none", **WRITTEN, **WRITTEN_MOST),
        set[str](),
    ),
    "confirm nothing": (
        CONFIRM_EXPERIENCE,
        ConfirmExperience(knowledge_id="knowledge:x", body_bytes_max=1),
        set[str](),
    ),
    "let somebody off": (
        WAIVE_EXPERIENCE,
        WaiveExperience(swarm_id="swarm:s", person_id="person:bo", reason="x"),
        DISPATCHERS,
    ),
    "set somebody's absences": (SET_ABSENCES, SetAbsences(person_id="person:bo", absences=()), OFFICE),
    "set one's own absences": (
        SET_ABSENCES,
        SetAbsences(person_id="person:cy", absences=()),
        INTEGRATORS | {"person:cy"},
    ),
    "set absences of who left": (SET_ABSENCES, SetAbsences(person_id="person:left", absences=()), INTEGRATORS),
    "set one's own skills": (SET_PERSON_SKILLS, SetPersonSkills(person_id="person:cy", skills=()), DECLARE),
    "confirm a person's skills": (
        CONFIRM_PERSON_SKILLS,
        ConfirmPersonSkills(person_id="person:bo", skills=()),
        INTEGRATORS,
    ),
    "set nobody's absences": (SET_ABSENCES, SetAbsences(person_id="person:none", absences=()), INTEGRATORS),
    "ask what leaving takes along": (ASSESS_DEPARTURE, about("person:bo"), ADMINISTRATORS),
    "ask it of several": (ASSESS_DEPARTURE, about("person:bo", "person:none"), ADMINISTRATORS),
    "ask it of nobody": (ASSESS_DEPARTURE, about(), ADMINISTRATORS),
    "use what is published": (USE_KNOWLEDGE, UseKnowledge(knowledge_id=DONE), OFFICE | {"person:cy"}),
    "use it for a task": (
        USE_KNOWLEDGE,
        UseKnowledge(knowledge_id=DONE, task_id="task:mx"),
        OFFICE | {"person:cy"},
    ),
    "cite a draft": (CITE_KNOWLEDGE, CiteKnowledge(knowledge_id=DONE, cited_id=DRAFT), {"person:bo", "person:cy"}),
    "cite what nobody has": (
        CITE_KNOWLEDGE,
        CiteKnowledge(knowledge_id="knowledge:a", cited_id="knowledge:b"),
        set(ACTORS),
    ),
    "merge into a draft": (
        MERGE_KNOWLEDGE,
        MergeKnowledge(keep_id=DRAFT, duplicate_ids=("knowledge:none",)),
        {"person:bo"},
    ),
    "merge a draft and more": (
        MERGE_KNOWLEDGE,
        MergeKnowledge(keep_id=DRAFT, duplicate_ids=(DONE,)),
        set[str](),
    ),
    "grant a role": (CHANGE, ChangePermissions(add=GRANTS), ADMINISTRATORS),
    "revoke a role": (CHANGE, ChangePermissions(remove=keys("person:bo manager unit:team")), ADMINISTRATORS),
    "ask for a role": (CHANGE, ChangePermissions(must_exist=keys("person:bo contact customer:kep")), ADMINISTRATORS),
    "ask for no role": (CHANGE, ChangePermissions(must_not_exist=keys("person:bo member swarm:s")), ADMINISTRATORS),
    "share a document": (CHANGE, ChangePermissions(add=SHARE), INTEGRATORS),
    "change nothing": (CHANGE, ChangePermissions(), INTEGRATORS),
    "share and grant": (CHANGE, ChangePermissions(add=(*SHARE, *GRANTS)), ADMINISTRATORS),
    "write a model": (WRITE, WriteModel(source=ModelSource(dsl=""), text=""), ADMINISTRATORS),
    "make a token": (CREATE_TOKEN, CreateToken(hash="", actor="person:bo"), ADMINISTRATORS),
    "revoke a token": (REVOKE_TOKEN, RevokeToken(token_id="token:1"), ADMINISTRATORS),
}


def world() -> World:
    made = World(*organization(), *swarm(), *writings())
    made.changed(add=GRANTS)
    return made


def guard_of(made: World) -> CommandGuard:
    return CommandGuard(projection_of(made), operations(CORE.types))


def work(operation: AnyOperation, command: Command, actor: str) -> Work:
    return Work(operation=operation, command=command, actor=actor)


def may(judge: Judge, operation: AnyOperation, command: Command, actor: str) -> bool:
    try:
        judge.check(work(operation, command, actor), AT)
    except Forbidden:
        return False
    return True


def let_through(judge: Judge, operation: AnyOperation, command: Command) -> set[str]:
    return {actor for actor in ACTORS if may(judge, operation, command, actor)}


@pytest.mark.parametrize("what", NEEDS)
def test_exactly_those_may_who_are_said_to(what: str) -> None:
    operation, command, allowed = NEEDS[what]
    with guard_of(world()).judging() as judge:
        assert let_through(judge, operation, command) == allowed


def test_every_operation_that_has_needs_is_asked_for_here() -> None:
    assert {operation.name for operation, _, _ in NEEDS.values()} == set(operations(CORE.types))


def test_an_operation_without_needs_is_refused_to_everybody_but_the_service() -> None:
    unknown = Operation("unheard", SaveUnits, SAVE_UNITS.decide, organization_commands.Saved)
    with guard_of(world()).judging() as judge:
        assert let_through(judge, unknown, SaveUnits(units=())) == set()
        assert may(judge, unknown, SaveUnits(units=()), "system:keeper")


def people(*ids: str) -> SavePeople:
    return SavePeople(people=tuple(PersonInput(id=one, name="N") for one in ids))


PROTECTING = shipped_core().replace(
    "    define can_save: can_save_people from organization\n",
    "    define protected: [integration]\n    define can_save: can_save_people from organization but not protected\n",
)


def test_each_entity_that_is_there_asks_for_the_right_to_it() -> None:
    made = world()
    made.live(ModelSource(dsl=PROTECTING))
    made.changed(add=tuples("integration:erp protected person:cy", "integration:erp protected person:new"))
    with guard_of(made).judging() as judge:
        assert let_through(judge, SAVE_PEOPLE, people("person:bo")) == INTEGRATORS
        assert let_through(judge, SAVE_PEOPLE, people("person:cy")) == ADMINISTRATORS
        assert let_through(judge, SAVE_PEOPLE, people("person:bo", "person:cy")) == ADMINISTRATORS
        assert let_through(judge, SAVE_PEOPLE, people("person:new")) == INTEGRATORS, "there is no such person yet"


def test_whoever_manages_all_of_the_people_may_ask_what_their_leaving_takes_along() -> None:
    made = world()
    made.changed(add=tuples("person:cy manager unit:team"))
    with guard_of(made).judging() as judge:
        assert let_through(judge, ASSESS_DEPARTURE, about("person:bo")) == ADMINISTRATORS | {"person:cy"}
        assert let_through(judge, ASSESS_DEPARTURE, about("person:bo", "person:di")) == ADMINISTRATORS
        assert let_through(judge, ASSESS_DEPARTURE, about("person:bo", "person:none")) == ADMINISTRATORS


def test_a_task_may_be_kept_from_being_staffed() -> None:
    made = world()
    line = "    define can_assemble: can_assemble from organization\n"
    text = shipped_core().replace(line, line.replace("can_assemble from", "administrator from"))
    made.live(ModelSource(dsl=text))
    with guard_of(made).judging() as judge:
        assert (
            let_through(judge, ASSEMBLE_SWARM, AssembleSwarm(task_id="task:mx", swarm_id="swarm:n")) == ADMINISTRATORS
        )
        assert let_through(judge, ASSEMBLE_SWARM, AssembleSwarm(task_id="task:no", swarm_id="swarm:n")) == DISPATCHERS


class Batch:
    """Decides and judges one command after the other, as a commit does."""

    def __init__(self, made: World, judge: Judge) -> None:
        self._overlay = Overlay(made.graph)
        self._judge = judge

    def run(self, operation: AnyOperation, command: Command, actor: str) -> bool:
        """Tell whether a command was let through, and take it up if it was."""
        if not may(self._judge, operation, command, actor):
            return False
        decision = operation.decide(self._overlay, command, Context(at=AT, actor=actor, revision=1))
        assert isinstance(decision, Accepted), decision
        self._overlay.apply(decision.changes)
        assert self._judge.advance(self._overlay, decision.changes)
        return True


def test_a_right_that_an_earlier_command_of_the_batch_takes_or_gives_is_taken_or_given() -> None:
    made = world()
    guard = guard_of(made)
    revoke: dict[str, Any] = {"remove": keys("integration:erp integrator organization:main")}
    with guard.judging() as judge:
        batch = Batch(made, judge)
        assert batch.run(SAVE_PEOPLE, people("person:one"), "integration:erp")
        assert batch.run(CHANGE, ChangePermissions(**revoke), "person:ada")
        assert not batch.run(SAVE_PEOPLE, people("person:two"), "integration:erp")
        assert not batch.run(SAVE_PEOPLE, people("person:two"), "person:cy")
        assert batch.run(CHANGE, ChangePermissions(add=tuples("person:cy integrator organization:main")), "admin:local")
        assert batch.run(SAVE_PEOPLE, people("person:two"), "person:cy")
    with guard.judging() as judge:
        assert may(judge, SAVE_PEOPLE, people("person:two"), "integration:erp"), "nothing of it was committed"
        assert not may(judge, SAVE_PEOPLE, people("person:two"), "person:cy")


def test_nobody_gives_himself_a_right_by_the_command_that_takes_it() -> None:
    made = world()
    with guard_of(made).judging() as judge:
        batch = Batch(made, judge)
        for actor in ("person:cy", "integration:erp", "person:bo", "robot:x"):
            grant = tuples(f"{actor} administrator organization:main")
            assert not batch.run(CHANGE, ChangePermissions(add=grant), actor)


def test_what_a_refusal_lacks_is_told_by_relation_and_object() -> None:
    with guard_of(world()).judging() as judge, pytest.raises(Forbidden) as refused:
        judge.check(work(CHANGE, ChangePermissions(add=GRANTS), "integration:erp"), AT)
    assert refused.value.message == (
        "integration:erp has not the right that this takes: can_change_permissions on organization:main."
    )

"""A swarm ends once everybody who worked in it has written down an experience, or somebody answers for the loss."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from graph_api.cli.composition import PERMISSION_DECLARED
from graph_api.kernel.graph import Graph
from graph_api.kernel.records import upsert
from graph_api.knowledge.experience import commands
from graph_api.knowledge.experience.decisions import (
    ADD_NOTE,
    CONFIRM_EXPERIENCE,
    DISSOLVE_SWARM,
    RECORD_DRAFTS,
    RECORD_EXPERIENCE,
    WAIVE_EXPERIENCE,
)
from graph_api.knowledge.experience.owed import ExperienceState, experience_state, owing
from graph_api.knowledge.model import (
    About,
    ExperienceOf,
    From,
    Knowledge,
    KnowledgeMethod,
    KnowledgeState,
    Note,
    NoteBy,
    RecordedBy,
    Teaches,
    Waived,
)
from graph_api.organization.model import Task, TaskState
from graph_api.permission.derivation import DerivedTable
from graph_api.projection.records import Reaction
from graph_api.swarm.checks import bookings_held
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.knowledge.experience.world import (
    AFTER,
    DURING,
    FORMED,
    LEARNED,
    ROLES,
    SWARM,
    booked,
    close,
    closed,
    codes,
    confirming,
    decide,
    drafted,
    item,
    recording,
    state_of,
    team,
    waiving,
    working,
)
from tests.swarm.organization import DAYS, LIVE, TAX, graph

TABLE = DerivedTable(PERMISSION_DECLARED.rules, PERMISSION_DECLARED.fixed)
ADA, DI, EVE = ROLES
TODAY = DURING.date()


def states(state: Graph, today: date = TODAY) -> dict[str, str]:
    swarm = state.node(Swarm, SWARM)
    assert swarm is not None
    links = sorted(state.incoming(MemberOf, SWARM), key=lambda link: link.source)
    return {link.source: experience_state(state, swarm, link, today).value for link in links}


def record(state: Graph, person: str, key: str | None = None, **more: object) -> object:
    return decide(state, RECORD_EXPERIENCE, recording(person, key or person[-3:], **more), actor=person)


def test_a_closed_task_frees_its_people_at_once_and_its_swarm_waits_for_their_experience() -> None:
    state = closed()
    assert state_of(state) is SwarmState.CLOSING
    assert not list(bookings_held(state, ADA))
    assert states(state) == dict.fromkeys(ROLES, "OWED")
    (reaction,) = state.nodes(Reaction)
    assert (reaction.reaction, reaction.subject) == (EXTRACT, SWARM)
    for person in ROLES:
        assert state_of(state) is SwarmState.CLOSING
        record(state, person)
    assert state_of(state) is SwarmState.DISSOLVED
    swarm = state.node(Swarm, SWARM)
    assert swarm is not None
    assert (swarm.closed_at, swarm.dissolved_at) == (DURING, DURING)
    assert states(state) == dict.fromkeys(ROLES, "CONFIRMED")


def test_an_experience_is_linked_to_author_swarm_task_customer_and_the_roles_of_its_author() -> None:
    state = closed()
    record(state, ADA, "x", skill_ids=(LIVE,))
    written = item(state, "x")
    assert written is not None
    assert (written.state, written.method, written.confirmed_at) == (
        KnowledgeState.CONFIRMED, KnowledgeMethod.WRITTEN, DURING,
    )  # fmt: skip
    assert (written.characters, written.language) == (len(LEARNED[ADA]), "en")
    ends = {kind: [link.target for link in state.outgoing(kind, "knowledge:x")] for kind in (RecordedBy, ExperienceOf)}
    assert ends == {RecordedBy: [ADA], ExperienceOf: [SWARM]}
    assert [link.target for link in state.outgoing(From, "knowledge:x")] == ["task:new"]
    assert [link.target for link in state.outgoing(About, "knowledge:x")] == ["customer:kep"]
    assert sorted(link.target for link in state.outgoing(Teaches, "knowledge:x")) == sorted([LIVE, TAX])


def test_chinese_is_known_by_its_script_and_needs_half_the_length() -> None:
    state = closed()
    record(state, EVE, "zh")
    written = item(state, "zh")
    assert written is not None
    assert written.language == "zh"
    assert len(LEARNED[EVE]) < 40


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"body": "Too short to teach."}, ("body", "TOO_SHORT")),
        ({"body": "好的好的好的好的好的好的好的好的好的好的好的好的"}, ("body", "FILLER")),
        ({"body": ""}, ("body", "REQUIRED")),
        ({"body": "x" * 30_000}, ("body", "TOO_LONG")),
        ({"body": "broken \ud800 text, but long enough to be an experience of customs"}, ("body", "INVALID_TEXT")),
        ({"title": " "}, ("title", "REQUIRED")),
        ({"title": "x" * 501}, ("title", "TOO_LONG")),
        ({"skill_ids": ("skill:none",)}, ("skillIds", "UNKNOWN_REFERENCE")),
        ({"person_id": "person:bo"}, ("personId", "NOT_A_MEMBER")),
        ({"swarm_id": "swarm:none"}, ("swarmId", "UNKNOWN_REFERENCE")),
    ],
)
def test_what_teaches_nothing_is_refused_with_the_reason(more: dict[str, str], expected: tuple[str, str]) -> None:
    state = closed()
    before = dict.fromkeys(ROLES, "OWED")
    fields = {"swarm_id": SWARM, **more}
    command = replace(recording(ADA), **fields)
    assert expected in codes(decide(state, RECORD_EXPERIENCE, command, actor=ADA))
    assert states(state) == before


def test_nobody_hands_in_nearly_the_same_text_twice_though_others_may_have_written_it() -> None:
    state = closed()
    record(state, ADA, "one")
    again = LEARNED[ADA].replace("weeks", "weeks!")
    assert codes(record(state, ADA, "two", body=again)) == {("body", "NEAR_DUPLICATE")}
    assert codes(record(state, ADA, "two", body=LEARNED[ADA].upper())) == {("body", "NEAR_DUPLICATE")}
    record(state, DI, "three", body=again)
    assert item(state, "three") is not None


def test_so_many_experiences_of_a_swarm_are_kept_and_as_many_drafts() -> None:
    state = closed()
    more = {"person_id": ADA, "title": "Another", "body": LEARNED[DI], "experiences_max": 1}
    decide(state, RECORD_EXPERIENCE, recording(DI, "draft", **more), actor=DI)
    assert codes(decide(state, RECORD_EXPERIENCE, recording(DI, "d2", **more), actor=DI)) == {("swarmId", "TOO_MANY")}
    record(state, ADA, experiences_max=1)
    assert states(state)[ADA] == "CONFIRMED", "what others drafted keeps nobody from writing"
    assert codes(record(state, ADA, "more", body=LEARNED[EVE], experiences_max=1)) == {("swarmId", "TOO_MANY")}
    record(state, DI, "own", experiences_max=1)
    assert states(state)[DI] == "CONFIRMED", "each member has a number of his own"


def test_who_left_early_owes_too_from_that_day_on() -> None:
    left = booked(DI, DAYS.starts_on, DAYS.starts_on, left_at=DURING)
    state = graph(*team(ADA), left)
    assert states(state, DURING.date() - timedelta(days=1)) == {ADA: "NOT_REQUIRED", DI: "NOT_REQUIRED"}
    assert states(state) == {ADA: "NOT_REQUIRED", DI: "OWED"}
    record(state, DI)
    assert states(state)[DI] == "CONFIRMED"
    assert state_of(state) is SwarmState.ACTIVE
    close(state)
    record(state, ADA)
    assert state_of(state) is SwarmState.DISSOLVED


def test_who_was_to_begin_later_owes_nothing() -> None:
    later = booked(DI, DAYS.ends_on, DAYS.ends_on)
    state = graph(*team(ADA), later)
    close(state)
    assert states(state) == {ADA: "OWED", DI: "NOT_REQUIRED"}
    assert codes(record(state, DI)) == {("swarmId", "NOT_OWED")}
    assert codes(decide(state, WAIVE_EXPERIENCE, waiving(DI))) == {("personId", "NOT_OWED")}
    record(state, ADA)
    assert state_of(state) is SwarmState.DISSOLVED


def test_a_swarm_in_which_nobody_worked_yet_is_dissolved_at_once() -> None:
    state = working()
    ending = decide(state, DISSOLVE_SWARM, commands.DissolveSwarm(swarm_id=SWARM), at=FORMED)
    assert ending.owing == ()
    assert state_of(state) is SwarmState.DISSOLVED


def test_dissolving_a_swarm_at_work_lets_its_people_and_its_task_go_and_tells_who_owes() -> None:
    state = working()
    dissolve = commands.DissolveSwarm(swarm_id=SWARM)
    assert decide(state, DISSOLVE_SWARM, dissolve).owing == tuple(sorted(ROLES))
    assert state_of(state) is SwarmState.CLOSING
    task = state.node(Task, "task:new")
    assert task is not None
    assert task.state is TaskState.OPEN, "another swarm may take it while this one still owes"
    assert not list(bookings_held(state, ADA))
    assert decide(state, DISSOLVE_SWARM, dissolve).owing == tuple(sorted(ROLES)), "asking again changes nothing"
    for person in ROLES:
        record(state, person)
    assert state_of(state) is SwarmState.DISSOLVED
    assert codes(decide(state, DISSOLVE_SWARM, dissolve)) == {("swarmId", "NOT_ACTIVE")}


def test_the_end_of_a_swarm_does_not_open_a_task_that_another_works_on() -> None:
    state = working(ADA)
    decide(state, DISSOLVE_SWARM, commands.DissolveSwarm(swarm_id=SWARM))
    other = [replace(one, id="swarm:t") if isinstance(one, Swarm) else one for one in team()]
    state.apply(upsert(one) for one in other if isinstance(one, Swarm | Task))
    state.apply([upsert(replace(next(iter(state.outgoing(Staffs, SWARM))), source="swarm:t"))])
    record(state, ADA)
    task = state.node(Task, "task:new")
    assert task is not None
    assert (state_of(state), task.state) == (SwarmState.DISSOLVED, TaskState.STAFFED)


def test_drafts_wait_for_their_author_and_are_published_as_they_are_or_altered() -> None:
    state = closed()
    decide(state, RECORD_DRAFTS, commands.RecordDrafts(swarm_id=SWARM, drafts=tuple(drafted(p, p[-3:]) for p in ROLES)))
    assert states(state) == dict.fromkeys(ROLES, "DRAFTED")
    draft = item(state, "ada")
    assert draft is not None
    assert (draft.state, draft.method, draft.extractor) == (
        KnowledgeState.DRAFT, KnowledgeMethod.EXTRACTED, "tier0/1",
    )  # fmt: skip
    decide(state, CONFIRM_EXPERIENCE, confirming("ada"), actor=ADA, at=AFTER)
    kept = item(state, "ada")
    assert kept is not None
    assert (kept.state, kept.method, kept.confirmed_at) == (
        KnowledgeState.CONFIRMED, KnowledgeMethod.EXTRACTED, AFTER,
    )  # fmt: skip
    decide(state, CONFIRM_EXPERIENCE, confirming(":di", title="The broker"), actor=DI, at=AFTER)
    edited = item(state, ":di")
    assert edited is not None
    assert (edited.method, edited.title) == (KnowledgeMethod.EXTRACTED_AND_EDITED, "The broker")
    record(state, EVE, "own")
    assert item(state, "eve") is None, "the draft of whoever wrote for himself is gone"
    assert not list(state.outgoing(RecordedBy, "knowledge:eve"))
    assert state_of(state) is SwarmState.DISSOLVED
    assert codes(decide(state, CONFIRM_EXPERIENCE, confirming("ada"), actor=ADA)) == {("knowledgeId", "NOT_DRAFT")}


def test_a_draft_that_is_emptied_is_refused_and_stays_a_draft() -> None:
    state = closed()
    decide(state, RECORD_DRAFTS, commands.RecordDrafts(swarm_id=SWARM, drafts=(drafted(ADA, "a"),)))
    assert codes(decide(state, CONFIRM_EXPERIENCE, confirming("a", body="ok"), actor=ADA)) == {("body", "TOO_SHORT")}
    assert states(state)[ADA] == "DRAFTED"


def test_what_somebody_writes_for_another_is_a_draft_until_that_one_confirms_it() -> None:
    state = closed()
    command = recording(ADA, "by-di", person_id=ADA)
    decide(state, RECORD_EXPERIENCE, command, actor=DI)
    assert states(state)[ADA] == "DRAFTED"
    decide(state, CONFIRM_EXPERIENCE, confirming("by-di"), actor=ADA)
    kept = item(state, "by-di")
    assert kept is not None
    assert (kept.method, kept.state) == (KnowledgeMethod.WRITTEN, KnowledgeState.CONFIRMED)


def test_drafts_come_late_for_whoever_has_written_and_not_at_all_once_the_swarm_is_over() -> None:
    state = closed()
    record(state, ADA)
    drafts = commands.RecordDrafts(swarm_id=SWARM, drafts=(drafted(ADA, "a"), drafted(DI, "d")))
    assert decide(state, RECORD_DRAFTS, drafts).knowledge_ids == ("knowledge:d",)
    for person in (DI, EVE):
        record(state, person)
    late = commands.RecordDrafts(swarm_id=SWARM, drafts=(drafted(EVE, "e"),))
    assert decide(state, RECORD_DRAFTS, late).knowledge_ids == ()
    assert item(state, "d") is None


def test_the_reaction_to_the_closing_of_a_swarm_that_owes_nothing_ends_it() -> None:
    state = working()
    close(state, FORMED)
    assert state_of(state) is SwarmState.CLOSING
    decide(state, RECORD_DRAFTS, commands.RecordDrafts(swarm_id=SWARM, drafts=()))
    assert state_of(state) is SwarmState.DISSOLVED


def test_a_waiver_needs_a_reason_is_kept_with_who_gave_it_and_is_never_given_to_oneself() -> None:
    state = closed()
    decide(state, RECORD_DRAFTS, commands.RecordDrafts(swarm_id=SWARM, drafts=(drafted(ADA, "a"),)))
    assert codes(decide(state, WAIVE_EXPERIENCE, waiving(ADA, " "))) == {("reason", "REQUIRED")}
    assert codes(decide(state, WAIVE_EXPERIENCE, waiving(ADA), actor=ADA)) == {("personId", "CONTRADICTION")}
    assert codes(decide(state, WAIVE_EXPERIENCE, waiving("person:bo"))) == {("personId", "NOT_A_MEMBER")}
    decide(state, WAIVE_EXPERIENCE, waiving(ADA))
    waiver = state.link(Waived, ADA, SWARM)
    assert waiver is not None
    assert (waiver.by, waiver.at, waiver.reason) == ("user:boss", DURING, waiving(ADA).reason)
    assert states(state)[ADA] == "WAIVED"
    assert item(state, "a") is None
    assert codes(decide(state, WAIVE_EXPERIENCE, waiving(ADA))) == {("personId", "NOT_OWED")}
    record(state, DI)
    decide(state, WAIVE_EXPERIENCE, waiving(EVE))
    assert state_of(state) is SwarmState.DISSOLVED


def test_notes_are_kept_while_the_swarm_lives_by_its_members_alone() -> None:
    state = working()
    note = commands.AddNote(note_id="note:1", swarm_id=SWARM, text="Broker opens at 11", text_bytes_max=99, notes_max=1)
    decide(state, ADD_NOTE, note, actor=DI)
    kept = state.node(Note, "note:1")
    assert kept is not None
    assert (kept.text, kept.created_at) == ("Broker opens at 11", DURING)
    assert [link.target for link in state.outgoing(NoteBy, "note:1")] == [DI]
    assert codes(decide(state, ADD_NOTE, replace(note, note_id="note:2"), actor=DI)) == {("swarmId", "TOO_MANY")}
    assert codes(decide(state, ADD_NOTE, note, actor="person:bo")) == {("swarmId", "NOT_A_MEMBER")}
    long = replace(note, text="x" * 100, notes_max=9)
    assert codes(decide(state, ADD_NOTE, long, actor=DI)) == {("text", "TOO_LONG")}


def test_rights_of_members_shrink_to_recording_and_end_with_the_swarm() -> None:
    state = closed(ADA)
    held = rights(state, ADA)
    assert ("recorder", SWARM) in held
    assert ("member", SWARM) not in held
    record(state, ADA)
    assert rights(state, ADA) == set()


def rights(state: Graph, person: str) -> set[tuple[str, str]]:
    links = state.outgoing(MemberOf, person)
    held = [each for link in links for each in TABLE.derive(state, link.key, DURING.date()).tuples]
    return {(each.relation, each.object) for each in held if each.user == person}


def test_drafts_belong_to_author_and_swarm_and_are_the_organizations_only_once_confirmed() -> None:
    state = closed(ADA, DI)
    decide(state, RECORD_DRAFTS, commands.RecordDrafts(swarm_id=SWARM, drafts=(drafted(ADA, "a"),)))
    assert standing(state, "knowledge:a") == set()
    decide(state, CONFIRM_EXPERIENCE, confirming("a"), actor=ADA)
    assert standing(state, "knowledge:a") == {"published", "kept"}
    written = item(state, "a")
    assert written is not None
    state.apply([upsert(replace(written, state=KnowledgeState.RETIRED))])
    assert standing(state, "knowledge:a") == {"kept"}


def standing(state: Graph, knowledge_id: str) -> set[str]:
    found = TABLE.derive(state, (Knowledge.__name__, knowledge_id), DURING.date()).tuples
    return {each.relation for each in found if each.object == knowledge_id} & {"published", "kept"}


def test_owing_names_nobody_of_a_swarm_that_was_called_off() -> None:
    state = working(state=SwarmState.CANCELLED)
    swarm = state.node(Swarm, SWARM)
    assert swarm is not None
    assert owing(state, swarm, AFTER.date()) == []
    assert set(states(state).values()) == {ExperienceState.NOT_REQUIRED.value}

"""Every role and every field of knowledge items and notes: exactly what is seen is there, and drafts are private.

What is expected follows from sets written by hand, here and in `guard_world`, and from the records.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from graph_api.kernel.records import Record
from graph_api.knowledge.model import (
    About,
    Cites,
    ExperienceOf,
    From,
    Knowledge,
    KnowledgeState,
    Merged,
    Quote,
    RecordedBy,
    Teaches,
    Used,
    quotes_text,
)
from graph_api.organization.graphql.request import Identity
from graph_api.permission.records import Granted
from tests.api.guard_world import IDENTITIES, SEEN, guarded_service, shown
from tests.api.test_declared_fields import OBJECTS
from tests.knowledge.test_flow_gathering import at

KEPT, MERGED, RETIRED, TEAM, DRAFT = (f"knowledge:{one}" for one in ("kept", "merged", "retired", "team", "draft"))
"""Confirmed, by Far for Kep; two retired, by Man, one merged into it; drafts of Bo in swarm S and of Rec in swarm C."""
NOTE = "note:n"
ROLES = list(IDENTITIES)
OPEN = {KEPT, MERGED, RETIRED}
ITEMS: Mapping[str, set[str]] = {
    "administrator": OPEN,
    "dispatcher": OPEN,
    "integrator": OPEN,
    "member": {KEPT, MERGED},
    "manager": OPEN,
    "in swarm": {KEPT, MERGED, TEAM},
    "recorder": {KEPT, MERGED, DRAFT},
    "contact": set(),
    "outsider": set(),
    "left": set(),
    "stranger": set(),
}
"""Man wrote the retired ones; whoever sees an item sees what was merged into it. Drafts: their author and swarm."""
NOTES: Mapping[str, set[str]] = {role: {NOTE} if role == "recorder" else set() for role in ROLES}
RECORDS: tuple[Record, ...] = (
    Knowledge(
        id=KEPT,
        title="Kept",
        body="Known",
        language="en",
        created_at=at(2),
        extractor="offline 1",
        confidence=0.5,
        quotes=quotes_text([Quote(NOTE, 0, 3), Quote(RETIRED, 1, 2), Quote("note:none", 0, 1)]),
    ),
    Knowledge(id=MERGED, title="Merged", state=KnowledgeState.RETIRED, created_at=at(1)),
    Knowledge(id=RETIRED, title="Retired", state=KnowledgeState.RETIRED, created_at=at(1)),
    RecordedBy(source=MERGED, target="person:man"),
    Knowledge(id=TEAM, title="Team", state=KnowledgeState.DRAFT, body="Guessed", created_at=at(3)),
    RecordedBy(source=KEPT, target="person:far"),
    RecordedBy(source=RETIRED, target="person:man"),
    RecordedBy(source=TEAM, target="person:bo"),
    ExperienceOf(source=TEAM, target="swarm:s"),
    Merged(source=MERGED, target=KEPT),
    From(source=KEPT, target="task:mx"),
    From(source=DRAFT, target="task:pe"),
    About(source=KEPT, target="customer:kep"),
    About(source=DRAFT, target="customer:zen"),
    Teaches(source=KEPT, target="skill:tax"),
    Teaches(source=TEAM, target="skill:live"),
    Used(source="person:bo", target=KEPT, task="task:mx", at=at(4)),
    Used(source="person:rec", target=KEPT, task="task:pe", at=at(5)),
    Used(source="person:mem", target=MERGED, at=at(3)),
    Used(source="person:far", target=DRAFT, at=at(6)),
    Cites(source=TEAM, target=KEPT),
    Cites(source=DRAFT, target=KEPT),
)
SERVICE = guarded_service(*RECORDS)
FIELDS = """id title body language state method createdAt extractor confidence quotes { source { id } start end }
    task { id } customer { id } author { id } skills { id }
    uses { totalCount edges { node { person { id } knowledge { id } task { id } at basis } } }
    citedBy { totalCount edges { node { id } } } duplicates { totalCount edges { node { id } } } mergedInto { id }"""
PLAIN: Mapping[str, tuple[str, str, str | None, str]] = {
    KEPT: ("Kept", "Known", "en", "CONFIRMED"),
    MERGED: ("Merged", "", None, "RETIRED"),
    RETIRED: ("Retired", "", None, "RETIRED"),
    TEAM: ("Team", "Guessed", None, "DRAFT"),
    DRAFT: ("Draft", "What the broker wants", None, "DRAFT"),
}
ENDS: Mapping[str, dict[str, str]] = {
    KEPT: {"task": "task:mx", "customer": "customer:kep", "author": "person:far"},
    MERGED: {"author": "person:man"},
    RETIRED: {"author": "person:man"},
    TEAM: {"author": "person:bo"},
    DRAFT: {"task": "task:pe", "customer": "customer:zen", "author": "person:rec"},
}
SKILLS: Mapping[str, set[str]] = {
    KEPT: {"skill:tax"},
    MERGED: set(),
    RETIRED: set(),
    TEAM: {"skill:live"},
    DRAFT: set(),
}
USES: Mapping[str, set[tuple[str, str | None]]] = {
    KEPT: {("person:bo", "task:mx"), ("person:rec", "task:pe")},
    MERGED: {("person:mem", None)},
    RETIRED: set(),
    TEAM: set(),
    DRAFT: {("person:far", None)},
}
"""Those of an item itself; whoever sees a merged one as well sees its uses there too."""


def ids(page: Any) -> set[str]:
    found = {edge["node"]["id"] for edge in page["edges"]}
    assert page["totalCount"] == len(page["edges"]) == len(found)
    return found


def test_every_field_of_an_item_is_asked_for() -> None:
    named = {word.split("(")[0] for word in FIELDS.replace("{", " ").replace("}", " ").split()}
    assert set(OBJECTS["Knowledge"].fields) <= named


@pytest.mark.parametrize("role", ROLES)
async def test_an_item_and_a_note_are_shown_by_id_to_those_only_who_see_them(role: str) -> None:
    wanted = [*sorted(PLAIN), NOTE, "knowledge:none"]
    told = await shown(SERVICE, role, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=wanted)
    seen = ITEMS[role] | NOTES[role]
    assert [each and each["id"] for each in told["nodes"]] == [one if one in seen else None for one in wanted]


@pytest.mark.parametrize("role", ROLES)
async def test_lists_and_filters_of_items_hold_and_count_what_is_seen(role: str) -> None:
    query = "query($filter: KnowledgeFilter) { knowledge(filter: $filter) { totalCount edges { node { id } } } }"
    seen = ITEMS[role]
    filters: list[tuple[dict[str, Any], set[str]]] = [
        ({}, seen),
        ({"states": ["DRAFT"]}, seen & {TEAM, DRAFT}),
        ({"states": ["RETIRED"]}, seen & {MERGED, RETIRED}),
        ({"skillIds": ["skill:live"]}, seen & {TEAM} if "skill:live" in SEEN[role] else set()),
        ({"taskIds": ["task:mx"]}, seen & {KEPT} if "task:mx" in SEEN[role] else set()),
        ({"taskIds": ["task:pe"]}, seen & {DRAFT} if "task:pe" in SEEN[role] else set()),
        ({"customerIds": ["customer:zen"]}, seen & {DRAFT} if "customer:zen" in SEEN[role] else set()),
    ]
    for asked, expected in filters:
        assert ids((await shown(SERVICE, role, query, filter=asked))["knowledge"]) == expected, asked


@pytest.mark.parametrize("role", ROLES)
async def test_every_field_of_an_item_tells_what_is_seen_and_nothing_more(role: str) -> None:
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Knowledge {{ {FIELDS} }} }} }}"
    for one in sorted(ITEMS[role]):
        node = (await shown(SERVICE, role, query, id=one))["node"]
        assert (node["title"], node["body"], node["language"], node["state"]) == PLAIN[one]
        for field in ("task", "customer", "author"):
            end = ENDS[one].get(field)
            assert node[field] == ({"id": end} if end in SEEN[role] else None), (one, field)
        assert {skill["id"] for skill in node["skills"]} == SKILLS[one] & SEEN[role]
        assert (node["extractor"], node["confidence"]) == (("offline 1", 0.5) if one == KEPT else (None, None))
        spans = {NOTE: [NOTE, 0, 3], RETIRED: [RETIRED, 1, 2]} if one == KEPT else {}
        told = [[each["source"]["id"], each["start"], each["end"]] for each in node["quotes"]]
        assert told == [span for source, span in spans.items() if source in ITEMS[role] | NOTES[role]]
        _history(role, one, node)


def _history(role: str, one: str, node: Any) -> None:
    seen = ITEMS[role]
    items = {KEPT, MERGED} & seen if one == KEPT else {one}
    uses = {
        (person, item, task if task in SEEN[role] else None)
        for item in items
        for person, task in USES[item]
        if person in SEEN[role]
    }
    rows = [edge["node"] for edge in node["uses"]["edges"]]
    told = {(row["person"]["id"], row["knowledge"]["id"], row["task"] and row["task"]["id"]) for row in rows}
    assert (told, node["uses"]["totalCount"]) == (uses, len(uses)), one
    assert ids(node["citedBy"]) == ({TEAM, DRAFT} & seen if one == KEPT else set())
    assert ids(node["duplicates"]) == ({MERGED} & seen if one == KEPT else set())
    assert node["mergedInto"] == ({"id": KEPT} if one == MERGED and KEPT in seen else None)


@pytest.mark.parametrize("role", ROLES)
async def test_every_field_of_a_note_tells_what_is_seen(role: str) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Note { text language createdAt author { id } swarm { id } } } }"
    assert set(OBJECTS["Note"].fields) == {"id", "text", "language", "createdAt", "author", "swarm"}
    node = (await shown(SERVICE, role, query, id=NOTE))["node"]
    assert (node is not None) is bool(NOTES[role])
    if node is not None:
        assert (node["text"], node["language"]) == ("The broker opens at eleven", None)
        assert (node["author"], node["swarm"]) == ({"id": "person:far"}, {"id": "swarm:c"})


BO = Identity("person:bo", person_id="person:bo")
SHARED = {
    "the list": ("{ found: knowledge { totalCount edges { node { id } } } }", TEAM),
    "a filter": ("{ found: knowledge(filter: {states: [DRAFT]}) { totalCount edges { node { id } } } }", TEAM),
    "by skill": ('{ found: knowledge(filter: {skillIds: ["skill:live"]}) { totalCount edges { node { id } } } }', TEAM),
    "cited by": (
        '{ found: node(id: "knowledge:kept") { ... on Knowledge { citedBy { totalCount edges { node { id } } } } } }',
        TEAM,
    ),
}


@pytest.mark.parametrize("asked", SHARED)
async def test_what_is_kept_for_all_who_see_what_is_open_holds_no_draft_of_one_of_them(asked: str) -> None:
    """Bo is a dispatcher here; whoever asks first leaves nothing that the other may not see, and nothing too little."""
    query, own = SHARED[asked]
    for order in ((BO, "administrator"), ("administrator", BO)):
        service = guarded_service(
            *RECORDS, Granted(source="person:bo", target="organization:main", relation="dispatcher")
        )
        for viewer in order:
            found = (await shown(service, viewer, query))["found"]
            assert (own in ids(found.get("citedBy", found))) is (viewer is BO)

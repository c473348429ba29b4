"""Who knows about something: each kind of evidence, its weight, and nothing of what is hidden."""

from datetime import date
from typing import Any

import pytest

from graph_api.kernel.graph import Graph
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.expertise import Evidence, EvidenceKind, who_knows
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy, Teaches, Used
from graph_api.knowledge.search.searching import Found
from graph_api.organization.model import HasSkill, Person, Requires, Skill, Task, WorkedOn
from tests.api.guard_world import IDENTITIES, codes, guarded_service, shown

TODAY = date(2026, 3, 2)
TAX = "skill:tax"
ITEM, OTHER = Knowledge(id="knowledge:a", title="Tax"), Knowledge(id="knowledge:b", title="Tax too")
RECORDS: tuple[Record, ...] = (
    *(Person(id=f"person:{one}", name=one) for one in ("ada", "bo", "cy", "di")),
    Person(id="person:robot", name="R", kind="bot"),
    Person(id="person:left", name="L", last_day=date(2026, 3, 1)),
    Skill(id=TAX, name="Southeast Asia tax", aliases=("东南亚税务专家",)),
    ITEM, OTHER,
    Task(id="task:t", title="T"),
    RecordedBy(source=ITEM.id, target="person:ada"),
    RecordedBy(source=OTHER.id, target="person:bo"),
    RecordedBy(source=ITEM.id, target="person:robot"),
    RecordedBy(source=ITEM.id, target="person:left"),
    Used(source="person:cy", target=ITEM.id),
    Used(source="person:cy", target=ITEM.id, task="task:t"),
    HasSkill(source="person:di", target=TAX, level=5),
    HasSkill(source="person:ada", target=TAX, level=1),
    Requires(source="task:t", target=TAX),
    WorkedOn(source="person:bo", target="task:t", role="author"),
)  # fmt: skip
FOUND = (Found(ITEM, 4.0), Found(OTHER, 1.0))
ASK = """query($text: String, $skills: [ID!], $first: Int!) { whoKnows(text: $text, skillIds: $skills, first: $first) {
    totalHolders holders { person { id } weight totalEvidence evidence { kind node { id } weight } } } }"""


def graph_of(*more: Record) -> Graph:
    graph = Graph()
    graph.apply(map(upsert, (*RECORDS, *more)))
    return graph


def told(
    *, words: tuple[str, ...] = (), skills: tuple[str, ...] = (), more: tuple[Record, ...] = ()
) -> dict[str, float]:
    found = FOUND if words else ()
    return {one.person.id: one.weight for one in who_knows(graph_of(*more), found, words, skills, TODAY)}


def test_items_weigh_as_they_fit_and_using_one_weighs_less_than_writing_it() -> None:
    assert told(words=("customs",)) == {"person:ada": 3.0, "person:cy": 1.0, "person:bo": 0.75}


def test_skills_weigh_by_level_and_tasks_that_require_them_by_number() -> None:
    assert told(skills=(TAX,)) == {"person:di": 3.0, "person:ada": 0.6, "person:bo": 0.5}


@pytest.mark.parametrize("words", [("tax", "asia"), ("税务",)])
def test_a_skill_of_that_name_counts_as_if_it_were_asked_for(words: tuple[str, ...]) -> None:
    assert told(words=words) == {"person:ada": 3.6, "person:di": 3.0, "person:bo": 1.25, "person:cy": 1.0}


def test_what_teaches_a_skill_that_is_asked_for_fits_as_well_as_the_best() -> None:
    taught = (Teaches(source=OTHER.id, target=TAX),)
    assert told(words=("customs",), skills=(TAX,), more=taught)["person:bo"] == 3.5


def test_evidence_is_told_once_and_the_weightiest_first() -> None:
    graph = graph_of(WorkedOn(source="person:ada", target="task:t", role="reviewer"))
    ada = next(one for one in who_knows(graph, FOUND, ("tax",), (), TODAY) if one.person.id == "person:ada")
    assert ada.evidence == (
        Evidence(EvidenceKind.RECORDED, ITEM.id, 3.0),
        Evidence(EvidenceKind.HOLDS_SKILL, TAX, 0.6),
        Evidence(EvidenceKind.WORKED_ON, "task:t", 0.5),
    )


AT_THE_DOOR: tuple[Record, ...] = (
    Knowledge(id="knowledge:kept", title="Customs"),
    Knowledge(id="knowledge:draft", title="Customs", state=KnowledgeState.DRAFT),
    RecordedBy(source="knowledge:kept", target="person:bo"),
    RecordedBy(source="knowledge:kept", target="person:far"),
    RecordedBy(source="knowledge:draft", target="person:bo"),
    Used(source="person:sw", target="knowledge:kept"),
)


async def ask(role: str, text: str | None = None, skills: list[str] | None = None, first: int = 20) -> Any:
    service = guarded_service(*AT_THE_DOOR)
    return (await shown(service, role, ASK, text=text, skills=skills, first=first))["whoKnows"]


async def test_hidden_people_items_and_tasks_are_in_nothing() -> None:
    everything = await ask("administrator", "customs")
    assert [one["person"]["id"] for one in everything["holders"]] == ["person:bo", "person:far", "person:sw"]
    assert everything["holders"][0]["totalEvidence"] == 1, "a draft is no evidence to anybody else"
    member = await ask("member", "customs")
    (bo,) = member["holders"]
    assert (member["totalHolders"], bo["person"]["id"]) == (1, "person:bo")
    assert bo["evidence"] == [{"kind": "RECORDED", "node": {"id": "knowledge:kept"}, "weight": 3.0}]


async def test_every_role_is_told_of_people_and_things_that_it_sees_and_of_no_others() -> None:
    service = guarded_service(*AT_THE_DOOR)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for role in sorted(IDENTITIES):
        if await codes(service, role, ASK, text="customs", skills=["skill:tax", "skill:live"], first=20):
            continue
        told = (await shown(service, role, ASK, text="customs", skills=["skill:tax", "skill:live"], first=20))[
            "whoKnows"
        ]
        ids = [one["person"]["id"] for one in told["holders"]]
        ids += [piece["node"]["id"] for one in told["holders"] for piece in one["evidence"]]
        assert all((await shown(service, role, query, ids=ids))["nodes"]), role


async def test_no_more_people_are_shown_than_asked_and_all_are_counted() -> None:
    told = await ask("administrator", skills=["skill:tax"], first=2)
    assert (len(told["holders"]), told["totalHolders"]) == (2, 9)


async def test_questions_about_nothing_are_refused() -> None:
    service = guarded_service()
    assert await codes(service, "administrator", ASK, text=" ! ", first=5) == {"BAD_USER_INPUT"}
    assert await codes(service, "administrator", ASK, text="a", first=0) == {"BAD_USER_INPUT"}
    assert await codes(service, "administrator", ASK, text="a", first=1000) == {"QUERY_TOO_COSTLY"}

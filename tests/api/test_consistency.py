"""One answer, one state: nobody is let in while a read is answered."""

import pytest

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from tests.api.organization import asked, memory_service

EVERYTHING = """{ organization { revision counts { people } } people { totalCount edges { node { name units { people {
    totalCount } } skills { edges { node { skill { holders { totalCount } } } } } memberships { totalCount } } } }
    tasks(orderBy: {field: VALUE, direction: DESC}) { edges { node { swarms { edges { node { members { person { id } }
    } } } } } } swarms(filter: {overdue: true}) { totalCount } nodes(ids: ["person:ada"]) { id } }"""


def test_a_read_is_answered_in_one_step_of_the_event_loop() -> None:
    reading = answer(memory_service(), Question(query=EVERYTHING), LOCAL_ADMINISTRATOR)
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    body = ended.value.value.body
    assert "errors" not in body
    assert body["data"]["organization"]["revision"] == body["extensions"]["revision"]


async def test_changes_in_one_request_are_made_in_turn_and_shown_at_the_last_revision() -> None:
    service = memory_service()
    query = """mutation {
        a: saveUnits(input: {units: [{id: "unit:x", name: "X"}]}) { ... on Saved { created revision } }
        b: saveUnits(input: {units: [{id: "unit:x", name: "Y"}]}) { ... on Saved { changed revision } }
        c: saveUnits(input: {units: [{id: "unit:x", parentId: "unit:none"}]}) { __typename } }"""
    told = (await asked(service, query)).body
    assert (told["data"]["a"]["created"], told["data"]["b"]["changed"]) == (1, 1)
    assert told["data"]["c"] == {"__typename": "InputRejected"}
    assert told["data"]["a"]["revision"] < told["data"]["b"]["revision"] == told["extensions"]["revision"]

"""Every error reaches the asker with its code, and nothing of our insides does."""

import logging
from typing import Any

import pytest

from graph_api.api.door import Question, answer
from graph_api.api.errors import tell_fault
from graph_api.api.service import ApiService
from graph_api.kernel import errors as kernel
from graph_api.kernel.errors import SwarmgraphError
from graph_api.organization.graphql.request import Identity
from tests.api.organization import asked, errors, memory_service, records, service_on
from tests.support.memory_replica import MemoryReplica

KINDS = [
    kind for kind in vars(kernel).values() if isinstance(kind, type) and issubclass(kind, SwarmgraphError)
]  # fmt: skip


class FailingReplica(MemoryReplica):
    """A replica on which every command ends in one error."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(*records())
        self._fault = fault

    async def submit(self, *_: Any, **__: Any) -> Any:
        raise self._fault


SAVE = 'mutation { saveSkills(input: {skills: [{id: "skill:x", name: "X"}]}) { __typename } }'


FREE = "query($d: Date!) { people(filter: {freeOn: {startsOn: $d, endsOn: $d}}) { totalCount } }"


def documented() -> dict[str, str]:
    rows = (line.split() for line in (kernel.__doc__ or "").splitlines() if line.startswith("  "))
    return {row[0]: row[1] for row in rows}


def test_the_error_tree_in_the_page_is_complete() -> None:
    assert documented() == {kind.__name__: kind.code for kind in KINDS if kind is not SwarmgraphError}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_each_error_reaches_the_api_as_documented(kind: type[SwarmgraphError]) -> None:
    service = service_on(FailingReplica(kind("What happened.", suggestion="What to do.")))
    told = (await asked(service, SAVE)).body
    assert told["data"] == {"saveSkills": None}
    error = told["errors"][0]
    assert error["extensions"]["code"] == kind.code
    assert error["path"] == ["saveSkills"]
    if kind.code == "INTERNAL":
        assert "What happened" not in str(told)
        assert set(error["extensions"]) == {"code", "errorId"}
    else:
        assert error["message"] == "What happened."
        assert error["extensions"]["suggestion"] == "What to do."


async def test_unexpected_error_is_masked_and_logged_under_its_id(caplog: pytest.LogCaptureFixture) -> None:
    service = service_on(FailingReplica(ZeroDivisionError("secret at 10.0.0.7")))
    with caplog.at_level(logging.ERROR):
        error = (await errors(service, SAVE))[0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(error)
    assert error["extensions"]["errorId"] in caplog.text
    assert "secret at 10.0.0.7" in caplog.text


async def test_errors_of_the_asker_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await errors(memory_service(), "{ nothing }")
        await errors(memory_service(), "{ people(first: 0) { totalCount } }")
    assert [record for record in caplog.records if record.name.startswith(("graph_api", "strawberry"))] == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", None),
        ("", None),
        ("   ", None),
        ("{ nothing }", None),
        ("{ people { nothing } }", None),
        ("query A { viewer { id } } query B { viewer { id } }", None),
        ("fragment F on Query { viewer { id } }", None),
        ("subscription { viewer { id } }", None),
        ("{ viewer { ...F } } fragment F on Viewer { id ...F }", None),
        ("query($n: Int) { people(first: $n) { totalCount } }", {"n": "x"}),
        ("query($n: Int!) { people(first: $n) { totalCount } }", None),
        (FREE, {"d": "2026-02-30"}),
        (FREE, {"d": 20260101}),
        ('{ people(filter: {freeOn: {startsOn: "tomorrow", endsOn: "2026-01-01"}}) { totalCount } }', None),
        ("{ tasks(filter: {states: [DONE]}) { totalCount } }", None),
    ],
)  # fmt: skip
async def test_what_graphql_cannot_read_is_bad_user_input(query: str, variables: dict[str, Any] | None) -> None:
    told = await asked(memory_service(), query, variables)
    assert {error["extensions"]["code"] for error in told.body["errors"]} == {"BAD_USER_INPUT"}
    assert told.codes == {"BAD_USER_INPUT"}
    assert "data" not in told.body


async def test_a_field_that_is_refused_leaves_its_neighbours() -> None:
    told = await asked(memory_service(), "{ people(first: 500) { totalCount } skills { totalCount } }")
    assert told.body["data"] == {"people": None, "skills": {"totalCount": 2}}
    assert [error["extensions"]["code"] for error in told.body["errors"]] == ["QUERY_TOO_COSTLY"]
    assert told.codes == frozenset()


async def test_stale_replica_answers_unavailable() -> None:
    replica = MemoryReplica(*records())
    replica.is_fresh = False
    told = await asked(service_on(replica), "{ people { totalCount } }")
    assert told.codes == {"UNAVAILABLE"}
    assert "data" not in told.body


def test_an_error_without_a_field_is_told_alike() -> None:
    told = tell_fault(kernel.Unauthenticated("Who?", suggestion="Say."))
    assert told == {"message": "Who?", "extensions": {"code": "UNAUTHENTICATED", "suggestion": "Say."}}


async def test_at_most_a_thousand_entities_are_saved_by_one_request() -> None:
    service: ApiService = memory_service()
    skills = [{"id": f"skill:{number}", "name": "N"} for number in range(1001)]
    query = "mutation($s: [SkillInput!]!) { saveSkills(input: {skills: $s}) { __typename ... on Saved { created } } }"
    assert (await errors(service, query, {"s": skills}))[0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    question = Question(query=query, variables={"s": skills[:1000]})
    told = await answer(service, question, Identity(id="admin:local"))
    assert told.body["data"]["saveSkills"] == {"__typename": "Saved", "created": 1000}

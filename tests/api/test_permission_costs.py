"""What one request may cost in permission: its fields together, under whatever names they are asked for."""

from typing import Any

import pytest

from tests.api.organization import asked, data, memory_service

CHECK: dict[str, Any] = {"user": "person:ada", "relation": "can_see", "object": "person:bo"}
CHECKS = "checks(items: $items) { allowed }"
ONE = 'check(user: "person:ada", relation: "can_see", object: "person:bo") { allowed }'
PREVIEW = """{ previewPermissions(add: {user: "person:ada", relation: "administrator", object: "organization:main"}) {
    ... on AccessPreview { gains %s } } }"""
CHANGES = "%s: changes(limit: %d) { user relation object }"


async def codes_of(query: str, count: int, **settings: Any) -> set[str]:
    told = await asked(memory_service(**settings), query, {"items": [CHECK] * count} if count else {})
    return {error["extensions"]["code"] for error in told.body.get("errors", ())}


@pytest.mark.parametrize(
    ("fields", "count", "most"),
    [
        (CHECKS, 3, 3),
        (f"a: {CHECKS} b: {CHECKS}", 2, 4),
        (f"a: {CHECKS} b: {ONE} c: {ONE}", 2, 4),
    ],
)
async def test_checks_of_a_request_count_together_whichever_fields_make_them(
    fields: str, count: int, most: int
) -> None:
    query = f"query($items: [CheckInput!]!) {{ {fields} }}"
    assert await codes_of(query, count, checks_a_request_max=most) == set()
    assert await codes_of(query, count, checks_a_request_max=most - 1) == {"QUERY_TOO_COSTLY"}


async def test_checks_that_are_too_many_take_none_of_the_others_along() -> None:
    service = memory_service(checks_a_request_max=1)
    told = await asked(service, f"{{ a: {ONE} b: {ONE} }}")
    (error,) = told.body["errors"]
    assert (error["path"], error["message"]) == (["b"], "The request asks for more than 1 checks.")
    assert told.body["data"]["a"] is not None
    assert (await data(service, f"{{ {ONE} }}"))["check"] is not None, "the next request has its own"


async def test_changes_of_a_preview_are_rows_of_the_answer() -> None:
    gains = (await data(memory_service(), PREVIEW % ""))["previewPermissions"]["gains"]
    assert gains > 2
    twice = PREVIEW % f"{CHANGES % ('a', gains)} {CHANGES % ('b', gains)}"
    assert await codes_of(twice, 0, answer_rows_max=2 * gains) == set()
    assert await codes_of(twice, 0, answer_rows_max=2 * gains - 1) == {"QUERY_TOO_COSTLY"}
    assert await codes_of(PREVIEW % (CHANGES % ("a", 2)), 0, answer_rows_max=2) == set()

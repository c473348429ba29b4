"""Who owes, as it is listed and reminded of; and what the rate and the members' fields show to whom."""

from datetime import timedelta
from typing import Any

from graph_api.api.announcements import announcements
from graph_api.knowledge.experience.reminding import REMIND_EXPERIENCE, is_owed_and_due
from graph_api.swarm.life.reminding import Reminder, Reminders
from graph_api.swarm.model import Swarm, SwarmState
from tests.api.guard_world import TODAY, guarded_service, shown
from tests.knowledge.experience.world import AFTER, DURING, SWARM, team
from tests.support.memory_replica import MemoryReplica
from tests.swarm.organization import records

OWED = """query($units: [ID!], $first: Int, $after: String) {
    experienceOwed(unitIds: $units, first: $first, after: $after) {
        totalCount pageInfo { endCursor } edges { node { person { id } swarm { id } } } } }"""
MEMBERS = """{ node(id: "swarm:c") { ... on Swarm { notes { totalCount }
    members { person { id } experienceState experience { id } drafts { id } } } } }"""


def pairs(told: Any) -> list[tuple[str, str]]:
    return [(each["node"]["person"]["id"], each["node"]["swarm"]["id"]) for each in told["experienceOwed"]["edges"]]


async def test_those_who_owe_are_listed_by_page_and_by_unit() -> None:
    service = guarded_service()
    told = await shown(service, "administrator", OWED)
    everybody = [("person:far", "swarm:c"), ("person:rec", "swarm:c")]
    assert pairs(told) == everybody
    first = await shown(service, "administrator", OWED, first=1)
    assert (pairs(first), first["experienceOwed"]["totalCount"]) == (everybody[:1], 2)
    rest = await shown(service, "administrator", OWED, after=first["experienceOwed"]["pageInfo"]["endCursor"])
    assert pairs(rest) == everybody[1:]
    assert pairs(await shown(service, "administrator", OWED, units=["unit:other"])) == everybody[:1]
    assert pairs(await shown(service, "administrator", OWED, units=["unit:none"])) == []


async def test_drafts_and_notes_are_shown_to_author_and_swarm_and_told_to_nobody_else() -> None:
    service = guarded_service()
    for role in ("administrator", "dispatcher", "integrator"):
        swarm = (await shown(service, role, MEMBERS))["node"]
        assert swarm["notes"] == {"totalCount": 0}
        assert [each["experienceState"] for each in swarm["members"]] == ["OWED", "OWED"]
        assert [each["drafts"] for each in swarm["members"]] == [[], []]
    swarm = (await shown(service, "recorder", MEMBERS))["node"]
    assert swarm["notes"] == {"totalCount": 1}
    assert [each["experienceState"] for each in swarm["members"]] == ["OWED", "DRAFTED"]
    assert swarm["members"][1]["drafts"] == [{"id": "knowledge:draft"}]
    assert (await shown(service, "member", MEMBERS))["node"] is None


async def test_a_rate_names_nobody_and_counts_what_is_over_or_late() -> None:
    asked = "{ captureRate { pairs captured waived overdue rate } }"
    told = (await shown(guarded_service(), "administrator", asked))["captureRate"]
    assert told == {"pairs": 1, "captured": 0, "waived": 0, "overdue": 0, "rate": 0.0}, (
        "swarm:d is over, swarm:c is new"
    )
    late = Swarm(
        id="swarm:c", state=SwarmState.CLOSING, formed_at=AFTER, starts_on=TODAY, ends_on=TODAY + timedelta(days=6),
        closed_at=AFTER - timedelta(days=900),
    )  # fmt: skip
    told = (await shown(guarded_service(late), "administrator", asked))["captureRate"]
    assert told["overdue"] == 0, "nobody had worked by then"


async def test_it_is_reminded_of_owed_experience_some_days_after_the_closing_and_again() -> None:
    state = MemoryReplica(*records(), *team(state=SwarmState.CLOSING, closed_at=DURING))
    told: list[str | None] = []
    for days in (0, 2, 3, 5, 6):
        state.start = DURING + timedelta(days=days)
        one = Reminder(is_due=is_owed_and_due, operation=REMIND_EXPERIENCE, every_days=3)
        await Reminders(state, [one], lambda: state.start).remind()
        swarm = state.graph.node(Swarm, SWARM)
        assert swarm is not None
        told.append(swarm.owed_reminded_on and swarm.owed_reminded_on.isoformat())
    assert told == [None, None, "2026-03-13", "2026-03-13", "2026-03-16"]
    assert [each.kind for shown in state.log for each in announcements(shown)] == ["swarm.experience_owed"] * 2


async def test_nobody_is_reminded_where_nothing_is_owed() -> None:
    state = MemoryReplica(*records(), *team(state=SwarmState.DISSOLVED, closed_at=DURING))
    state.start = AFTER
    one = Reminder(is_due=is_owed_and_due, operation=REMIND_EXPERIENCE, every_days=1)
    await Reminders(state, [one], lambda: AFTER).remind()
    assert state.log == []

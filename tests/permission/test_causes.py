"""Each change of a tuple is told with the command that made it, also where a commit holds several."""

from datetime import UTC, date, datetime

from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.organization.model import BelongsTo
from graph_api.permission.causes import CausedChange, caused
from graph_api.permission.kept_graph import TupleChange
from graph_api.permission.records import LIVE_ID, Granted, LivePermission
from graph_api.permission.tuples import RelationshipTuple, TupleSource
from graph_api.projection.commit import CommandEntry
from graph_api.projection.visible import Visible
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.permission.world import TABLE, read_tuple

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
ADA, BO = CommandEntry("changePermissions", "person:ada"), CommandEntry("savePeople", "person:bo")
MEMBER = MemberOf(source="person:cy", target="swarm:s", roles=(), since=DAY, until=DAY, share_permille=1000)
CANCELLED = Swarm(id="swarm:s", formed_at=AT, starts_on=DAY, ends_on=DAY, state=SwarmState.CANCELLED)
BELONGS = BelongsTo(source="person:cy", target="unit:u")


def granted(text: str) -> AnyChange:
    user, relation, target = text.split()
    return upsert(Granted(source=user, target=target, relation=relation))


def gained(text: str, source: TupleSource = TupleSource.EXPLICIT) -> TupleChange:
    each = read_tuple(text)
    return TupleChange(each.key, source, None, each)


def derived(text: str) -> TupleChange:
    return gained(text, TupleSource.DERIVED)


def told(*changes: tuple[CommandEntry | None, AnyChange], tuples: list[TupleChange]) -> list[CausedChange]:
    return list(caused(Visible("log-1", AT, changes), tuples, TABLE, None).changes)


def causes(found: list[CausedChange]) -> list[tuple[str, CommandEntry | None, tuple[str, ...]]]:
    return [(shown(each.change.after), each.cause.command, each.cause.ids) for each in found]


def shown(each: RelationshipTuple | None) -> str:
    return f"{each.user} {each.relation} {each.object}" if each is not None else ""


def test_changes_of_several_commands_come_in_their_order_each_with_its_own() -> None:
    first, second = "user:a viewer document:1", "user:b viewer document:2"
    member = "person:cy member unit:u"
    found = told(
        (BO, upsert(BELONGS)), (ADA, granted(first)), (BO, granted(second)),
        tuples=[gained(second), gained(first), derived(member)],
    )  # fmt: skip
    assert causes(found) == [
        (member, BO, ("person:cy", "unit:u")), (first, ADA, ("document:1",)), (second, BO, ("document:2",)),
    ]  # fmt: skip


def test_of_two_commands_that_change_the_same_the_last_is_the_cause() -> None:
    found = told((ADA, removal(BELONGS)), (BO, upsert(BELONGS)), tuples=[derived("person:cy member unit:u")])
    assert [each.cause.command for each in found] == [BO]


def test_what_depends_on_a_node_at_its_end_is_caused_by_a_change_of_that_node() -> None:
    found = told((ADA, upsert(CANCELLED)), tuples=[derived("person:cy member swarm:s")])
    assert causes(found) == [("person:cy member swarm:s", ADA, ("swarm:s",))]
    both = told((ADA, upsert(CANCELLED)), (ADA, upsert(MEMBER)), tuples=[derived("person:cy member swarm:s")])
    assert [set(each.cause.ids) for each in both] == [{"person:cy", "swarm:s"}]


def test_what_only_time_has_brought_about_is_caused_by_the_expiry() -> None:
    moved = upsert(LivePermission(id=LIVE_ID, day=DAY))
    for changes in ([(ADA, moved)], [(ADA, granted("user:a viewer document:1"))]):
        (found,) = told(*changes, tuples=[derived("person:cy member unit:u")])
        assert found.cause.command == CommandEntry("expirePermissions", "system:permissions")
        assert found.cause.ids == ("person:cy", "unit:u")


def test_a_command_that_was_erased_is_no_cause_and_what_it_changed_is_told() -> None:
    found = told((None, granted("user:a viewer document:1")), tuples=[gained("user:a viewer document:1")])
    assert causes(found) == [("user:a viewer document:1", None, ("document:1",))]


def test_a_model_that_became_live_has_its_cause_too() -> None:
    moved = upsert(LivePermission(id=LIVE_ID, day=DAY, live="authorization_model:2"))
    switch = caused(Visible("log-1", AT, [(ADA, moved)]), [], TABLE, "authorization_model:2").switch
    assert switch is not None
    assert (switch.command, switch.ids) == (ADA, ("authorization_model:2",))

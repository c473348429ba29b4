"""An import ends no swarm that lives here while somebody owes experience of it; history is taken as it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graph_api.exchange.importing import import_folder
from graph_api.kernel.errors import Conflict
from graph_api.kernel.graph import Graph
from graph_api.knowledge.experience.extracting import Extracting
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.organization.model import Person
from graph_api.projection.records import Reaction
from graph_api.projection.replica import Replica
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from tests.exchange.test_double_bookings import PEOPLE, members, stored, swarms, told
from tests.exchange.test_saving_meanwhile import DAY, people, put, saved_meanwhile, written
from tests.support.folders import loaded, plan_of
from tests.support.replicas import Site
from tests.support.waiting import until

TEAM = members("s1,ada,2024-05-01,2024-05-10,500,", "s1,bob,2024-05-01,2024-05-10,500,")
LEARNED = "The broker in Veracruz opens at eleven; send the certificate of origin the evening before."
OVER = swarms(("s1", "DISSOLVED", "t1"))
LET_OFF = {"experience_waiver.csv": "person,swarm,reason,by,at\nbob,s1,Gone,user:boss,2024-05-12T00:00:00Z\n"}


def kept(body: str = LEARNED, task: str = "t1") -> dict[str, str]:
    item = f"id,title,author,task,body\nk1,Learned,ada,{task},{body}\n"
    return {"knowledge.csv": item, "experience.csv": "knowledge,swarm\nk1,s1\n"}


def living(state: str, folder: dict[str, str] | None = None) -> Graph:
    graph = stored(PEOPLE | swarms(("s1", state, "t1")) | TEAM)
    return loaded(plan_of(folder or {}, graph), graph)


@pytest.mark.parametrize("state", ["ACTIVE", "CLOSING"])
@pytest.mark.parametrize("over", ["DISSOLVED", "CANCELLED"])
def test_who_would_still_owe_is_told_and_the_swarm_goes_on(state: str, over: str) -> None:
    graph, ending = living(state), swarms(("s1", over, "t1"))
    (fault,) = told(ending, graph)
    assert fault[:3] == ("swarms.csv", 2, "state")
    assert fault[3].startswith("ada, bob would still owe experience of it")
    assert told(ending | kept() | LET_OFF, graph), "what is stored decides"
    plan = plan_of(ending, graph, skip_invalid=True)
    assert not [one for one in plan.records if isinstance(one.record, Swarm)]


def test_a_swarm_may_be_ended_once_what_its_members_left_is_stored() -> None:
    assert told(OVER, living("CLOSING", kept()))[0][3].startswith("bob would still owe")
    assert told(OVER, living("CLOSING", LET_OFF))[0][3].startswith("ada would still owe")
    assert told(OVER, living("CLOSING", kept() | LET_OFF)) == []


@pytest.mark.parametrize("invalid", [kept("ok"), kept(task="t2")])
def test_an_experience_that_says_nothing_or_hangs_on_nothing_does_not_count(invalid: dict[str, str]) -> None:
    assert told(OVER, living("CLOSING", invalid | LET_OFF))[0][3].startswith("ada would still owe")


def test_history_is_taken_as_it_is() -> None:
    assert told(PEOPLE | OVER | TEAM) == []
    assert told(OVER | TEAM, stored(PEOPLE | OVER | TEAM)) == []


async def test_a_member_who_joins_while_the_import_runs_refuses_it(site: Site, tmp_path: Path) -> None:
    folder = written(tmp_path, skills=people("name", ["Skill"] * 40), swarms=OVER["swarms.csv"])
    cy = Person(id="person:cy", name="Cy")
    joined = MemberOf(source=cy.id, target="swarm:s1", roles=(), since=DAY, until=DAY, share_permille=100)
    async with site.replica(import_chunk_changes=2) as replica:
        await put(replica, *living("CLOSING", kept() | LET_OFF).records())
        with pytest.raises(Conflict, match="s1: cy would still owe experience"):
            await saved_meanwhile(replica, folder, cy, joined)
        swarm = replica.graph.node(Swarm, "swarm:s1")
        assert swarm is not None
        assert swarm.state is SwarmState.CLOSING


async def test_a_closing_swarm_is_over_once_the_last_experience_of_it_is_loaded(site: Site, tmp_path: Path) -> None:
    extracting = Extracting(OfflineExtractor(), 100, lambda: datetime.now(UTC))
    folder = written(tmp_path, **{name.removesuffix(".csv"): text for name, text in (kept() | LET_OFF).items()})
    async with site.replica(reacting={EXTRACT: extracting}) as replica:
        await put(replica, *living("CLOSING").records())
        await import_folder(replica, folder, actor="test", progress=lambda done, total: None)
        await until(lambda: state_of(replica) is SwarmState.DISSOLVED)


def state_of(replica: Replica) -> SwarmState | None:
    swarm = replica.graph.node(Swarm, "swarm:s1")
    return swarm and swarm.state


async def test_what_a_swarm_that_comes_closing_taught_is_drafted(site: Site, tmp_path: Path) -> None:
    files = PEOPLE | swarms(("s1", "CLOSING", "t1"), ("s2", "ACTIVE", "t2")) | TEAM
    folder = written(tmp_path, **{name.removesuffix(".csv"): text for name, text in files.items()})
    async with site.replica() as replica:
        for _ in range(2):
            await import_folder(replica, folder, actor="test", progress=lambda done, total: None)
            waiting = [(one.reaction, one.subject) for one in replica.graph.nodes(Reaction)]
            assert waiting == [(EXTRACT, "swarm:s1")]

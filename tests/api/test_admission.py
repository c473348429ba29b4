"""While somebody is let in: what is done meanwhile goes on, or is given up at the moment at which that ends."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graph_api.api.admission import Admission, Admissions, Standing
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.kernel.errors import Unauthenticated
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Person, Skill
from tests.support.commands import PUT, Put
from tests.support.memory_replica import MemoryReplica

ADA = Person(id="person:ada", name="Ada")
PATIENCE_SECONDS = 30


class Door:
    """Lets somebody in as long as nothing speaks against it, and counts how often it was asked."""

    def __init__(self) -> None:
        self.fault = ""
        self.seconds_left: float | None = None
        self.asked = 0

    def stand(self) -> Standing:
        self.asked += 1
        if self.fault:
            raise Unauthenticated(self.fault)
        return Standing(Identity("person:ada"), self.seconds_left)

    @property
    def admission(self) -> Admission:
        return Admission(self.stand, frozenset({ADA.key}))


async def save(replica: MemoryReplica, record: Person | Skill) -> None:
    await replica.submit(PUT, Put(records=(record,)), actor="test")


async def for_ever() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.Event().wait()


async def nothing() -> None:
    """Let nothing happen."""


async def why_given_up(replica: MemoryReplica, door: Door, happening: Callable[[], Awaitable[None]] = nothing) -> str:
    """Do something without end while somebody is let in, and return why it was given up."""
    try:
        async with Admissions(replica).during(door.admission):
            await happening()
            await for_ever()
    except Unauthenticated as fault:
        return fault.message
    raise AssertionError("it ended by itself")


@pytest.fixture
def replica() -> MemoryReplica:
    """A replica that knows Ada."""
    return MemoryReplica(ADA)


@pytest.fixture
def door() -> Door:
    """A door that is open."""
    return Door()


async def test_what_ends_before_the_admission_ends_as_it_does(replica: MemoryReplica, door: Door) -> None:
    admissions = Admissions(replica)
    async with admissions.during(door.admission):
        assert admissions.watched == 1
    with pytest.raises(TimeoutError, match="of my own"):
        async with admissions.during(door.admission):
            raise TimeoutError("of my own")
    assert (admissions.watched, replica.followers) == (0, [])


async def test_loss_gives_up_what_is_done_with_its_reason(replica: MemoryReplica, door: Door) -> None:
    async def lose() -> None:
        door.fault = "Gone."
        await save(replica, Person(id="person:ada", name="Other"))
        await save(replica, Person(id="person:ada", name="Another"))

    assert await why_given_up(replica, door, lose) == "Gone."
    assert replica.followers == []


async def test_end_by_the_clock_gives_up_what_is_done(replica: MemoryReplica, door: Door) -> None:
    door.seconds_left = 0.02
    assert await why_given_up(replica, door) == "The token has expired."


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_end_that_is_over_gives_up_at_once(replica: MemoryReplica, door: Door, seconds: float) -> None:
    door.seconds_left = seconds
    assert await why_given_up(replica, door) == "The token has expired."


async def test_end_that_is_taken_back_no_longer_counts(replica: MemoryReplica, door: Door) -> None:
    door.seconds_left = 0.05
    async with Admissions(replica).during(door.admission):
        door.seconds_left = None
        await save(replica, Person(id="person:ada", name="Other"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await for_ever()


async def test_end_that_is_set_meanwhile_counts(replica: MemoryReplica, door: Door) -> None:
    async def limit() -> None:
        door.seconds_left = 0.02
        await save(replica, Person(id="person:ada", name="Another"))

    assert await why_given_up(replica, door, limit) == "The token has expired."


async def test_nobody_is_asked_again_for_what_has_nothing_to_do_with_it(replica: MemoryReplica, door: Door) -> None:
    async with Admissions(replica).during(door.admission):
        before = door.asked
        for number in range(10):
            await save(replica, Skill(id=f"skill:{number}", name="S"))
        assert door.asked == before
        await save(replica, Person(id="person:ada", name="Other"))
        assert door.asked == before + 1


async def test_whoever_is_refused_already_begins_nothing(replica: MemoryReplica, door: Door) -> None:
    door.fault = "Gone."
    begun = False
    with pytest.raises(Unauthenticated):
        async with Admissions(replica).during(door.admission):
            begun = True
    assert (begun, replica.followers) == (False, [])


async def test_administrator_by_file_rests_on_nothing(replica: MemoryReplica) -> None:
    async with Admissions(replica).during(Admission(lambda: Standing(LOCAL_ADMINISTRATOR))):
        assert replica.followers == []
        replica.tell(None)


async def test_state_that_is_loaded_anew_has_everybody_asked_again(replica: MemoryReplica, door: Door) -> None:
    async def load_anew() -> None:
        door.fault = "Gone."
        replica.tell(None)

    assert await why_given_up(replica, door, load_anew) == "Gone."


async def test_cancelling_from_outside_stays_a_cancellation(replica: MemoryReplica, door: Door) -> None:
    async def serve() -> None:
        async with Admissions(replica).during(door.admission):
            begun.set()
            await for_ever()

    begun = asyncio.Event()
    serving = asyncio.create_task(serve())
    await begun.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert replica.followers == []

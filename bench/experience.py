"""What recording an experience adds to its commit: the rules decided in the lock, the links, and the full-text index.

The same records are committed without any rule on the same server in the same run, one after the other in turn. Each
author has written before; the rule on near-duplicates compares with all of it. As the door does, the text is looked at
in a thread before it is submitted, and what is worked out there serves the decision in the lock.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Final

from bench.organization import fresh_server, replica_on
from bench.tables import milliseconds, percentile, publish
from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.experience.checks import beside
from graph_api.knowledge.experience.commands import RecordExperience
from graph_api.knowledge.experience.decisions import RECORD_EXPERIENCE
from graph_api.knowledge.extraction.validity import flaw
from graph_api.knowledge.model import About, ExperienceOf, From, Knowledge, RecordedBy, Teaches
from graph_api.organization.model import Customer, For, Person, Skill, Task, TaskState
from graph_api.projection.replica import Committed, Replica
from graph_api.swarm.model import MemberOf, Staffs, Swarm, SwarmState
from tests.support.half_year_texts import told

COMMITS: Final = 300
ITEMS: Final = 100_000
BEFORE: Final = (20, 200)
"""Texts that an author has written before."""
BAR_MS: Final = 5.0
CHUNK: Final = 5000


class PutAll(Command, frozen=True, kw_only=True):
    """Keep records as they are."""

    records: tuple[Record, ...]


def decide_put_all(view: GraphView, command: PutAll, context: Context) -> Decision:
    return Accepted(tuple(map(upsert, command.records)), None)


PUT_ALL: Operation[PutAll] = Operation("putAll", PutAll, decide_put_all, type(None))


def author(number: int, before: int) -> str:
    return f"person:{before}-{number:04}"


def records(chance: Random) -> Iterator[Record]:
    now = datetime.now(UTC)
    today = now.date()
    yield Skill(id="skill:a", name="A")
    yield Customer(id="customer:c", name="C")
    written = 0
    for before in BEFORE:
        for number in range(COMMITS):
            person, swarm, task = author(number, before), f"swarm:{before}-{number}", f"task:{before}-{number}"
            yield Person(id=person, name=person)
            yield Task(id=task, title=f"Order {number}", state=TaskState.CLOSED)
            yield For(source=task, target="customer:c")
            yield Swarm(
                id=swarm, state=SwarmState.CLOSING, formed_at=now, starts_on=today - timedelta(days=9), ends_on=today,
                closed_at=now,
            )  # fmt: skip
            yield Staffs(source=swarm, target=task)
            yield MemberOf(
                source=person, target=swarm, roles=("skill:a",), since=today - timedelta(days=9), until=today,
                share_permille=9,
            )  # fmt: skip
            for one in range(before):
                written += 1
                yield from _item(f"knowledge:{before}-{number}-{one}", person, chance)
    for one in range(max(0, ITEMS - written)):
        yield from _item(f"knowledge:other-{one}", "", chance)


def _item(item: str, person: str, chance: Random) -> Iterator[Record]:
    body = said(chance)
    yield Knowledge(id=item, title="What was learned", body=body, characters=len(body), confirmed_at=datetime.now(UTC))
    if person:
        yield RecordedBy(source=item, target=person)


async def load(replica: Replica) -> None:
    rows = list(records(Random(3)))
    for start in range(0, len(rows), CHUNK):
        chunk = tuple(rows[start : start + CHUNK])
        await replica.submit(PUT_ALL, PutAll(records=chunk), actor="bench", timeout_seconds=120)


def said(chance: Random) -> str:
    return " ".join(told(chance, "en") for _ in range(3))


def written(number: int, before: int, chance: Random) -> RecordExperience:
    body = said(chance)
    return RecordExperience(
        knowledge_id=f"knowledge:new-{before}-{number}", swarm_id=f"swarm:{before}-{number}", title="What I learned",
        body=body, body_bytes_max=20_000, experiences_max=50,
    )  # fmt: skip


def bare(command: RecordExperience, number: int, before: int, chance: Random) -> PutAll:
    """The records of another experience, without the rules; a swarm is saved as well."""
    source = f"{command.knowledge_id}-bare"
    now = datetime.now(UTC)
    made: tuple[Record, ...] = (
        Knowledge(id=source, title=command.title, body=said(chance), confirmed_at=now, created_at=now),
        RecordedBy(source=source, target=author(number, before)),
        ExperienceOf(source=source, target=f"swarm:bare-{before}-{number}"),
        From(source=source, target=f"task:{before}-{number}"),
        About(source=source, target="customer:c"),
        Teaches(source=source, target="skill:a"),
        Swarm(id=f"swarm:bare-{before}-{number}", formed_at=now, starts_on=now.date(), ends_on=now.date()),
    )
    return PutAll(records=made)


async def timed(replica: Replica, before: int) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds of commits with the rules, of bare ones, and of the look before."""
    chance = Random(before)
    with_rules: list[float] = []
    without: list[float] = []
    looks: list[float] = []
    for number in range(COMMITS):
        command = written(number, before, chance)
        began = monotonic()
        await replica.submit(PUT_ALL, bare(command, number, before, chance), actor="bench")
        without.append(monotonic() - began)
        swarm = replica.graph.node(Swarm, command.swarm_id)
        began = monotonic()
        await asyncio.to_thread(flaw, command.body, *beside(replica.graph, author(number, before), swarm))
        looks.append(monotonic() - began)
        began = monotonic()
        answer = await replica.submit(RECORD_EXPERIENCE, command, actor=author(number, before))
        with_rules.append(monotonic() - began)
        assert isinstance(answer, Committed), answer
    return with_rules[20:], without[20:], looks[20:]


def row(
    before: int, with_rules: Sequence[float], without: Sequence[float], looks: Sequence[float]
) -> tuple[object, ...]:
    middle = percentile(with_rules, 0.5) - percentile(without, 0.5)
    return (
        before,
        milliseconds(percentile(looks, 0.5)),
        *(milliseconds(percentile(values, share)) for values in (without, with_rules) for share in (0.5, 0.99)),
        milliseconds(middle),
    )


async def main() -> int:
    rows: list[tuple[object, ...]] = []
    async with fresh_server() as (settings, address), replica_on(settings, address) as replica:
        await load(replica)
        for before in BEFORE:
            rows.append(row(before, *await timed(replica, before)))
    columns = (
        "texts before", "looked at p50 ms", "bare p50 ms", "bare p99 ms", "experience p50 ms", "experience p99 ms",
        "adds (p50) ms",
    )  # fmt: skip
    publish("experience", columns, rows, f"Bar: adds <= {BAR_MS:g} ms.")
    return 0 if all(float(str(each[-1])) <= BAR_MS for each in rows) else 1


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))

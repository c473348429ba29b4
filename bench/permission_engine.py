"""The permission engine by itself, in this process: `python -m bench.permission_engine [SCALE]`.

Questions, changes and a switch of the model on a million tuples; then the same questions to OpenFGA, where it is here.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import cycle
from time import perf_counter, perf_counter_ns
from typing import Final, TypeAlias

import psutil

from bench.permission_peer import publish_comparison, timed_calls
from bench.permission_world import READER, SHARE, PermissionWorld, Question, batches, model, users_with_long_lists
from bench.tables import percentile, publish
from graph_api.permission import PermissionGraph, RelationshipTuple

QUESTIONS, LISTS, SWARMS = 50_000, 200, 200
CHANGES_A_SECOND, CHANGING_SECONDS = 1000, 20
TOGETHER = 1000
SWARM_SIZE: Final = 50
SWITCHED_TUPLES, SWITCHES = 1_000_000, 10
PREVIEWED_SCALE = 0.01
"""Of the world on which the preview of a relation is made that thousands have on each document."""
HEADINGS: Final = ("what", "times", "p50 µs", "p99 µs", "p99.9 µs", "max µs", "goal")

Row: TypeAlias = list[object]


def resident_mebibytes() -> float:
    return psutil.Process().memory_info().rss / 2**20


def row(label: str, nanoseconds: list[int], goal: str = "") -> Row:
    figures = [percentile(nanoseconds, share) / 1000 for share in (0.5, 0.99, 0.999)] + [max(nanoseconds) / 1000]
    return [label, f"{len(nanoseconds):,}", *(f"{each:,.1f}" for each in figures), goal]


def timed_checks(graph: PermissionGraph, questions: Iterable[Question]) -> list[int]:
    found: list[int] = []
    for user, relation, target in questions:
        began = perf_counter_ns()
        graph.check(user, relation, target)
        found.append(perf_counter_ns() - began)
    return found


class Measurement:
    """One graph, what is asked of it, and the rows of both tables."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.world = PermissionWorld(scale)
        self.graph = PermissionGraph(model())
        self.rows: list[Row] = []
        self.figures: list[Row] = []
        self.questions = self.world.questions(max(2 * TOGETHER, round(QUESTIONS * min(1.0, scale * 10))))

    def count(self, most: int) -> int:
        """Return how often something is done: less in a small world, which is for trying."""
        return max(10, round(most * min(1.0, self.scale * 10)))

    def load(self) -> None:
        before = resident_mebibytes()
        took = 0.0
        for batch in batches(self.world.tuples()):
            began = perf_counter()
            self.graph.write(batch)
            took += perf_counter() - began
        # The collector must not walk through what stays for good whenever something new was made.
        gc.collect()
        gc.freeze()
        memory = resident_mebibytes() - before
        load = f"load, writes of 1,000: {len(self.graph):,} tuples"
        self.figures.append([load, f"{len(self.graph) / took:,.0f} tuples/s", ""])
        self.figures.append(["memory of these tuples", f"{memory:.0f} MiB", ""])
        self._before = before

    def ask(self) -> None:
        """First questions of users, the same again, and many at once."""
        first = [(user, "reader", self.world.document()) for user in map("user:{}".format, range(self.world.users))]
        self.rows.append(row("check, first question of a user", timed_checks(self.graph, first)))
        for relation in ("viewer", "reader"):
            asked = [(user, relation, target) for user, _, target in self.questions]
            timed_checks(self.graph, asked)
            self.rows.append(row(f"check of {relation}, warm", timed_checks(self.graph, asked), "p99 <= 50"))
            parts = [asked[at : at + TOGETHER] for at in range(0, len(asked) - TOGETHER + 1, TOGETHER)]
            together = timed_calls(partial(self._check_all, part) for part in parts)
            self.rows.append(row(f"{TOGETHER:,} checks of {relation} together", together, "<= 5,000"))
        self.figures.append(["memory, all users asked", f"{resident_mebibytes() - self._before:.0f} MiB", "<= 500 MB"])

    def _check_all(self, questions: Iterable[Question]) -> None:
        for each in questions:
            self.graph.check(*each)

    def list_names(self) -> None:
        users = users_with_long_lists(self.world, self.graph, self.count(LISTS))
        documents = [self.world.document() for _ in range(self.count(LISTS * 10))]
        for relation in ("viewer", "reader") if users else ():
            listed = timed_calls(partial(self.graph.list_objects, user, relation, "document") for user in users)
            self.rows.append(row(f"list_objects of some 1,000 ids, {relation}", listed, "<= 5,000"))
        for relation in ("editor", "reader"):
            listed = timed_calls(partial(self.graph.list_users, each, relation, filters=["user"]) for each in documents)
            self.rows.append(row(f"list_users, {relation}", listed))

    def change(self) -> None:
        """Swarms that form, lose members one by one and dissolve; groups that nest."""
        swarms = [self._new_swarm(number) for number in range(self.count(SWARMS))]
        joins = timed_calls(partial(self.graph.write, [one]) for swarm in swarms for one in swarm)
        half = len(swarms) // 2
        leaves = timed_calls(partial(self.graph.write, remove=[one]) for swarm in swarms[:half] for one in swarm)
        ends = timed_calls(partial(self.graph.write, remove=swarm) for swarm in swarms[half:])
        self.rows += [
            row(f"a user joins a swarm of {SWARM_SIZE}", joins),
            row(f"a user leaves a swarm of {SWARM_SIZE}", leaves),
            row(f"a swarm of {SWARM_SIZE} dissolves at once", ends),
        ]
        rate = (len(joins) + len(leaves)) / (sum(joins) + sum(leaves)) * 1e9
        self.figures.append(["joins and leaves one by one", f"{rate:,.0f} events/s", ""])
        self._nest()

    def _nest(self) -> None:
        nestings = [self._nesting() for _ in range(self.count(300))]
        nested, asked = list[int](), list[int]()
        for each in nestings:
            nested += timed_calls([partial(self.graph.write, [each])])
            asked += timed_checks(self.graph, [(self._member_below(each), "reader", self.world.document())])
        self.rows += [
            row("a group is nested in another", nested),
            row("check of a user within, the first after it", asked),
            row("a group is taken out", timed_calls(partial(self.graph.write, remove=[each]) for each in nestings)),
        ]

    def _new_swarm(self, number: int) -> list[RelationshipTuple]:
        users = self.world.chance.sample(range(self.world.users), min(SWARM_SIZE, self.world.users))
        return [RelationshipTuple(f"user:{each}", "member", f"swarm:new-{number}") for each in users]

    def _nesting(self) -> RelationshipTuple:
        """Nest a group in one that is far above it, which no other nesting does."""
        number = self.world.chance.randrange(self.world.groups // 10, self.world.groups)
        return RelationshipTuple(f"group:{number}#member", "member", f"group:{number // 10}")

    def _member_below(self, nesting: RelationshipTuple) -> str:
        number = int(nesting.user.partition("#")[0].removeprefix("group:"))
        return f"user:{self.world.users_of.get(number, [0])[0]}"

    def ask_during_changes(self, *, nesting: bool) -> None:
        """Check as fast as it goes while so many changes a second are made between the checks."""
        changes, questions = self._changes(nesting=nesting), cycle(self.questions)
        asked, changed = list[int](), list[int]()
        due = perf_counter_ns()
        until = due + self.count(CHANGING_SECONDS) * 10**9
        while (now := perf_counter_ns()) < until:
            if now < due:
                asked += timed_checks(self.graph, [next(questions)])
            else:
                changed += timed_calls([next(changes)])
                due += 10**9 // CHANGES_A_SECOND
        which = f"{CHANGES_A_SECOND:,} changes/s, {'1 %' if nesting else 'none'} nesting groups"
        self.rows += [row(f"check, {which}", asked, "p99 <= 50"), row("these changes", changed)]

    def _changes(self, *, nesting: bool) -> Iterator[Callable[[], object]]:
        """Yield changes: of 100, 60 of swarms, 20 of groups, 20 of documents or of nesting; each is undone later."""
        done: list[RelationshipTuple] = []
        while True:
            if len(done) > TOGETHER:
                gone = done.pop(self.world.chance.randrange(len(done)))
                yield partial(self.graph.write, remove=[gone])
            new = self._new_tuple(nesting=nesting)
            done.append(new)
            yield partial(self.graph.write, [new])

    def _new_tuple(self, *, nesting: bool) -> RelationshipTuple:
        chance, world = self.world.chance, self.world
        kind = chance.randrange(100)
        if kind < 60:
            return RelationshipTuple(world.user(), "member", f"swarm:{chance.randrange(world.swarms)}")
        if kind < 80:
            return RelationshipTuple(world.user(), "member", f"group:{chance.randrange(world.groups)}")
        if nesting and kind == 80:
            return self._nesting()
        return RelationshipTuple(world.user(), "viewer", world.document())

    def switch(self) -> None:
        """Switch between two models of 160 lines on a million tuples."""
        more = max(0, round(SWITCHED_TUPLES * self.scale) - len(self.graph))
        for batch in batches(self.world.more_tuples(more)):
            self.graph.write(batch)
        began = perf_counter()
        models = [model(READER), model()]
        parsing = (perf_counter() - began) / 2
        switched, first, after = list[int](), list[int](), list[int]()
        for number in range(SWITCHES):
            switched += timed_calls([partial(self.graph.switch_model, models[number % 2])])
            some = self.questions[:TOGETHER]
            first += timed_checks(self.graph, some[:1])
            after += timed_calls([partial(self._check_all, some[1:])])
        self.rows += [
            row(f"model switch on {len(self.graph):,} tuples, parsed before", switched, "< 200,000"),
            row("the first check after it", first),
            row(f"{TOGETHER - 1} checks after that one", after),
        ]
        self.figures.append(["parsing the model of 160 lines", f"{parsing * 1000:.0f} ms", ""])
        self._preview(self.graph, SHARE)

    def _preview(self, graph: PermissionGraph, changed: tuple[str, str]) -> None:
        """Time the preview of a model with one line changed."""
        new = model(changed)
        began = perf_counter()
        found = graph.preview(model=new)
        relation = changed[0].split()[1].rstrip(":")
        self.figures.append(
            [
                f"preview of a model where `{relation}` changes, on {len(graph):,} tuples",
                f"{perf_counter() - began:.1f} s, {len(found.changes):,} changes",
                "",
            ]
        )

    def preview_small(self) -> None:
        """Preview a relation that thousands have on each document, in a small world."""
        world, graph = PermissionWorld(min(self.scale, PREVIEWED_SCALE)), PermissionGraph(model())
        for batch in batches(world.tuples()):
            graph.write(batch)
        self._preview(graph, READER)


def load_average() -> str:
    return f"load average {os.getloadavg()[0]:.1f} before"


def measure(scale: float) -> None:
    load = load_average()
    measurement = Measurement(scale)
    measurement.load()
    size, world = len(measurement.graph), measurement.world
    measurement.ask()
    measurement.list_names()
    measurement.change()
    measurement.ask_during_changes(nesting=False)
    measurement.ask_during_changes(nesting=True)
    measurement.switch()
    measurement.preview_small()
    publish(
        "permission engine",
        HEADINGS,
        measurement.rows,
        f"In process, one thread. {world.users:,} users, {world.groups:,} nested groups, {world.swarms:,} swarms of 5, "
        f"{world.documents:,} documents, {size:,} tuples, a model of 160 lines. `reader` is `viewer but not blocked`; "
        f"half of the questions are of anybody. Machine: {load}.",
    )
    publish("permission engine at large", ("what", "figure", "goal"), measurement.figures, f"The same run: {load}.")


def main() -> None:
    scale = float(sys.argv[1]) if sys.argv[1:] else 1.0
    measure(scale)
    publish_comparison(PermissionWorld(scale))


if __name__ == "__main__":
    main()

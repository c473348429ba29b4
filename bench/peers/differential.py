"""Put random cases to our engine and to OpenFGA, and explain every difference.

`python -m bench.peers.differential --cases 2000 --seed 1`; it fails where a difference is of no known kind, and prints
the smallest case that shows it. With `--examples` a small case of every kind is printed, with `--publish` the table
goes to bench/README.md.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from time import monotonic

from bench.peers.client import Client
from bench.peers.entry_points import Walk
from bench.peers.kinds import Judge
from bench.peers.server import PeerMissing, running
from bench.peers.shrinking import shrunk
from bench.peers.trials import Peer, Trial, WorldRefused, model_of, ours, trials
from bench.tables import markdown, publish

UNEXPLAINED_MAX = 5
THE_SAME, NOT_EXPLAINED = "the same", "not explained"
TITLE = "differences from OpenFGA"
COLUMNS = ("kinds", "check", "list_objects", "list_users")


class Comparison:
    """Counts how the answers compare, and keeps what is not explained."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._judge = Judge(peer)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.refused = 0
        self.unexplained: list[str] = []
        self._first: dict[tuple[str, str], Trial] = {}

    def compare(self, random: Random) -> bool:
        """Make a case and compare its answers; tell whether OpenFGA takes its models."""
        case = trials(random)
        try:
            with self._peer.world(case[0]) as ask:
                for each in case:
                    self._count(each, ours(each), ask(each))
        except WorldRefused as error:
            self._count_refused(case[0], error)
            return False
        return True

    def _count(self, trial: Trial, mine: object, theirs: object) -> None:
        named = THE_SAME if mine == theirs else self._named(trial)
        self.counts[named, trial.api] += 1
        self._first.setdefault((named, trial.api), trial)
        if named == NOT_EXPLAINED:
            self.unexplained.append(self._told(trial, named))

    def _named(self, trial: Trial) -> str:
        """Name the kinds of a difference; both are asked again, as OpenFGA may say something else now."""
        mine, theirs = ours(trial), self._peer.ask(trial)
        kinds = {"now and then"} if mine == theirs else self._judge.kinds(trial, mine, theirs)
        return NOT_EXPLAINED if kinds is None else ", ".join(sorted(kinds))

    def _told(self, trial: Trial, named: str) -> str:
        small = shrunk(trial, lambda each: self._named(each) == named)
        return f"{small}\nours: {ours(small)}\ntheirs: {self._peer.ask(small)}"

    def examples(self) -> Iterator[str]:
        """Yield a small case of each kind."""
        for (named, api), trial in sorted(self._first.items()):
            if named not in (THE_SAME, NOT_EXPLAINED) and self._named(trial) == named:
                yield f"{api}: {named}\n{self._told(trial, named)}"

    def _count_refused(self, trial: Trial, error: WorldRefused) -> None:
        self.refused += 1
        models = [model_of(text) for text in (trial.former, trial.model) if text is not None]
        if error.refused.code != 2056 or not any(Walk(model).refuses() for model in models):
            self.unexplained.append(f"{trial}\nOpenFGA refuses this world: {error}")

    def rows(self) -> list[list[object]]:
        apis = COLUMNS[1:]
        total = {kinds: sum(self.counts[kinds, api] for api in apis) for kinds, _ in self.counts}
        return [[kinds, *(self.counts[kinds, api] for api in apis)] for kinds in sorted(total, key=lambda k: -total[k])]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", action="store_true")
    parser.add_argument("--publish", action="store_true")
    return parser.parse_args()


def run(cases: int, seed: int, *, examples: bool) -> tuple[Comparison, str]:
    """Compare until so many cases were taken by both."""
    began = monotonic()
    with running() as server:
        client = Client(server.address)
        comparison = Comparison(Peer(client))
        taken = number = 0
        while taken < cases and len(comparison.unexplained) < UNEXPLAINED_MAX:
            taken += comparison.compare(Random(f"{seed}/{number}"))
            number += 1
        for each in comparison.examples() if examples else ():
            print(f"{each}\n")
        client.close()
    note = (
        f"{taken:,} random cases (seed {seed}) of 5 questions, each put in three ways, to OpenFGA 1.18.1 in memory, in "
        f"{monotonic() - began:.0f} s; {comparison.refused} more whose model it refuses. {len(comparison.unexplained)} "
        "not explained; peers/README.md explains the kinds."
    )
    return comparison, note


def main() -> int:
    asked = arguments()
    try:
        comparison, note = run(asked.cases, asked.seed, examples=asked.examples)
    except PeerMissing as missing:
        print(missing, file=sys.stderr)
        return 3
    if asked.publish:
        publish(TITLE, COLUMNS, comparison.rows(), note)
    else:
        print(f"{markdown(COLUMNS, comparison.rows())}\n\n{note}")
    for each in comparison.unexplained:
        print(f"\nNot explained:\n{each}", file=sys.stderr)
    return 1 if comparison.unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())

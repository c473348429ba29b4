"""Made-up histories of permissions as folders, and the plain fold of their rows."""

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from graph_api.exchange.replay.answers import STATE
from graph_api.exchange.replay.events import EVENTS

HEADER = ("timestamp", "actor", "subject", "relation", "object", "op", "source", "pr", "commit")
BEGAN = datetime(2019, 3, 1, 9, tzinfo=UTC)
Row = tuple[str, str, str]


class Happened(NamedTuple):
    """One event: when, whether the tuple was added, and its row."""

    at: datetime
    adds: bool
    row: Row


def rows() -> list[Row]:
    """Return the rows of a small project: one of each kind, and some more members."""
    people = [f"gh:{name}" for name in ("ada", "bo", "cy", "di", "Eve-1", "fu")]
    return [
        *((who, "org_member", f"org:{org}") for who in people for org in ("one", "two")),
        *((who, "org_admin", "org:one") for who in people[:2]),
        *((who, "team_member", "team:one/blue") for who in people),
        ("gh:ada", "team_maintainer", "team:one/blue"),
        ("team:one/sky", "subteam_of", "team:one/blue"),
        ("gh:di", "team_member", "team:one/sky"),
        *(("team:one/blue", f"repo_{right}", "repo:one/code") for right in ("admin", "maintain", "write", "triage")),
        ("team:one/sky", "repo_read", "repo:one/code"),
        *((who, "alias_member", "alias:one/leads") for who in people[3:]),
        *(("alias:one/leads", relation, "path:one/docs") for relation in ("approver", "reviewer")),
        *((who, relation, "path:one/docs") for who in people[:2] for relation in ("approver", "emeritus_approver")),
    ]


def made_up(seed: int, count: int) -> list[Happened]:
    """Make up events that fit each other; many happen at once, some of them undo what has just happened."""
    chance, standing, at = random.Random(seed), set[Row](), BEGAN
    made: list[Happened] = []
    for _ in range(count):
        row = chance.choice(rows())
        made.append(Happened(at, row not in standing, row))
        standing ^= {row}
        at += timedelta(seconds=chance.choice((0, 0, 0, 0, 1, 86_400)))
    return made


def fold(events: Iterable[Happened], at: datetime | None = None) -> set[Row]:
    """Return what stands at an instant, or after all."""
    standing: set[Row] = set()
    for event in events:
        if at is None or event.at <= at:
            (standing.add if event.adds else standing.discard)(event.row)
    return standing


def lines(events: Iterable[Happened]) -> Iterator[str]:
    """Yield the file of events, line by line."""
    yield ",".join(HEADER)
    for event in events:
        told = (event.at.isoformat(), "gh:boss", *event.row, "add" if event.adds else "remove", "one/org", "1", "c")
        yield ",".join(told)


def write_history(folder: Path, events: Iterable[Happened], *, state: bool = True) -> Path:
    """Write events, and the state that they end with, into a folder and return it."""
    happened = list(events)
    folder.mkdir(exist_ok=True)
    (folder / EVENTS).write_text("\n".join(lines(happened)) + "\n", encoding="utf-8")
    if state:
        standing = (",".join(row) for row in sorted(fold(happened)))
        (folder / STATE).write_text("\n".join(("subject,relation,object", *standing)) + "\n", encoding="utf-8")
    return folder


def read_events(path: Path) -> list[Happened]:
    """Read a real file of events as plainly as can be."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Happened(
                datetime.fromisoformat(row["timestamp"]),
                row["op"] == "add",
                (row["subject"], row["relation"], row["object"]),
            )
            for row in csv.DictReader(file)
        ]

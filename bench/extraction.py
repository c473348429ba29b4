"""How well skills and customers are found in the labelled notes, how well invalid ones, and how long that takes."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic_ns
from typing import NamedTuple

from bench.tables import milliseconds, percentile, publish
from graph_api.knowledge.extraction.dictionary import Dictionary, Known
from graph_api.knowledge.extraction.drafting import DraftLimits, draft
from graph_api.knowledge.extraction.frequencies import frequencies
from graph_api.knowledge.extraction.port import Source, SourceText
from graph_api.knowledge.extraction.validity import flaw

SEED = Path(__file__).parents[1] / "seed"
LANGUAGES = {"en": "English", "zh": "Chinese"}


class Note(NamedTuple):
    id: str
    language: str
    author: str
    text: str
    valid: bool
    skills: frozenset[str]
    customers: frozenset[str]


class Counts(NamedTuple):
    """Right, wrong and missing."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    def plus(self, found: frozenset[str], wanted: frozenset[str]) -> "Counts":
        return Counts(
            self.right + len(found & wanted), self.wrong + len(found - wanted), self.missing + len(wanted - found)
        )

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missing)

    @property
    def cells(self) -> tuple[str, str, str]:
        return f"{self.precision:.2f}", f"{self.recall:.2f}", f"{self.right} / {self.wrong} / {self.missing}"


def rows_of(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(cell: str) -> frozenset[str]:
    return frozenset(filter(None, cell.split(";")))


def labelled() -> list[Note]:
    return [
        Note(
            row["id"],
            row["language"],
            row["author"],
            row["text"],
            row["valid"] == "true",
            items(row["skills"]),
            items(row["customers"]),
        )
        for row in rows_of("knowledge/labelled_notes.csv")
    ]


def shipped_dictionary() -> Dictionary:
    return Dictionary(
        tuple(
            Known(row["id"], (row["name"], *sorted(items(row["aliases"]))))
            for row in rows_of("organization/skills.csv")
        ),
        tuple(Known(row["id"], (row["name"],)) for row in rows_of("organization/customers.csv")),
    )


def substrings(known: Iterable[Known], text: str) -> frozenset[str]:
    """The baseline: names and aliases letter by letter, whatever the case, anywhere."""
    plain = text.casefold()
    return frozenset(each.id for each in known if any(name.casefold() in plain for name in each.names))


def counted(
    notes: Iterable[Note], find: Callable[[Note], frozenset[str]], wanted: Callable[[Note], frozenset[str]]
) -> Counts:
    counts = Counts()
    for note in notes:
        counts = counts.plus(find(note), wanted(note))
    return counts


def link_rows(notes: list[Note], dictionary: Dictionary) -> list[tuple[object, ...]]:
    skills, customers = dictionary.skills, dictionary.customers
    ways: list[tuple[str, str, Callable[[Note], frozenset[str]], Callable[[Note], frozenset[str]]]] = [
        ("skills", "substring", lambda note: substrings(skills, note.text), lambda note: note.skills),
        (
            "skills",
            "offline",
            lambda note: frozenset(it.id for it in dictionary.skills_in(note.text)),
            lambda note: note.skills,
        ),
        ("customers", "substring", lambda note: substrings(customers, note.text), lambda note: note.customers),
        (
            "customers",
            "offline",
            lambda note: frozenset(it.id for it in dictionary.customers_in(note.text)),
            lambda note: note.customers,
        ),
    ]
    return [
        (what, way, name, *counted([note for note in notes if note.language == code], find, wanted).cells)
        for what, way, find, wanted in ways
        for code, name in LANGUAGES.items()
    ]


def refused(notes: Iterable[Note]) -> dict[str, str]:
    """Return the flaw of each note that has one, beside the earlier ones of its author."""
    earlier: dict[str, list[str]] = defaultdict(list)
    found: dict[str, str] = {}
    for note in notes:
        if what := flaw(note.text, earlier[note.author]):
            found[note.id] = what
        earlier[note.author].append(note.text)
    return found


def validity_rows(notes: list[Note]) -> list[tuple[object, ...]]:
    found = refused(notes)
    rows: list[tuple[object, ...]] = []
    for code, name in LANGUAGES.items():
        mine = [note for note in notes if note.language == code]
        counts = counted(
            mine,
            lambda note: frozenset({note.id} & found.keys()),
            lambda note: frozenset() if note.valid else frozenset({note.id}),
        )
        rows.append(("invalid notes", "validity rule", name, *counts.cells))
    return rows


def timed(work: Callable[[Note], object], notes: Iterable[Note]) -> list[float]:
    taken: list[float] = []
    for note in notes:
        began = monotonic_ns()
        work(note)
        taken.append((monotonic_ns() - began) / 1e9)
    return taken


def speed_row(what: str, taken: list[float]) -> tuple[str, ...]:
    return what, *(milliseconds(percentile(taken, share)) for share in (0.5, 0.99, 1))


def main() -> None:
    notes = labelled()
    dictionary = shipped_dictionary()
    rows = [*link_rows(notes, dictionary), *validity_rows(notes)]
    columns = ("what", "by", "language", "precision", "recall", "right / wrong / missing")
    note = "200 labelled notes, made up; 90 skills, 16 customers; links also of invalid notes."
    publish("extraction", columns, rows, note)
    corpus = frequencies(note.text for note in notes)
    draft(Source(notes=(SourceText("warm", notes[0].text),), dictionary=dictionary), DraftLimits(), "warm")

    def drafted(note: Note) -> object:
        source = Source(notes=(SourceText(note.id, note.text),), dictionary=dictionary, corpus=corpus)
        return draft(source, DraftLimits(), "bench")

    speeds = [
        speed_row("draft of a note", timed(drafted, notes)),
        speed_row(
            "validity beside 100 other texts", timed(lambda it: flaw(it.text, [n.text for n in notes[:100]]), notes)
        ),
    ]
    publish("extraction speed", ("what", "p50 ms", "p99 ms", "max ms"), speeds)


if __name__ == "__main__":
    main()

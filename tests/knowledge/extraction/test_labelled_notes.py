"""The labelled notes are what their page says, and links and validity hold on them."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from graph_api.knowledge.extraction.dictionary import Dictionary, Known
from graph_api.knowledge.extraction.validity import flaw

SEED = Path(__file__).parents[3] / "seed"
PRECISION_LEAST = 0.9
REFUSED_PRECISION_LEAST = 0.98


def rows(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(cell: str) -> set[str]:
    return set(filter(None, cell.split(";")))


NOTES = rows("knowledge/labelled_notes.csv")
KNOWN = Dictionary(
    tuple(Known(row["id"], (row["name"], *sorted(items(row["aliases"])))) for row in rows("organization/skills.csv")),
    tuple(Known(row["id"], (row["name"],)) for row in rows("organization/customers.csv")),
)


def exactly(known: tuple[Known, ...], text: str) -> set[str]:
    plain = text.casefold()
    return {each.id for each in known if any(name.casefold() in plain for name in each.names)}


def judged(find: Callable[[str], set[str]], column: str) -> tuple[float, float]:
    """Return precision and recall over all notes."""
    found = [(find(note["text"]), items(note[column])) for note in NOTES]
    right = sum(len(have & wanted) for have, wanted in found)
    return right / sum(len(have) for have, _ in found), right / sum(len(wanted) for _, wanted in found)


def test_there_are_a_hundred_notes_of_each_language_and_sixty_are_invalid() -> None:
    assert Counter(note["language"] for note in NOTES) == {"en": 100, "zh": 100}
    assert Counter(note["valid"] for note in NOTES) == {"true": 140, "false": 60}
    assert [note["id"] for note in NOTES] == [f"note{place:03}" for place in range(1, 201)]


def test_labels_and_authors_are_of_the_shipped_organization() -> None:
    people = {row["id"] for row in rows("organization/people.csv")}
    for note in NOTES:
        assert items(note["skills"]) <= KNOWN.skill_ids
        assert items(note["customers"]) <= KNOWN.customer_ids
        assert note["author"] in people


def test_skills_are_linked_precisely_and_more_of_them_than_by_names_alone() -> None:
    precision, recall = judged(lambda text: {it.id for it in KNOWN.skills_in(text)}, "skills")
    plain_precision, plain_recall = judged(lambda text: exactly(KNOWN.skills, text), "skills")
    assert precision >= max(PRECISION_LEAST, plain_precision)
    assert recall > plain_recall


def test_customers_are_linked_precisely_and_more_of_them_than_by_names_alone() -> None:
    precision, recall = judged(lambda text: {it.id for it in KNOWN.customers_in(text)}, "customers")
    _, plain_recall = judged(lambda text: exactly(KNOWN.customers, text), "customers")
    assert precision >= PRECISION_LEAST
    assert recall > plain_recall


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hardly_any_valid_note_is_refused_and_most_invalid_ones_are(language: str) -> None:
    earlier: dict[str, list[str]] = defaultdict(list)
    refused: Counter[str] = Counter()
    for note in (it for it in NOTES if it["language"] == language):
        refused[note["valid"]] += flaw(note["text"], earlier[note["author"]]) is not None
        earlier[note["author"]].append(note["text"])
    assert refused["false"] / refused.total() >= REFUSED_PRECISION_LEAST
    invalid = sum(note["valid"] == "false" for note in NOTES if note["language"] == language)
    assert refused["false"] > invalid / 2

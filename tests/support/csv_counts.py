"""What a real data set must become, counted from its files by the csv module alone."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

Row = Mapping[str, str]
NODE_FILES: Final = {
    "people": "Person",
    "skills": "Skill",
    "units": "Unit",
    "customers": "Customer",
    "tasks": "Task",
    "knowledge": "Knowledge",
}
SINGLE_REFERENCES: Final = (
    ("skills", "parent", "skills", "BROADER"),
    ("units", "parent", "units", "PART_OF"),
    ("tasks", "customer", "customers", "FOR"),
    ("knowledge", "task", "tasks", "FROM"),
)
PEOPLE_REFERENCES: Final = (("people", "unit", "units"), ("knowledge", "author", "people"))
DATED: Final = ("knowledge", "knowledge_use")


class Expected(NamedTuple):
    """Nodes by label, relationships by type, and warnings."""

    nodes: dict[str, int]
    links: dict[str, int]
    warnings: int


class Files:
    """The rows of a folder, file by file; a file that is not there has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, list[Row]] = {}

    def __getitem__(self, name: str) -> list[Row]:
        path = self._folder / f"{name}.csv"
        if name not in self._rows and path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                self._rows[name] = list(csv.DictReader(file))
        return self._rows.setdefault(name, [])

    def ids(self, name: str) -> set[str]:
        return {row["id"] for row in self[name]}

    def references(self, name: str, column: str, target: str) -> Iterator[tuple[str, str, bool]]:
        """Yield who refers to whom, and whether that one is there."""
        there = self.ids(target)
        named = ((row["id"], row.get(column, "")) for row in self[name])
        return ((source, other, other in there) for source, other in named if other)


def expected(folder: Path) -> Expected:
    """Count the records and warnings that the import of a folder must give."""
    files = Files(folder)
    nodes = {label: len(files.ids(name)) for name, label in NODE_FILES.items()}
    references = [*((*one[:3],) for one in SINGLE_REFERENCES), *PEOPLE_REFERENCES]
    dangling = sum(not known for one in references for *_, known in files.references(*one))
    return Expected(_counted(nodes), _counted(_links(files)), dangling + _impossible_days(files) + _no_countries(files))


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in counts.items() if count}


def _links(files: Files) -> dict[str, int]:
    single = {link: len(_known(files.references(*ends))) for *ends, link in SINGLE_REFERENCES}
    return single | {
        "HAS_SKILL": _distinct(files["person_skill"], "person", "skill"),
        "REQUIRES": _distinct(files["task_skill"], "task", "skill"),
        "WORKED_ON": _distinct(files["task_member"], "task", "person", "role"),
        "TIED_TO": _distinct(files["customer_tie"], "source_named", "customer", "kind"),
        "BELONGS_TO": len(_memberships(files)),
        "RECORDED_BY": len(_authors(files)),
        "CITES": _distinct(_uses(files, "knowledge"), "used_by", "knowledge"),
        "USED": len(_users(files)),
    }


def _known(references: Iterable[tuple[str, str, bool]]) -> set[tuple[str, str]]:
    return {(source, other) for source, other, known in references if known}


def _distinct(rows: Iterable[Row], *columns: str) -> int:
    return len({tuple(row[column] for column in columns) for row in rows})


def _memberships(files: Files) -> set[tuple[str, str]]:
    return _known(files.references("people", "unit", "units")) | {
        (row["person"], row["unit"]) for row in files["unit_roles"]
    }


def _uses(files: Files, kind: str) -> list[Row]:
    return [row for row in files["knowledge_use"] if row["used_by_kind"] == kind]


def _authors(files: Files) -> set[tuple[str, str]]:
    return _known(files.references("knowledge", "author", "people")) | {
        (row["knowledge"], row["used_by"]) for row in _uses(files, "co-author")
    }


def _users(files: Files) -> set[tuple[str, str, str]]:
    """Return who used what for which task: a task's authors, or all who worked on it where none is so called."""
    workers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in files["task_member"]:
        workers[row["task"]].append((row["role"], row["person"]))
    found: set[tuple[str, str, str]] = set()
    for row in _uses(files, "task"):
        team = workers[row["used_by"]]
        people = {person for role, person in team if role == "author"} or {person for _, person in team}
        found |= {(person, row["knowledge"], row["used_by"]) for person in people}
    return found


def writings(folder: Path) -> tuple[int, int, int]:
    """Return how many items there are, the characters of all, and how many are joined to nothing."""
    files = Files(folder)
    joined = {item for item, *_ in _authors(files)} | {item for _, item, _ in _users(files)}
    joined |= {item for item, _ in _known(files.references("knowledge", "task", "tasks"))}
    joined |= {row[end] for row in _uses(files, "knowledge") for end in ("knowledge", "used_by")}
    return (
        len(files["knowledge"]),
        sum(int(row["chars"]) for row in files["knowledge"]),
        len(files.ids("knowledge") - joined),
    )


def _no_countries(files: Files) -> int:
    """Count the countries that are no code of two capital letters."""
    countries = [row.get("country", "") for name in ("people", "customers") for row in files[name]]
    return sum(bool(country) and re.fullmatch("[A-Z]{2}", country) is None for country in countries)


def _impossible_days(files: Files) -> int:
    """Count days such as 31 June, which stand in names of real files."""
    return sum(not _is_day(row["date"]) for name in DATED for row in files[name] if row["date"])


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def counted_work(folder: Path) -> Counter[tuple[str, str]]:
    """Return how much work each person did with each skill, over all kinds of work."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in Files(folder)["person_skill"]:
        counts[row["person"], row["skill"]] += int(row["count"])
    return counts

"""A list that problems are told to, and the words they are told in."""

from collections.abc import Iterable

from graph_api.permission.errors import ModelProblem, refused_model
from graph_api.permission.model import NOWHERE, Position

PROBLEMS_MAX = 100


class Problems:
    """Collect what is wrong with a model, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[ModelProblem] = []
        self.names: set[str] = set()

    def tell(self, name: str, message: str, position: Position = NOWHERE, suggestion: str | None = None) -> None:
        """Add a problem that stands at a position."""
        self.add([problem(name, message, position, suggestion)])

    def add(self, problems: Iterable[ModelProblem]) -> None:
        """Add problems; those beyond the limit are left out, but their names are known."""
        for each in problems:
            self.names.add(each.name)
            if not self.full:
                self.found.append(each)

    @property
    def full(self) -> bool:
        """Tell whether no more is told, so that nobody looks for more."""
        return len(self.found) >= PROBLEMS_MAX

    def raise_any(self) -> None:
        """Refuse the model if a problem was told, in the order of the source."""
        if self.found:
            raise refused_model(in_order(self.found))


def problem(name: str, message: str, position: Position = NOWHERE, suggestion: str | None = None) -> ModelProblem:
    """Build a problem that stands at a position."""
    return ModelProblem(name, message, suggestion, position.line or None, position.column or None, position.file)


def in_order(problems: list[ModelProblem]) -> list[ModelProblem]:
    """Sort by file, line and column; what has no place comes first, in the order it was told."""
    return sorted(problems, key=lambda each: (each.file or "", each.line or 0, each.column or 0))

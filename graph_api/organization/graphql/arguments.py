"""Arguments that make no sense end the field that they were given to."""

from collections.abc import Iterable
from typing import Any

from graph_api.kernel.commands import Problem
from graph_api.kernel.errors import BadUserInput, QueryTooCostly


def refuse(problems: Iterable[Problem]) -> None:
    """Raise BadUserInput for the first of some problems, if there is one."""
    for problem in problems:
        place = ".".join(problem.path)
        raise BadUserInput(f"{place}: {problem.message}", suggestion=problem.suggestion or "", place=problem.path)


def check_length(name: str, value: Any, entries_max: int) -> None:
    """Raise QueryTooCostly where a value is a list of more entries."""
    if isinstance(value, tuple) and len(value) > entries_max:  # pyright: ignore[reportUnknownArgumentType]  # only counted
        raise QueryTooCostly(
            f"A list of {name} has more than {entries_max} entries.", suggestion="Give fewer, or raise the setting."
        )


def check_limit(limit: int, most: int) -> None:
    """Refuse a limit that makes no sense or is too large; raises BadUserInput, QueryTooCostly."""
    if limit < 1:
        raise BadUserInput("`limit` is 1 or more.")
    if limit > most:
        raise QueryTooCostly(f"`limit` is {limit}.", suggestion=f"Ask for at most {most}.")

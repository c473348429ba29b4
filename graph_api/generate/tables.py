"""Read the small tables of this package: one row a line, columns divided by bars, lists by commas."""

from collections.abc import Iterator


def rows(table: str) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row, trimmed; empty lines are left out."""
    for line in table.strip().splitlines():
        if line.strip():
            yield tuple(cell.strip() for cell in line.split("|"))


def items(cell: str) -> tuple[str, ...]:
    """Split a cell that holds a list."""
    return tuple(part.strip() for part in cell.split(",") if part.strip())

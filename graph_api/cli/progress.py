"""Progress on the error stream, so that results can be piped."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def counting(title: str, total: int | None = None) -> Generator[Callable[[int, int], None]]:
    """Show a bar; the given function is told how many steps of how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show

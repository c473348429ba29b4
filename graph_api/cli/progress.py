"""Progress on the error stream, so that results can be piped."""

from collections.abc import Generator
from contextlib import contextmanager

from rich import progress as rich_progress
from rich.console import Console

from graph_api.exchange.importing import Progress


@contextmanager
def counting(title: str, total: int | None = None) -> Generator[Progress]:
    """Show a bar; the given function is told how many steps of how many are done."""
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with rich_progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


class Stages:
    """Shows what a long start is doing; each new stage is a line where the error stream is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""
        self._bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: rich_progress.TaskID | None = None

    def __call__(self, doing: str, fraction: float | None) -> None:
        """Tell the stage, and how much of it is done, 0 to 1, where that is known. Threads may call it."""
        if not self._console.is_terminal:
            if doing != self._said:
                self._console.print(doing, highlight=False)
        else:
            self._draw(doing, fraction)
        self._said = doing

    def end(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._bar.stop()

    def _draw(self, doing: str, fraction: float | None) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task(doing)
        total = None if fraction is None else 1.0
        self._bar.update(self._task, description=doing, completed=fraction or 0.0, total=total)


@contextmanager
def stages() -> Generator[Stages]:
    """Show the stages of a long start on the error stream, and take the bar away at the end."""
    shown = Stages(Console(stderr=True))
    try:
        yield shown
    finally:
        shown.end()

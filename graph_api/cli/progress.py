"""Progress on the error stream, so that results can be piped."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from rich import progress as rich_progress
from rich.console import Console

from graph_api.exchange.importing import Progress

_STEPS_WITHOUT_TERMINAL: Final = 5


@contextmanager
def counting(title: str, total: int | None = None) -> Generator[Progress]:
    """Show a bar, or a line now and then where there is no terminal; the given function is told what is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(title, console)
        return
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
    )
    with rich_progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show


class _Lines:
    """Tells a few times how far a long step is."""

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._told = 0

    def __call__(self, done: int, total: int) -> None:
        step = done * _STEPS_WITHOUT_TERMINAL // max(total, 1)
        if step > self._told:
            self._told = step
            self._console.print(f"{self._title}: {done} of {total}", highlight=False)


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
            if doing and doing != self._said:
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

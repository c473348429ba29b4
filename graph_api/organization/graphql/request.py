"""What every resolver knows of the request it serves."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar

import msgspec
from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.errors import Internal, QueryTooCostly, SwarmgraphError
from graph_api.kernel.graph import Readable
from graph_api.kernel.quantities import Days, Money
from graph_api.ops.settings import Settings
from graph_api.organization.model import Person, Task
from graph_api.organization.paging import PageLimits
from graph_api.organization.read_model import KeptLists, is_present
from graph_api.projection.port import ReplicaPort

RowT = TypeVar("RowT")


class Identity(msgspec.Struct, frozen=True):
    """Who asks: the actor's id in the log, a name to show, and the person behind it where that is known."""

    id: str
    name: str | None = None
    person_id: str | None = None


class Request(ABC):
    """One request: who asks, the state it is answered from, and what it may still cost."""

    def __init__(
        self, replica: ReplicaPort, settings: Settings, identity: Identity, kept: KeptLists, today: date
    ) -> None:
        self.replica = replica
        self.settings = settings
        self.identity = identity
        self.today = today
        self.page_limits = PageLimits(settings.page_default_rows, settings.page_max_rows)
        self.written_revision: str | None = None
        self.names_operation = False
        self._kept = kept
        self._rows_left = settings.answer_rows_max

    @property
    def graph(self) -> Readable:
        """The committed state."""
        return self.replica.graph

    @property
    def open_graph(self) -> Readable:
        """What the viewer sees, for readers who leave out by themselves what is private to somebody, such as drafts."""
        return self.graph

    def note_written(self, revision: str) -> None:
        """Keep the newest revision that this request made: the answer shows it."""
        self.written_revision = max(revision, self.written_revision or revision)

    def kept_list(self, key: object, build: Callable[[], Sequence[RowT]]) -> Sequence[RowT]:
        """Return a list of the current state, built anew only where no earlier request left it."""
        return self._kept.get(self.replica.revision, key, build)

    def found_list(self, key: object) -> Sequence[Any] | None:
        """Return a list of the current state where an earlier request left it, else None."""
        return self._kept.find(self.replica.revision, key)

    @property
    def turn(self) -> asyncio.Lock:
        """The turn to make what is costly; one request at a time has it."""
        return self._kept.turn

    def count_rows(self, rows: int) -> None:
        """Count rows of the answer; raises QueryTooCostly when there are too many."""
        self._rows_left -= rows
        if self._rows_left < 0:
            raise QueryTooCostly(
                f"The answer would have more than {self.settings.answer_rows_max} rows.",
                suggestion="Ask for smaller pages, or for fewer lists inside lists.",
            )

    @abstractmethod
    def allows(self, relation: str, target: str) -> bool:
        """Tell whether the viewer has a relation to an object, as of the committed state."""
        ...

    def may_be_told(self, sentence: str) -> bool:
        """Tell whether a sentence names nothing that is hidden from the viewer."""
        return True

    def not_shown(self, done: str) -> SwarmgraphError:
        """Build the error for what was done and is not in `graph`; `done` tells it, such as "task:a was opened"."""
        return Internal(f"{done} and is not there.")

    def free_on(self, days: Days) -> Callable[[Person], bool]:
        """Return the test whether the viewer may know that somebody is free on these days, and he is."""
        return lambda person: is_present(person, days)

    def density_of(self, task: Task) -> Money | None:
        """Return what a task is worth a person-day, as far as the viewer sees its demand; None where unknown."""
        return None


Info: TypeAlias = StrawberryInfo[Request, Any]

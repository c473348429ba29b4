"""Whom changes are about: what the index has to read again."""

from collections.abc import Callable, Iterable
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, RecordKey, tag_of
from graph_api.organization.model import HasSkill, Person, Task, WorkedOn
from graph_api.swarm.index.knowing import workers_on
from graph_api.swarm.model import MemberOf, Staffs, Swarm


class Changed:
    """People, people whose work changed, and (person, skill) that were changed since they were read."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.workers: set[str] = set()
        self.holdings: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self.people) + len(self.workers) + len(self.holdings)

    def note(self, view: GraphView, changes: Iterable[AnyChange]) -> None:
        """Note whom changes are about; the view shows them already."""
        for change in changes:
            if (look := _LOOKS.get(change.key[0])) is not None:
                look(self, view, change.key)


def _person(changed: Changed, _view: GraphView, key: RecordKey) -> None:
    changed.people.add(key[1])


def _holding(changed: Changed, _view: GraphView, key: RecordKey) -> None:
    changed.holdings.add((key[1], key[2]))


def _worked(changed: Changed, _view: GraphView, key: RecordKey) -> None:
    changed.workers.add(key[1])


def _booking(changed: Changed, _view: GraphView, key: RecordKey) -> None:
    changed.people.add(key[1])
    changed.workers.add(key[1])


def _swarm(changed: Changed, view: GraphView, key: RecordKey) -> None:
    members = {link.source for link in view.incoming(MemberOf, key[1])}
    changed.people |= members
    changed.workers |= members


def _task(changed: Changed, view: GraphView, key: RecordKey) -> None:
    changed.workers |= workers_on(view, key[1])


_LOOKS: Final[dict[str, Callable[[Changed, GraphView, RecordKey], None]]] = {
    tag_of(Person): _person,
    tag_of(HasSkill): _holding,
    tag_of(WorkedOn): _worked,
    tag_of(MemberOf): _booking,
    tag_of(Swarm): _swarm,
    tag_of(Staffs): _swarm,
    tag_of(Task): _task,
}

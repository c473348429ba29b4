"""Changing explicit tuples: all of a request or nothing, decided on the exact state and by its live model."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from graph_api.kernel.commands import Accepted, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.permission.checks import check_distinct, check_name, check_tuple, told
from graph_api.permission.commands import ChangePermissions, PermissionsChanged
from graph_api.permission.derivation import DerivedTable
from graph_api.permission.ends import Ends
from graph_api.permission.live_model import ReadModel, live_model, live_permission
from graph_api.permission.records import Granted, Resource, context_text
from graph_api.permission.tuples import RelationshipTuple, TupleKey


class ChangeDecision:
    """Decides changes of explicit tuples. `ends` and `table` are declared when the service is put together."""

    def __init__(self, ends: Ends, table: DerivedTable) -> None:
        self._ends = ends
        self._table = table

    @property
    def operation(self) -> Operation[ChangePermissions]:
        """The operation that decides so."""
        return Operation("changePermissions", ChangePermissions, self.decide, PermissionsChanged)

    def decide(self, view: GraphView, command: ChangePermissions, context: Context) -> Decision:
        """Make the changes, or tell all that stands against them."""
        if problems := self.problems(view, command, context.at):
            return Refused(rejected(problems))
        stored = [self._ends.find(view, key) for key in command.remove]
        removed = [grant for grant in stored if grant is not None]
        added = [grant for grant in self._grants(view, command.add) if view.record(grant.key) != grant]
        outcome = PermissionsChanged(
            added=len(added),
            removed=len(removed),
            unchanged=len(command.add) + len(command.remove) - len(added) - len(removed),
        )
        return Accepted((*self._new_ends(view, added), *map(upsert, added), *removals(view, removed, added)), outcome)

    def problems(self, view: GraphView, command: ChangePermissions, at: datetime) -> list[Problem]:
        """Return all that stands against a change at an instant."""
        return [*self._problems(view, command, live_model(view), at)]

    def _grants(self, view: GraphView, tuples: Iterable[RelationshipTuple]) -> Iterator[Granted]:
        """Yield the records of tuples; one that is there already stays between its ends."""
        for each in tuples:
            old = self._ends.find(view, each.key)
            user, _, subject_relation = each.user.partition("#")
            yield Granted(
                source=old.source if old is not None else self._ends.end(view, user),
                target=old.target if old is not None else self._ends.end(view, each.object),
                relation=each.relation,
                subject_relation=subject_relation or None,
                condition=each.condition.name if each.condition is not None else None,
                context=context_text(each.condition.context) if each.condition is not None else None,
                expires_at=each.expires_at.astimezone(UTC) if each.expires_at is not None else None,
            )

    def _new_ends(self, view: GraphView, grants: Iterable[Granted]) -> Iterator[AnyChange]:
        """Yield the resources that tuples are fixed to and that are not there yet."""
        ends = dict.fromkeys(end for grant in grants for end in (grant.source, grant.target))
        new = (end for end in ends if self._ends.is_resource(end) and view.node(Resource, end) is None)
        return (upsert(Resource(id=end)) for end in new)

    def _problems(
        self, view: GraphView, command: ChangePermissions, live: ReadModel, at: datetime
    ) -> Iterator[Problem]:
        added = [(("add", str(number)), each.key) for number, each in enumerate(command.add)]
        removed = [(("remove", str(number)), key) for number, key in enumerate(command.remove)]
        yield from check_distinct([*added, *removed])
        for (path, _), each in zip(added, command.add, strict=True):
            yield from check_tuple(live, each, path, at)
        yield from self._derived(view, added, removed)
        for path, key in removed:
            yield from check_name(key, path)
        yield from self._unmet(view, "mustExist", command.must_exist, at)
        yield from self._unmet(view, "mustNotExist", command.must_not_exist, at)

    def _derived(
        self,
        view: GraphView,
        added: Sequence[tuple[tuple[str, ...], TupleKey]],
        removed: Sequence[tuple[tuple[str, ...], TupleKey]],
    ) -> Iterator[Problem]:
        """Yield a problem for each tuple that follows from the organization; what was granted beside may be removed."""
        granted = {key for _, key in removed if self._ends.find(view, key) is not None}
        for path, key in (*added, *removed):
            if key not in granted and self._is_derived(view, key):
                message = f"The tuple {told(key)} follows from the organization, and cannot be written or removed."
                yield Problem(path, "DERIVED", message, "Change the organization: the tuple changes with it.")

    def _unmet(self, view: GraphView, field: str, keys: Sequence[TupleKey], at: datetime) -> Iterator[Problem]:
        wanted = field == "mustExist"
        for number, key in enumerate(keys):
            path = (field, str(number))
            if problems := [*check_name(key, path)]:
                yield from problems
            elif self._exists(view, key, at) != wanted:
                message = f"The tuple {told(key)} {'is not there' if wanted else 'is there'}."
                yield Problem(path, "PRECONDITION", message, "Read the tuples anew, then decide.")

    def _exists(self, view: GraphView, key: TupleKey, at: datetime) -> bool:
        grant = self._ends.find(view, key)
        if grant is not None and (grant.expires_at is None or grant.expires_at > at):
            return True
        return self._is_derived(view, key)

    def _is_derived(self, view: GraphView, key: TupleKey) -> bool:
        pointer = live_permission(view)
        return pointer is not None and self._table.derives(view, key, pointer.day)


def removals(view: GraphView, removed: Sequence[Granted], added: Iterable[Granted] = ()) -> Iterator[AnyChange]:
    """Yield the removal of tuples, and of resources that no tuple needs any more."""
    yield from map(removal, removed)
    gone = {grant.key for grant in removed}
    kept = {end for grant in added for end in (grant.source, grant.target)}
    for end in dict.fromkeys(end for grant in removed for end in (grant.source, grant.target)):
        resource = view.node(Resource, end) if end not in kept else None
        if resource is not None and all(grant.key in gone for grant in _grants_at(view, end)):
            yield removal(resource)


def _grants_at(view: GraphView, end: str) -> Iterator[Granted]:
    yield from view.outgoing(Granted, end)
    yield from view.incoming(Granted, end)

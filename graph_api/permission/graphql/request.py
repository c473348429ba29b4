"""A request that knows what its viewer may do and see."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias, TypeVar

from strawberry.types import Info as StrawberryInfo

from graph_api.kernel.errors import Forbidden, QueryTooCostly, SwarmgraphError
from graph_api.kernel.graph import Readable
from graph_api.kernel.ids import split_id
from graph_api.kernel.quantities import Days
from graph_api.ops.settings import Settings
from graph_api.organization.graphql.request import Identity, Request
from graph_api.organization.model import ORGANIZATION_ID, Person
from graph_api.organization.read_model import KeptLists
from graph_api.permission.engine.graph import PermissionGraph
from graph_api.permission.holding import Rights
from graph_api.permission.port import PermissionsPort
from graph_api.permission.seeing import AVAILABILITY
from graph_api.permission.sight import Seeing, Seen, Sight
from graph_api.projection.port import ReplicaPort

RowT = TypeVar("RowT")
_NAMED: Final = re.compile(r"[a-z][a-z_]*:[^\s#]+")
_PUNCTUATION: Final = "`'\".,:;!?)"
"""What may stand behind an id in a sentence; an id may end with some of it too."""


class PermissionRequest(Request):
    """One request: the state is read through the viewer's sight; rights are those of the state's revision."""

    def __init__(
        self,
        replica: ReplicaPort,
        settings: Settings,
        identity: Identity,
        kept: KeptLists,
        today: date,
        *,
        permissions: PermissionsPort,
        seeing: Seeing,
    ) -> None:
        super().__init__(replica, settings, identity, kept, today)
        self.permissions: Final = permissions
        self._seeing = seeing
        self._revision = ""
        self._checks_left = settings.checks_a_request_max

    @property
    def graph(self) -> Readable:
        """What the viewer may see of the committed state."""
        self._look()
        if self._seen is None:
            self._seen = self.replica.graph if self._sight.sees_everything() else self._sight
        return self._seen

    def count_checks(self, checks: int) -> None:
        """Count checks of the request, whichever fields make them; raises QueryTooCostly when there are too many."""
        self._checks_left -= checks
        if self._checks_left < 0:
            most = self.settings.checks_a_request_max
            raise QueryTooCostly(
                f"The request asks for more than {most} checks.", suggestion="Split it into several requests."
            )

    def allows(self, relation: str, target: str) -> bool:
        """Tell whether the viewer has a relation to an object, as of the committed state."""
        self._look()
        return self._rights.allows(relation, target)

    def sees(self, entity: str) -> bool:
        """Tell whether there is an entity and the viewer sees it."""
        self._look()
        return self._rights.exists(entity) and self._sight.sees(entity)

    def sees_all(self, type_name: str) -> bool:
        """Tell whether no entity of a type is hidden from the viewer."""
        self._look()
        return self._sight.sees_all(type_name)

    def sees_all_open(self, type_name: str) -> bool:
        """Tell whether no entity of a type is hidden from the viewer but what is private to others."""
        self._look()
        return self._sight.sees_all_open(type_name)

    def sees_of(self, entity: str, aspect: Seen) -> bool:
        """Tell whether the viewer sees something of an entity that takes more than seeing the entity."""
        self._look()
        return self._sight.sees_of(entity, aspect)

    @property
    def sees_everything(self) -> bool:
        """Whether nothing of the state is hidden from the viewer."""
        return self.graph is self.replica.graph

    @property
    def sees_models(self) -> bool:
        """Whether the viewer may know which types and relations the live model has."""
        return self.allows("can_see_permissions", ORGANIZATION_ID)

    def _look(self) -> None:
        """Take up the state's revision: while a mutation waits, rights may come and go."""
        if self._revision != self.replica.revision:
            self._revision = self.replica.revision
            self._rights = Rights(self.permissions.graph, self.identity.id, self.permissions.now())
            self._sight = Sight(self.replica.graph, self._rights, self._seeing)
            # Most rights are asked for without looking at any entity, by streams after every commit.
            self._seen: Readable | None = None

    def sight(self, seeing: Seeing) -> Readable:
        """Return what the viewer may see of the committed state by other rules."""
        self._look()
        sight = Sight(self.replica.graph, self._rights, seeing)
        return self.replica.graph if sight.sees_everything() else sight

    def kept_list(self, key: object, build: Callable[[], Sequence[RowT]]) -> Sequence[RowT]:
        """Return a list; those who see everything that is open share theirs: so it may hold nothing private.

        What others see may expire before the next commit.
        """
        self._look()
        return super().kept_list(key, build) if self._sight.sees_everything_open() else build()

    def found_list(self, key: object) -> Sequence[Any] | None:
        """Return a list that an earlier request left for those who see everything that is open, else None."""
        self._look()
        return super().found_list(key) if self._sight.sees_everything_open() else None

    @property
    def open_graph(self) -> Readable:
        """The whole state where all that is open is seen: looking at every relationship's ends would cost much more."""
        self._look()
        return self.replica.graph if self._sight.sees_everything_open() else self.graph

    def may_be_told(self, sentence: str) -> bool:
        """Tell whether a sentence names no entity that the viewer does not see, whether or not there is one."""
        if self.sees_everything:
            return True
        self._look()
        hiding = {name for name in self._seeing.nodes if not self._sight.sees_all(name)}
        named = (found for found in _NAMED.findall(sentence) if split_id(found)[0] in hiding)
        return all(self._may_be_named({one, one.rstrip(_PUNCTUATION)}) for one in named)

    def _may_be_named(self, readings: set[str]) -> bool:
        """Tell whether what may be read as several ids is one that is seen, and none that is hidden."""
        there = [one for one in readings if self._rights.exists(one)]
        return bool(there) and all(map(self.sees, there))

    def not_shown(self, done: str) -> SwarmgraphError:
        """Build the error for what was done and is not in `graph`: who may not see it is told just that."""
        if self.sees_everything:
            return super().not_shown(done)
        return Forbidden(f"{done}, and {self.identity.id} may not see it.")

    def free_on(self, days: Days) -> Callable[[Person], bool]:
        """Return the test whether the viewer may know that somebody is free on these days, and he is."""
        self._look()
        is_free, sight = super().free_on(days), self._sight
        if sight.sees_of_all(Person.entity_type, AVAILABILITY):
            return is_free
        return lambda person: sight.sees_of(person.id, AVAILABILITY) and is_free(person)

    async def permission_graph(self, at: datetime | None, at_least: str | None) -> PermissionGraph:
        """Return the permission graph once it has a revision; for an instant in the past, as it was then."""
        if at_least is not None:
            await self.replica.wait_for(at_least)
        return self.permissions.graph if at is None else await self.permissions.graph_at(at)


PermissionInfo: TypeAlias = StrawberryInfo[PermissionRequest, Any]

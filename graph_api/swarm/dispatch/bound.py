"""The least possible greatest load: what no assembler could go below, had it known all demands beforehand.

Every swarm needs so many members, each primary for one of its roles at least. Leave out that nobody is twice in one
swarm, that days overlap, and what teams are worth: one role is left for each member, given to somebody who can take it,
nobody above L. That is a flow from swarms over their roles to people, and the least L that lets all of it through is
found by bisection (maximum flow by Dinic's algorithm, scipy). Leaving constraints out only lowers it: it is a bound.
Beside it stands the average by role: all seats of a skill need somebody who can take one of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow  # pyright: ignore[reportUnknownVariableType]  # scipy is typed in part

Integers = NDArray[np.int64]


class Role(msgspec.Struct, frozen=True):
    """Seats of one skill in a swarm, and who can take them: indices, each once.

    Roles of many swarms may share one tuple of `people`; `others` are those of this role alone.
    """

    skill: str
    seats: int
    people: tuple[int, ...]
    others: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many can take a seat."""
        return len(self.people) + len(self.others)


class Needed(msgspec.Struct, frozen=True):
    """A swarm of so many members, and its roles."""

    members: int
    roles: tuple[Role, ...]

    @property
    def placed(self) -> int:
        """Members who can be placed in its roles by their number alone."""
        return min(self.members, sum(min(role.seats, role.count) for role in self.roles))


def least_maximum_load(swarms: Sequence[Needed], pairs_max: int) -> int:
    """Return a lower bound of the seats of whoever has most; 0 without swarms.

    With more than `pairs_max` pairs of a role and a person the flow is left out and the averages stand alone, which are
    a bound as well.
    """
    low = average_load(swarms)
    pairs = sum(role.count for swarm in swarms for role in swarm.roles)
    if not pairs or pairs > pairs_max:
        return low
    network = _Network(swarms)
    wanted = sum(swarm.placed for swarm in swarms)
    high = max(low, 1)
    while network.flow(high) < wanted:
        low, high = high + 1, high * 2
    while low < high:
        middle = (low + high) // 2
        if network.flow(middle) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def average_load(swarms: Sequence[Needed]) -> int:
    """Return the greatest average: of all members, and of the seats of each skill, over all who can take one."""
    everybody = people_of(role for swarm in swarms for role in swarm.roles)
    averages = [_ceiling(sum(swarm.placed for swarm in swarms), len(everybody))]
    roles: dict[str, list[Role]] = {}
    for swarm in swarms:
        for role in swarm.roles:
            roles.setdefault(role.skill, []).append(role)
    averages.extend(
        _ceiling(sum(min(role.seats, role.count) for role in same), len(people_of(same))) for same in roles.values()
    )
    return max(averages)


def people_of(roles: Iterable[Role]) -> set[int]:
    """Return everybody who can take one of some roles; many roles share one and the same tuple of people."""
    apart: dict[int, tuple[int, ...]] = {}
    found: set[int] = set()
    for role in roles:
        apart[id(role.people)] = role.people
        found.update(role.others)
    for people in apart.values():
        found.update(people)
    return found


def _ceiling(count: int, among: int) -> int:
    return -(-count // among) if among else 0


class _Network:
    """Source, swarms, roles, people, sink; only what a person may take changes between flows."""

    def __init__(self, swarms: Sequence[Needed]) -> None:
        roles = [(place, role) for place, swarm in enumerate(swarms) for role in swarm.roles]
        people = sorted(people_of(role for _, role in roles))
        places = {person: place for place, person in enumerate(people)}
        first_role, first_person = 1 + len(swarms), 1 + len(swarms) + len(roles)
        self.sink: Final = first_person + len(people)
        columns: list[tuple[Sequence[int], Sequence[int], Sequence[int]]] = [
            ([0] * len(swarms), range(1, first_role), [swarm.placed for swarm in swarms]),
            ([1 + swarm for swarm, _ in roles], range(first_role, first_person), [role.seats for _, role in roles]),
        ]
        for number, (_, role) in enumerate(roles):
            ends = [first_person + places[person] for person in (*role.people, *role.others)]
            columns.append(([first_role + number] * len(ends), ends, [1] * len(ends)))
        columns.append((range(first_person, self.sink), [self.sink] * len(people), [1] * len(people)))
        tails, heads, amounts = (
            np.concatenate([np.asarray(part[i], dtype=np.int32) for part in columns]) for i in range(3)
        )
        shape = (self.sink + 1, self.sink + 1)
        self._graph: Any = csr_array((amounts, (tails, heads)), shape=shape)
        self._graph.sort_indices()
        # People are the only ones with a single edge, that into the sink: theirs is what a flow may change.
        self._limits = self._graph.indices == self.sink

    def flow(self, load: int) -> int:
        """Return how many members are placed where nobody takes more than `load` seats."""
        self._graph.data[self._limits] = load
        found = cast("Any", maximum_flow(self._graph, 0, self.sink, method="dinic"))
        return int(found.flow_value)

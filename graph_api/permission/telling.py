"""From accesses that were compared to what each watch is told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from graph_api.permission.answers import Decision
from graph_api.permission.causes import Cause, joined
from graph_api.permission.engine.names import Names
from graph_api.permission.tuples import WILDCARD
from graph_api.permission.watches import AccessChange, Group, Pair, Watch

ERASED: Final = "erased"
"""The cause where the command was erased from the log."""
Causes: TypeAlias = dict[Pair, list[Cause]]
_Sorted: TypeAlias = Mapping[str, Sequence[AccessChange]]


class Touched:
    """Accesses that causes may have altered, while they are gathered; at last `too_many` of them to be compared."""

    def __init__(self) -> None:
        self.causes: Causes = {}
        self.too_many = False


class Compared(NamedTuple):
    """The accesses of a group: of whomever tuples name, and of users who are watched by themselves."""

    everybody: Touched
    own: Touched


class Sides(NamedTuple):
    """The decisions about accesses on both sides of a commit."""

    before: Mapping[Pair, Decision]
    after: Mapping[Pair, Decision]

    def differ(self, pair: Pair) -> bool:
        """Tell whether an access is another one; which names are missing is no matter."""
        return type(self.before[pair]) is not type(self.after[pair])


def changes_told(
    group: Group, compared: Compared, sides: Sides, names: Names
) -> Iterator[tuple[Watch, tuple[AccessChange, ...] | None]]:
    """Yield what each watch is told, None for too much; those to whom nothing happened are left out."""
    everybody, own = compared.everybody.causes, compared.own.causes
    by_object = _sorted_out(_shown(group, everybody, _open_pairs(everybody, sides, names), sides, names), "object")
    by_user = _sorted_out(_shown(group, own, filter(sides.differ, own), sides, names), "user")
    for watch in group.watches:
        if (compared.everybody if watch.user is None else compared.own).too_many:
            yield watch, None
        elif found := _of_watch(watch, by_object, by_user):
            yield watch, tuple(found)


def _of_watch(watch: Watch, by_object: _Sorted, by_user: _Sorted) -> Sequence[AccessChange]:
    if watch.user is None:
        return by_object.get(watch.object or "", ())
    own = by_user.get(watch.user, ())
    return own if watch.object is None else [each for each in own if each.object == watch.object]


def _open_pairs(causes: Causes, sides: Sides, names: Names) -> Iterator[Pair]:
    """Yield the accesses to tell where everybody is watched: plain users, and everybody of a type as such.

    What happens to everybody goes for all of the type who are not told apart, so that those are who keep what they had.
    """
    plain = [pair for pair in causes if "#" not in names.texts[pair[1]]]
    different = [pair for pair in plain if sides.differ(pair)]
    yield from different
    wild = {
        (place, _type(names.texts[user])) for place, user in different if names.texts[user].endswith(f":{WILDCARD}")
    }
    if wild:
        yield from (pair for pair in plain if (pair[0], _type(names.texts[pair[1]])) in wild and not sides.differ(pair))


def _type(name: str) -> str:
    return name.partition(":")[0]


def _shown(group: Group, causes: Causes, pairs: Iterable[Pair], sides: Sides, names: Names) -> Sequence[AccessChange]:
    """Return changes of access in the order of objects and users."""
    found = [_change(group, pair, joined(causes[pair]), sides, names) for pair in pairs]
    return sorted(found, key=lambda each: (each.object, each.user))


def _change(group: Group, pair: Pair, cause: Cause, sides: Sides, names: Names) -> AccessChange:
    place, user = pair
    return AccessChange(
        user=names.texts[user],
        relation=group.node[1],
        object=names.texts[place],
        before=sides.before[pair],
        after=sides.after[pair],
        cause=cause.command.operation if cause.command is not None else ERASED,
        cause_ids=cause.ids,
        actor=cause.command.actor if cause.command is not None else None,
    )


def _sorted_out(changes: Sequence[AccessChange], part: Literal["object", "user"]) -> _Sorted:
    """Return changes by their object or user, and all of them under the empty text."""
    found: dict[str, list[AccessChange]] = defaultdict(list)
    for each in changes:
        found[each.object if part == "object" else each.user].append(each)
    return {**found, "": changes} if changes else {}

"""From accesses that were compared to what each watch is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from graph_api.permission.answers import Decision
from graph_api.permission.causes import Cause, joined
from graph_api.permission.engine.names import Names
from graph_api.permission.tuples import WILDCARD
from graph_api.permission.watches import AccessChange, Group, Pair, Watch

ERASED: Final = "erased"
"""The cause where the command was erased from the log."""
Causes: TypeAlias = dict[Pair, list[Cause]]


class Touched:
    """Accesses that causes may have altered: of whomever tuples name, and of users who are watched by themselves."""

    def __init__(self) -> None:
        self.everybody: Causes = {}
        self.own: Causes = {}
        self.too_many = False


class Sides(NamedTuple):
    """The decisions about accesses on both sides of a commit."""

    before: Mapping[Pair, Decision]
    after: Mapping[Pair, Decision]

    def differ(self, pair: Pair) -> bool:
        """Tell whether an access is another one; which names are missing is no matter."""
        return type(self.before[pair]) is not type(self.after[pair])


def changes_told(
    group: Group, touched: Touched, sides: Sides, names: Names
) -> Iterator[tuple[Watch, tuple[AccessChange, ...] | None]]:
    """Yield what each watch is told, None for too much; those to whom nothing happened are left out."""
    if touched.too_many:
        yield from ((watch, None) for watch in group.watches)
        return
    everybody = _shown(group, touched.everybody, _open_pairs(touched.everybody, sides, names), sides, names)
    own = _shown(group, touched.own, filter(sides.differ, touched.own), sides, names)
    if everybody or own:
        by_object = _sorted_out(everybody, lambda each: each.object)
        by_user = _sorted_out(own, lambda each: each.user)
        for watch in group.watches:
            if found := _of_watch(watch, everybody, by_object, by_user):
                yield watch, tuple(found)


def _of_watch(
    watch: Watch,
    everybody: Sequence[AccessChange],
    by_object: Mapping[str, Sequence[AccessChange]],
    by_user: Mapping[str, Sequence[AccessChange]],
) -> Sequence[AccessChange]:
    if watch.user is None:
        return everybody if watch.object is None else by_object.get(watch.object, ())
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


def _sorted_out(
    changes: Iterable[AccessChange], key: Callable[[AccessChange], str]
) -> Mapping[str, list[AccessChange]]:
    found: dict[str, list[AccessChange]] = defaultdict(list)
    for each in changes:
        found[key(each)].append(each)
    return found

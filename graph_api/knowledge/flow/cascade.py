"""The shape in which an item spread: its tree of uses and citations.

Goel, Anderson, Hofman and Watts, "The structural virality of online diffusion", Management Science 2016.
"""

from collections.abc import Mapping

import msgspec

from graph_api.knowledge.flow.paths import Arrivals, Timeline


class Shape(msgspec.Struct, frozen=True):
    """Vertices (the root counted), longest way from the root, and mean distance of two different vertices."""

    size: int
    depth: int
    structural_virality: float | None
    """None of a root alone: it has no two vertices."""


def parents_of(line: Timeline, found: Arrivals) -> dict[int, int]:
    """Return the tree of earliest arrivals: whatever was reached, and from where; each parent before its children."""
    return {place: int(line.sources[event]) for place, event in found.by_event.items() if event >= 0}


def shape(root: int, parents: Mapping[int, int]) -> Shape:
    """Measure a tree whose parents come before their children.

    The distances of all pairs add up to the sum over edges of s (n - s), s the vertices below the edge (Wiener index).
    """
    depth = {root: 0}
    for place, parent in parents.items():
        depth[place] = depth[parent] + 1
    below = dict.fromkeys(depth, 1)
    for place in reversed(tuple(parents)):
        below[parents[place]] += below[place]
    size = len(depth)
    wiener = sum(below[place] * (size - below[place]) for place in parents)
    return Shape(size, max(depth.values()), 2 * wiener / (size * (size - 1)) if size > 1 else None)

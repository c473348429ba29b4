"""The path of the search, and who may still join at each depth of it."""

from typing import NamedTuple

import numpy as np

from graph_api.swarm.exact.arrays import Integers
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import FAR


class Frames(NamedTuple):
    """The path of the search: at each depth what its team covers, its ties to others, and who may still join."""

    covered: Integers
    ties: Integers
    allowed: Integers
    worth: Integers
    counts: Integers
    places: Integers
    bases: Integers
    bonuses: Integers


@compiled
def new_frames(size: int, people: int, full: int) -> Frames:
    """Make the frames of a search among so many people for a team of a size."""
    return Frames(
        np.full((size + 1, full + 1), FAR, np.int64),
        np.zeros((size + 1, people), np.int64),
        np.zeros((size + 1, people), np.int64),
        np.zeros((size + 1, people), np.int64),
        np.zeros(size + 1, np.int64),
        np.zeros(size + 1, np.int64),
        np.zeros(size + 1, np.int64),
        np.zeros(size + 1, np.int64),
    )

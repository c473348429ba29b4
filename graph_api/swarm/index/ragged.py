"""Rows of different lengths in flat columns, of which single rows are replaced."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Small

_FIRST: Final = 1024


class Ragged:
    """`columns` hold int32; row i stands from `starts[i]`, `lengths[i]` entries long.

    What is left of old rows is `filler`: values that no reader looks for, as flat scans see them too.
    """

    def __init__(self, rows: int, filler: Sequence[int]) -> None:
        self._filler = tuple(filler)
        self.columns: list[Small] = [np.full(_FIRST, value, dtype=np.int32) for value in self._filler]
        self.starts: Integers = np.zeros(rows, dtype=np.int64)
        self.lengths: Integers = np.zeros(rows, dtype=np.int64)
        self.used = 0
        self._held = 0

    @property
    def bytes(self) -> int:
        """Bytes of all arrays."""
        return sum(column.nbytes for column in self.columns) + self.starts.nbytes + self.lengths.nbytes

    def grow(self, rows: int) -> None:
        """Make room for so many rows, the new ones empty."""
        self.starts = grown(self.starts, rows, 0)
        self.lengths = grown(self.lengths, rows, 0)

    def fill(self, starts: Integers, lengths: Integers, *columns: Small) -> None:
        """Replace everything; rows stand one behind the other."""
        self.starts, self.lengths = starts, lengths
        self.columns = [np.ascontiguousarray(column) for column in columns]
        self.used = self._held = len(self.columns[0])

    def row(self, row: int) -> list[Small]:
        """Return the columns of one row; they are views."""
        start = int(self.starts[row])
        return [column[start : start + int(self.lengths[row])] for column in self.columns]

    def replace(self, row: int, *values: Sequence[int] | Small) -> None:
        """Put another row in a row's place."""
        count, start = len(values[0]), int(self.starts[row])
        known = int(self.lengths[row])
        if count > known:
            self._clear(start, known)
            start = self._room_for(count)
            self.used += count
        else:
            self._clear(start + count, known - count)
        self.starts[row], self.lengths[row] = start, count
        self._held += count - known
        for column, value in zip(self.columns, values, strict=True):
            column[start : start + count] = value

    def _clear(self, start: int, count: int) -> None:
        for column, value in zip(self.columns, self._filler, strict=True):
            column[start : start + count] = value

    def _room_for(self, count: int) -> int:
        if self.used + count > len(self.columns[0]):
            if self._held * 2 < self.used:
                self._compact()
            wanted = max(_FIRST, 2 * (self.used + count))
            self.columns = [
                grown(column, wanted, value) for column, value in zip(self.columns, self._filler, strict=True)
            ]
        return self.used

    def _compact(self) -> None:
        order = np.flatnonzero(self.lengths)
        lengths = self.lengths[order]
        ends = np.cumsum(lengths)
        places = np.repeat(self.starts[order] - (ends - lengths), lengths) + np.arange(int(lengths.sum()))
        for column, value in zip(self.columns, self._filler, strict=True):
            column[: len(places)] = column[places]
            column[len(places) :] = value
        self.starts[order] = ends - lengths
        self.used = len(places)


def grown(array: np.ndarray[tuple[int], np.dtype[np.generic]], count: int, value: int) -> "np.ndarray":
    """Return an array of at least so many entries, the new ones with a value."""
    if count <= len(array):
        return array
    wider = np.full(max(count, len(array) + len(array) // 2), value, dtype=array.dtype)
    wider[: len(array)] = array
    return wider

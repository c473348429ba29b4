"""A small linear programme by the simplex method on a dense tableau: tens of rows, some hundreds of columns.

Maximise c x subject to rows of A x (=, >=, <=) b with b >= 0 and x >= 0. Artificial variables cost BIG each (the big-M
method); the column of greatest gain enters, Bland's rule ends a stall.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph_api.swarm.exact.compiling import compiled

EQUAL: Final = 0
AT_LEAST: Final = 1
AT_MOST: Final = 2
BIG: Final = 1e7
_TOLERANCE: Final = 1e-7
_STEPS_MAX: Final = 600
_STEPS_BEFORE_BLAND: Final = 300


@compiled
def maximise(
    rows: NDArray[np.float64], right: NDArray[np.float64], gains: NDArray[np.float64], kinds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and the prices of the rows; prices of an unfinished or infeasible programme are of some basis."""
    height, width = rows.shape
    tableau, basis = _tableau(rows, right, gains, kinds)
    for step in range(_STEPS_MAX):
        entering = _entering(tableau, width + height, step >= _STEPS_BEFORE_BLAND)
        if entering < 0:
            break
        leaving = _leaving(tableau, basis, entering)
        if leaving < 0:
            break
        _pivot(tableau, leaving, entering)
        basis[leaving] = entering
    solution = np.zeros(width)
    for row in range(height):
        if basis[row] < width:
            solution[basis[row]] = tableau[row, -1]
    return solution, tableau[height, width + height : width + 2 * height] - BIG


@compiled
def _tableau(
    rows: NDArray[np.float64], right: NDArray[np.float64], gains: NDArray[np.float64], kinds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Columns: the variables, one slack and one artificial variable a row, the right-hand side. Last row: gains."""
    height, width = rows.shape
    tableau = np.zeros((height + 1, width + 2 * height + 1))
    basis = np.zeros(height, np.int64)
    tableau[:height, :width] = rows
    tableau[:height, -1] = right
    tableau[height, :width] = -gains
    for row in range(height):
        artificial = width + height + row
        tableau[row, artificial] = 1.0
        tableau[height, artificial] = BIG
        basis[row] = artificial
        if kinds[row] == AT_LEAST:
            tableau[row, width + row] = -1.0
        elif kinds[row] == AT_MOST:
            tableau[row, width + row] = 1.0
            basis[row] = width + row
        if basis[row] == artificial:
            tableau[height] -= BIG * tableau[row]
    return tableau, basis


@compiled
def _entering(tableau: NDArray[np.float64], columns: int, is_bland: bool) -> int:
    best, least = -1, -_TOLERANCE
    for column in range(columns):
        if tableau[-1, column] < least:
            best, least = column, tableau[-1, column]
            if is_bland:
                break
    return best


@compiled
def _leaving(tableau: NDArray[np.float64], basis: NDArray[np.int64], entering: int) -> int:
    best, least = -1, np.inf
    for row in range(len(basis)):
        if tableau[row, entering] > _TOLERANCE:
            ratio = tableau[row, -1] / tableau[row, entering]
            if ratio < least - _TOLERANCE or (ratio < least + _TOLERANCE and best >= 0 and basis[row] < basis[best]):
                best, least = row, min(least, ratio)
    return best


@compiled
def _pivot(tableau: NDArray[np.float64], leaving: int, entering: int) -> None:
    tableau[leaving] /= tableau[leaving, entering]
    for row in range(len(tableau)):
        factor = tableau[row, entering]
        if row != leaving and factor != 0.0:
            tableau[row] -= factor * tableau[leaving]

"""Compiling the search once: it takes half a minute, and what it made is kept beside the code and read by later starts.

`python -m graph_api.swarm.exact.warming` does it at set-up and tells how long it took. A service that finds nothing
compiled has another process do it, which can be ended, and does not hold the interpreter that answers requests.
"""

import asyncio
import hashlib
import logging
import sys
from asyncio.subprocess import DEVNULL
from pathlib import Path
from time import monotonic
from typing import Final

import numba
import numpy as np

from graph_api.swarm.exact.among import ties_among
from graph_api.swarm.exact.arrays import SolverInput, ties_of
from graph_api.swarm.exact.solver import best_teams

_log: Final = logging.getLogger(__name__)
_FOLDER: Final = Path(__file__).parent
_SECONDS_MAX: Final = 600.0
_PEOPLE: Final = 5


async def compiled_on_disk() -> None:
    """Return when the search is compiled; where another process fails to do it, it is compiled at its first use."""
    if _stamp().exists():
        return
    began = monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(_SECONDS_MAX):
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        _log.warning("The search for teams could not be compiled beforehand (exit %d).", code)
    else:
        _log.info("The search for teams was compiled in %.0f s; later starts read it.", monotonic() - began)


def _stamp() -> Path:
    """Return the file that stands for: this code was compiled by this compiler for this Python."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in sorted(_FOLDER.glob("*.py")):
        digest.update(path.read_bytes())
    return _FOLDER / "__pycache__" / f"compiled-{digest.hexdigest()[:16]}"


def warm_up() -> None:
    """Run all that a search runs through on a small problem: compiled where it is not, else read from disk."""
    pairs = np.array([[0, 1, 100], [0, 2, 50], [1, 2, 70], [2, 3, 60], [3, 4, 90]], dtype=np.int64)
    ties = ties_of(pairs, _PEOPLE)
    people = np.arange(_PEOPLE)
    given = SolverInput(
        penalties=people * 10,
        values=np.where((people[:, None] + np.arange(3)) % 2 == 0, 600, 400),
        groups=np.arange(3),
        open_slots=np.zeros(3, dtype=np.bool_),
        cities=people % 2,
        in_country=people > 1,
        needs_country=True,
        depth_able=np.ones((1, _PEOPLE), dtype=np.bool_),
        depth_members=np.array([2]),
        pinned=np.array([1]),
        separated=np.array([[0, 4]]),
        headcount=2,
        headcount_least=2,
        minimum_cities=2,
        ties=ties_among(people, ties.starts[:-1], np.diff(ties.starts), ties.others, ties.bonuses),
    )
    best_teams(given, np.zeros(1, dtype=np.int64), 1, lambda: None)


def main() -> None:
    """Compile, keep it on disk, and say so."""
    if _stamp().exists():
        return
    _tell("Compiling the search for teams (about half a minute, once)")
    began = monotonic()
    warm_up()
    try:
        _stamp().touch()
    except OSError:
        _tell("It is kept in the user's cache: the code's own folder cannot be written.")
    _tell(f"Compiled in {monotonic() - began:.0f} s")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

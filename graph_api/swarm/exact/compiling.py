"""How the search is compiled: once, kept on disk, without the interpreter's lock while it runs."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def compiled(function: FunctionT) -> FunctionT:
    """Compile a function of numbers and arrays when it is first called, or take what an earlier process kept."""
    library: Any = numba  # not typed
    return cast("FunctionT", library.njit(cache=True, nogil=True)(function))

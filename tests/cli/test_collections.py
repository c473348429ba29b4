"""What a service has loaded is nothing that the garbage collector walks through again."""

import gc
from collections.abc import Generator

import pytest

from graph_api.cli.serve import leave_out_of_collections


@pytest.fixture(autouse=True)
def thawed() -> Generator[None]:
    """Give back to the collector what a test has taken from it."""
    yield
    gc.unfreeze()


def test_what_was_loaded_is_left_out_of_collections_and_what_comes_later_is_not() -> None:
    loaded = [object()]
    assert id(loaded) in collected()
    leave_out_of_collections()
    later = [object()]
    assert id(loaded) not in collected()
    assert id(later) in collected()


def collected() -> set[int]:
    """Return the ids of all that the collector walks through."""
    return {id(each) for each in gc.get_objects()}

"""Who has not read the log because his process was busy answers a moment later; who is cut off does not answer."""

import pytest

from graph_api.kernel.errors import Unavailable
from graph_api.projection.freshness import until_fresh


class Source:
    """Is too old for so many looks."""

    def __init__(self, looks: float) -> None:
        self.looks = looks

    def ensure_fresh(self) -> None:
        self.looks -= 1
        if self.looks >= 0:
            raise Unavailable("The log was not read.")


async def test_source_that_reads_the_log_again_is_waited_for() -> None:
    for looks in (0, 3):
        source = Source(looks)
        await until_fresh(source)
        assert source.looks == -1


async def test_source_that_is_cut_off_is_not_waited_for_any_longer() -> None:
    with pytest.raises(Unavailable):
        await until_fresh(Source(float("inf")))

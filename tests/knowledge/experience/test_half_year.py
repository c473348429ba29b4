"""Half a year of members as people are: what is kept with the circuit-breaker, and what without it."""

from graph_api.swarm.model import SwarmState
from tests.support.half_year import half_year

SWARMS = 300


def test_far_more_is_kept_with_the_breaker_and_filler_is_caught_on_the_way() -> None:
    kept, lost = (half_year(7, SWARMS, breaker=breaker) for breaker in (True, False))
    assert kept.rate.pairs > 3 * SWARMS
    assert kept.rate.low95 is not None
    assert lost.rate.high95 is not None
    assert kept.rate.low95 > 0.92 > lost.rate.high95
    assert {"TOO_SHORT", "NEAR_DUPLICATE"} <= set(kept.refused)
    assert kept.rate.waived > 0
    assert lost.states[SwarmState.CLOSING] < kept.states[SwarmState.CLOSING]
    assert kept.rate.captured + kept.rate.waived + kept.rate.overdue == kept.rate.pairs

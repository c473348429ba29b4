"""Revisions: tokens that are monotonic, bound to their log, and can be waited for."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.errors import BadUserInput, RevisionGone, RevisionTimeout
from graph_api.projection.replica import Committed
from graph_api.projection.revision import number_of, token
from tests.support.commands import INCREMENT, Increment
from tests.support.replicas import Site

LOG = "0123456789abcdef"


@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1))
def test_tokens_sort_as_revisions_do(first: int, second: int) -> None:
    assert (token(LOG, first) < token(LOG, second)) == (first < second)
    assert number_of(token(LOG, first), LOG) == first


@given(st.text())
def test_what_is_no_token_is_refused(text: str) -> None:
    try:
        number = number_of(text, LOG)
    except (BadUserInput, RevisionGone):
        return
    assert text.partition("-")[0] == LOG[:8]
    assert number >= 0


def test_a_token_of_another_log_is_gone() -> None:
    with pytest.raises(RevisionGone):
        number_of(token("f" * 32, 3), LOG)


async def test_a_read_waits_for_what_another_replica_wrote(site: Site) -> None:
    async with site.two_replicas() as (first, second):
        answer = await first.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        assert isinstance(answer, Committed)
        await second.wait_for(answer.revision)
        assert second.revision >= answer.revision


async def test_a_revision_that_never_comes_times_out(site: Site) -> None:
    async with site.replica(revision_wait_seconds=0.1) as replica:
        with pytest.raises(RevisionTimeout):
            await replica.wait_for(token(replica.live.state.log_id, 10**6))


async def test_many_may_wait_at_once(site: Site) -> None:
    async with site.two_replicas() as (first, second):
        wanted = token(first.live.state.log_id, 1)
        waiting = [asyncio.create_task(replica.wait_for(wanted)) for replica in (first, second) for _ in range(20)]
        await first.submit(INCREMENT, Increment(skill_id="skill:c"), actor="test")
        await asyncio.gather(*waiting)
        assert second.revision == wanted

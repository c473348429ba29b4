"""A batch is decided one command after the other; what only later commands need is done for these alone."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange
from graph_api.organization.model import Skill
from graph_api.projection.deciding import Judge, Limits, Outcome, Work, decide_batch
from graph_api.projection.state import State
from graph_api.store.log import HeadRow
from tests.support.commands import PUT, REFUSE, Put, Refuse

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
LIMITS = Limits(changes_a_commit=3, changes_a_command=10, idempotency_days=7, commands_waiting=10)


class Recording:
    """Lets everybody do everything, and keeps what it was told; after so many commands it can judge no more."""

    def __init__(self, judged_max: int = 100) -> None:
        self.checked = 0
        self.taken: list[str] = []
        self._judged_max = judged_max

    def check(self, work: Work, at: datetime) -> None:
        self.checked += 1

    def advance(self, view: GraphView, changes: Sequence[AnyChange]) -> bool:
        self.taken += [change.key[1] for change in changes]
        return len(self.taken) < self._judged_max

    @contextmanager
    def judging(self) -> Generator[Judge]:
        yield self


def put(*names: str) -> Work:
    command = Put(records=tuple(Skill(id=f"skill:{name}", name=name) for name in names))
    return Work(operation=PUT, command=command, actor="system:test")


REFUSED = Work(operation=REFUSE, command=Refuse(), actor="system:test")


@pytest.mark.parametrize(
    ("batch", "taken", "answers", "changes"),
    [
        ([put("a")], [], 1, 1),
        ([put("a"), put("b")], ["skill:a"], 2, 2),
        ([put("a"), REFUSED], ["skill:a"], 2, 1),
        ([REFUSED, put("a")], [], 2, 1),
        ([put("a", "b"), put("c"), put("d")], ["skill:a", "skill:b"], 2, 3),
    ],
    ids=["one", "two", "a refusal last", "a refusal first", "a full commit"],
)
def test_a_judge_takes_up_only_what_a_later_command_is_judged_on(
    batch: list[Work], taken: list[str], answers: int, changes: int
) -> None:
    judge = Recording()
    decided = decide_batch(State(HeadRow("a" * 32, 1, 0, "", AT, [])), batch, AT, LIMITS, judge)
    assert judge.taken == taken
    assert judge.checked == len(decided.answers) == answers
    assert len(decided.changes) == changes


def test_what_a_judge_cannot_judge_before_the_commit_is_left_for_the_next() -> None:
    judge = Recording(judged_max=2)
    decided = decide_batch(
        State(HeadRow("a" * 32, 1, 0, "", AT, [])), [put("a"), put("b"), put("c")], AT, LIMITS, judge
    )
    assert [type(each) for each in decided.answers] == [Outcome, Outcome]
    assert (judge.checked, len(decided.changes)) == (2, 2)

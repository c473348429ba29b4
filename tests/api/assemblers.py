"""An assembler that always answers the same: for how outcomes are shown, not for how teams are found."""

from typing import Any

from graph_api.kernel.quantities import Money
from graph_api.swarm.assembly import (
    Answered,
    AssembleOutcome,
    Booked,
    EndPersonOutcome,
    NewTask,
    NotDecided,
    OpenTaskOutcome,
    ProposeOutcome,
    ReplaceMemberOutcome,
    TaskOpened,
    View,
    WhyNot,
    WhyNotOutcome,
)
from graph_api.swarm.reorganising.model import Evaluation

UNDECIDED = NotDecided(message="Nothing was found in time.")
BOOKED = Booked(message="Somebody was booked meanwhile.", person_ids=())


class FixedAssembler:
    """Keeps what it was asked and answers with given values, at given revisions."""

    def __init__(
        self,
        revision: str = "memory00-000000000001",
        *,
        propose: ProposeOutcome = UNDECIDED,
        open_task: OpenTaskOutcome | None = None,
        assemble: AssembleOutcome = UNDECIDED,
        replace: ReplaceMemberOutcome = BOOKED,
        end: EndPersonOutcome = BOOKED,
    ) -> None:
        self.revision = revision
        self.asked: list[dict[str, Any]] = []
        self._propose = propose
        self._open_task = open_task or TaskOpened(task_id="task:b")
        self._assemble = assemble
        self._replace = replace
        self._end = end

    async def propose(self, *, view: View | None = None, **asked: Any) -> Answered[ProposeOutcome]:
        self.asked.append(asked)
        return Answered(self._propose, self.revision)

    async def why_not(self, *, view: View | None = None, **asked: Any) -> Answered[WhyNotOutcome]:
        self.asked.append(asked)
        return Answered(WhyNot(person_id=asked["person_id"], violates=()), self.revision)

    async def trigger(self, task_id: str, value: Money | None) -> Answered[Evaluation]:
        self.asked.append({"task_id": task_id, "value": value})
        return Answered(Evaluation(task_id=task_id, fires=False, reason="Nobody knows."), self.revision)

    async def open_task(self, task: NewTask, **asked: Any) -> Answered[OpenTaskOutcome]:
        self.asked.append({"task": task, **asked})
        return Answered(self._open_task, self.revision)

    async def assemble(self, *, view: View | None = None, **asked: Any) -> Answered[AssembleOutcome]:
        self.asked.append(asked)
        return Answered(self._assemble, self.revision)

    async def replace_member(self, *, view: View | None = None, **asked: Any) -> Answered[ReplaceMemberOutcome]:
        self.asked.append(asked)
        return Answered(self._replace, self.revision)

    async def end_person(self, *, view: View | None = None, **asked: Any) -> Answered[EndPersonOutcome]:
        self.asked.append(asked)
        return Answered(self._end, self.revision)

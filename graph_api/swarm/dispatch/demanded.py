"""How much of a skill was demanded week by week: person-days of the tasks that required it.

A task demands of each of its skills seats x days; where its effort is known, that effort, shared out by seats. The
person-days lie evenly on the task's days: those of its demand, else from its opening to its closing, else to its due
day, else to today while it is not closed; a task of which one day is known lies on that day. Every UTC day counts, as
it does in bookings; a week begins on Monday.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Days
from graph_api.organization.model import Requires, Task, TaskState
from graph_api.swarm.demand import task_demand
from graph_api.swarm.model import Demand

Floats: TypeAlias = NDArray[np.floating[Any]]
DAYS_A_WEEK: Final = 7
HISTORY_WEEKS_MAX: Final = 1040
"""Twenty years: a task with a mistaken date makes no history of centuries."""
Work: TypeAlias = tuple[int, int, float]
"""First and last day of a task as ordinals, and the person-days that it demands of one skill on each."""


def monday(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def demanded(view: GraphView, stored: Iterable[Task], skill_id: str, today: date) -> Iterator[Work]:
    """Yield what each task demands of a skill that it requires or its stored demand names.

    `stored` are the tasks with a demand of their own. Tasks without any known day demand nothing.
    """
    linked: set[str] = set()
    for link in view.incoming(Requires, skill_id):
        linked.add(link.source)
        task = view.node(Task, link.source)
        if task is not None:
            yield from _works(view, task, skill_id, today)
    for task in stored:
        if task.id not in linked and f'"{skill_id}"' in (task.demand or ""):
            yield from _works(view, task, skill_id, today)


def _works(view: GraphView, task: Task, skill_id: str, today: date) -> Iterator[Work]:
    demand = task_demand(view, task)
    days = task_days(task, demand, today)
    person_days = _person_days(task, demand, skill_id, days.count) if days else 0.0
    if days is not None and person_days > 0:
        yield days.starts_on.toordinal(), days.ends_on.toordinal(), person_days / days.count


def task_days(task: Task, demand: Demand, today: date) -> Days | None:
    """Return the days on which a task demands people; None where not one is known."""
    if demand.days is not None:
        return demand.days
    instants = (task.opened_at, task.closed_at, task.due_at)
    opened, closed, due = (None if at is None else at.date() for at in instants)
    first = opened or closed or due
    if first is None:
        return None
    last = closed or due or (first if task.state is TaskState.CLOSED else today)
    return Days(first, max(first, last))


def _person_days(task: Task, demand: Demand, skill_id: str, days: int) -> float:
    skills = demand.skills or ()
    seats = sum(skill.seats for skill in skills if skill.skill_id == skill_id)
    if task.effort_days is None:
        return float(seats * days)
    return task.effort_days * seats / max(1, sum(skill.seats for skill in skills))


def weekly(works: Iterable[Work], before: date) -> Floats:
    """Return the person-days of each week, from that of the first day demanded to the last one before a Monday.

    Of more weeks than the limit the last ones are returned.
    """
    # In one order, whatever the order of reading: sums of floats are then the same, and so is a kept forecast.
    begun = sorted(one for one in works if one[0] < before.toordinal())
    if not begun:
        return np.zeros(0)
    earliest = before.toordinal() - HISTORY_WEEKS_MAX * DAYS_A_WEEK
    start = max(monday(date.fromordinal(begun[0][0])).toordinal(), earliest)
    # Each task adds its rate where it begins and takes it off where it has ended: sums of that are the days.
    steps = np.zeros(before.toordinal() - start + 1)
    firsts, lasts, rates = (np.array(column) for column in zip(*begun, strict=True))
    np.add.at(steps, np.maximum(firsts.astype(np.int64) - start, 0), rates)
    np.subtract.at(steps, np.clip(lasts.astype(np.int64) + 1 - start, 0, len(steps) - 1), rates)
    days = np.cumsum(steps[:-1])
    return np.maximum(days.reshape(-1, DAYS_A_WEEK).sum(axis=1), 0.0)

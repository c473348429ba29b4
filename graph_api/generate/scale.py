"""How large the made-up organization is, and the fixed facts that every part of the generator shares."""

import random
from datetime import date
from typing import Final

import msgspec

from graph_api.kernel.errors import BadUserInput

PEOPLE_MIN: Final = 60
TASKS_MIN: Final = 250
HISTORY_DAYS: Final = 1096
TEAM_PEOPLE: Final = 9
DEFAULT_SEED: Final = 20260630
DEFAULT_TODAY: Final = date(2026, 6, 30)


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of people, historic tasks and customers; knowledge items are a quarter of the tasks."""

    people: int = 400
    tasks: int = 2400
    customers: int = 48

    def __post_init__(self) -> None:
        """Raise BadUserInput where the planted parts would not fit in."""
        if self.people < PEOPLE_MIN or self.tasks < TASKS_MIN or self.customers < 1:
            raise BadUserInput(
                f"{self.people} people, {self.tasks} tasks and {self.customers} customers are too few.",
                suggestion=f"At least {PEOPLE_MIN} people, {TASKS_MIN} tasks and 1 customer are needed.",
            )

    @classmethod
    def of_people(cls, people: int) -> "Scale":
        """Scale everything with the number of people; 400 people give the default."""
        return cls(people=people, tasks=2 * people + 1600, customers=max(12, people * 12 // 100))


SEED_SCALE: Final = Scale(people=120, tasks=600, customers=16)


def chance(seed: int, part: str) -> random.Random:
    """Return the source of chance of one part, so that a change in one part leaves the others as they were."""
    return random.Random(f"{seed}:{part}")  # noqa: S311  # not for secrets: the same seed must give the same result

"""The rows of each file: their columns, what may stand in each, and what contradicts itself within one row.

A column is found under the names of its `validation_alias`, the first that the file has. An empty cell is left out, so
that the field keeps its default: unknown stays unknown.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from graph_api.exchange.cells import (
    Absences,
    Amount,
    Country,
    Currency,
    Day,
    DemandText,
    Effort,
    EvaluationText,
    Flag,
    Identifier,
    Instant,
    Items,
    KnowledgeMethodCell,
    KnowledgeStateCell,
    LeaveReasonCell,
    Level,
    LongText,
    Natural,
    Permille,
    Positive,
    QuotesText,
    Regulations,
    ReorganizationStateCell,
    Share,
    SwarmStateCell,
    TaskStateCell,
    Text,
    Timezone,
    Weight,
    WritingDay,
)
from graph_api.kernel.ids import entity_id
from graph_api.knowledge.model import KnowledgeMethod, KnowledgeState
from graph_api.organization.model import SkillBasis, Task, TaskState
from graph_api.swarm.model import SwarmState
from graph_api.swarm.reorganising.model import Evaluation, ReorganizationState

USED_BY_PERSON: Final = "person"
USED_BY_TASK: Final = "task"
USED_BY_KNOWLEDGE: Final = "knowledge"
USED_BY_AUTHOR: Final = "co-author"
USER_KINDS: Final = (USED_BY_PERSON, USED_BY_TASK, USED_BY_KNOWLEDGE, USED_BY_AUTHOR)
BASES: Final = tuple(basis.value for basis in SkillBasis)

Contradiction = tuple[str, str]
"""A field and why it cannot be as it is."""


def also(*names: str) -> AliasChoices:
    """Name the columns that a field is read from, the best first."""
    return AliasChoices(*names)


class CsvRow(BaseModel):
    """Base of all rows."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what is wrong between the cells of this row."""
        return iter(())


class OrganizationRow(CsvRow):
    """The organization itself; one row."""

    name: Text
    synthetic: Flag = False


class PersonRow(CsvRow):
    """A person, bot or group."""

    id: Identifier
    name: Text | None = None
    kind: Text = "person"
    city: Text | None = None
    country: Country = None
    timezone: Timezone | None = None
    day_rate: Amount | None = None
    currency: Currency | None = None
    capacity: Share = 1.0
    absences: Absences = ()
    last_day: Day | None = None
    unit: Identifier | None = None
    manager: Identifier | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield money without a currency."""
        return _money_faults("day_rate", self.day_rate, self.currency)


class SkillRow(CsvRow):
    """A skill tag."""

    id: Identifier
    name: Text | None = Field(default=None, validation_alias=also("name", "label"))
    aliases: Items = ()
    kind: Text | None = None
    broader: Items = Field(default=(), validation_alias=also("broader", "parent"))


class UnitRow(CsvRow):
    """A department, group or employer."""

    id: Identifier
    name: Text | None = None
    kind: Text | None = None
    parent: Identifier | None = None


class CustomerRow(CsvRow):
    """A customer; one that never adopted has no period of adoption."""

    id: Identifier
    name: Text | None = None
    country: Country = None
    city: Text | None = None
    timezone: Timezone | None = None
    tier: Text | None = Field(default=None, validation_alias=also("tier", "cncf_tier_now"))
    adoption_period: Natural | None = None
    last_period_or_never: Flag = False


class TaskRow(CsvRow):
    """A task."""

    id: Identifier
    title: Text | None = Field(default=None, validation_alias=also("title", "name"))
    task_state: TaskStateCell | None = None
    kind: Text | None = None
    release: Text | None = None
    result: Text | None = Field(default=None, validation_alias=also("result", "status"))
    value: Amount | None = None
    currency: Currency | None = None
    effort_days: Effort | None = None
    opened_at: Instant | None = Field(default=None, validation_alias=also("opened_at", "opened"))
    due_at: Instant | None = Field(default=None, validation_alias=also("due_at", "due"))
    closed_at: Instant | None = Field(default=None, validation_alias=also("closed_at", "closed"))
    family: Text | None = None
    regulations: Regulations = Field(default=(), validation_alias=also("regulations", "regulation"))
    gates: Items = ()
    demand: DemandText | None = None
    customer: Identifier | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield money without a currency."""
        return _money_faults("value", self.value, self.currency)

    @property
    def state(self) -> TaskState | None:
        """The state given, CLOSED where only a closing time is, else unknown."""
        if self.task_state is None and self.closed_at is not None:
            return TaskState.CLOSED
        return self.task_state


class PersonSkillRow(CsvRow):
    """A person's skill: a level, or a count of work of one kind (`basis`) that becomes one."""

    person: Identifier
    skill: Identifier
    level: Level | None = None
    basis: str | None = None
    count: Positive | None = None
    since: Day | None = Field(default=None, validation_alias=also("since", "first"))

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a row that tells no level, and a level of unknown basis."""
        if self.level is None and self.count is None:
            yield "level", "the row has neither a level nor a count"
        if self.level is not None and self.basis is not None and self.basis not in BASES:
            yield "basis", f"a level's basis is one of {', '.join(BASES)}"

    @property
    def level_basis(self) -> SkillBasis:
        """The basis of a level that was given."""
        return SkillBasis(self.basis) if self.basis is not None else SkillBasis.DECLARED


class TaskSkillRow(CsvRow):
    """A skill that a task requires."""

    task: Identifier
    skill: Identifier
    seats: Positive = 1
    level: Level = 1
    weight: Weight = 1
    critical: Flag = False


class _PeriodRow(CsvRow):
    since: Day | None = None
    until: Day | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a period that ends before it begins."""
        if self.since is not None and self.until is not None and self.until < self.since:
            yield "until", "the last day lies before the first"


class TaskMemberRow(_PeriodRow):
    """A person's work on a task in one role."""

    task: Identifier
    person: Identifier
    role: str = "member"


class UnitRoleRow(_PeriodRow):
    """A person's role in a unit; without a role it is plain membership."""

    unit: Identifier
    person: Identifier
    role: str | None = None


class CustomerTieRow(CsvRow):
    """A tie from one customer to another, in the direction in which it could carry something."""

    source: Identifier = Field(validation_alias=also("source", "source_named", "from_customer"))
    target: Identifier = Field(validation_alias=also("target", "customer", "to_customer"))
    tie: str = Field(default="tie", validation_alias=also("tie", "kind"))


class TaskOrderRow(CsvRow):
    """A task that comes before another."""

    task: Identifier
    next: Identifier


class KnowledgeRow(CsvRow):
    """A document or experience; the singular columns take one id, the plural ones a list."""

    id: Identifier
    title: Text | None = Field(default=None, validation_alias=also("title", "name"))
    kind: Text | None = None
    language: Text | None = None
    state: KnowledgeStateCell = KnowledgeState.CONFIRMED
    method: KnowledgeMethodCell = KnowledgeMethod.IMPORTED
    created_at: WritingDay = Field(default=None, validation_alias=also("created_at", "date"))
    characters: Natural | None = Field(default=None, validation_alias=also("characters", "chars"))
    author: Identifier | None = None
    authors: Items = ()
    body: LongText = ""
    confirmed_at: Instant | None = None
    extractor: Text | None = None
    confidence: Share | None = None
    quotes: QuotesText | None = None
    task: Identifier | None = None
    tasks: Items = ()
    customers: Items = ()
    skills: Items = ()
    merged_into: Identifier | None = None


class KnowledgeUseRow(CsvRow):
    """A use of an item: by a person, by a task, by another item that cites it; or a further author of it."""

    knowledge: Identifier
    used_by_kind: str
    used_by: Identifier
    task: Identifier | None = None
    at: WritingDay = Field(default=None, validation_alias=also("at", "date"))
    basis: str | None = None
    dated: Flag | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a user of unknown kind."""
        if self.used_by_kind not in USER_KINDS:
            yield "used_by_kind", f"this is none of {', '.join(USER_KINDS)}"


class SwarmRow(CsvRow):
    """A swarm and the task it works on."""

    id: Identifier
    state: SwarmStateCell = SwarmState.ACTIVE
    formed_at: Instant
    starts_on: Day
    ends_on: Day
    ties_as_of: Day | None = None
    reminded_on: Day | None = None
    closed_at: Instant | None = None
    owed_reminded_on: Day | None = None
    dissolved_at: Instant | None = None
    task: Identifier | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a swarm that ends before it starts."""
        return _order_faults("ends_on", self.starts_on, self.ends_on)


class SwarmMemberRow(CsvRow):
    """A booking of a person by a swarm; `roles` are skills."""

    swarm: Identifier
    person: Identifier
    roles: Items = ()
    since: Day
    until: Day
    share_permille: Permille
    left_at: Instant | None = None
    left_because: LeaveReasonCell | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a booking that ends before it starts."""
        return _order_faults("until", self.since, self.until)


class ExperienceRow(CsvRow):
    """An item that is what its author learned in a swarm."""

    knowledge: Identifier
    swarm: Identifier


class ExperienceWaiverRow(CsvRow):
    """What a member need not write down."""

    person: Identifier
    swarm: Identifier
    reason: Text
    by: Text
    at: Instant


class NoteRow(CsvRow):
    """What a member wrote down while the swarm worked."""

    id: Identifier
    text: LongText
    language: Text | None = None
    created_at: Instant
    swarm: Identifier | None = None
    author: Identifier | None = None


class ReorganizationRow(CsvRow):
    """A reorganization that was found worth while; `found` is what was found, as JSON."""

    id: Identifier
    task: Identifier
    state: ReorganizationStateCell = ReorganizationState.PROPOSED
    created_at: Instant
    decided_at: Instant | None = None
    decided_by: Text | None = None
    reason: Text | None = None
    swarm: Identifier | None = None
    found: EvaluationText

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a state that is only seen, a finding about another task, and one that could not be applied."""
        found = msgspec.json.decode(self.found, type=Evaluation)
        if self.state is ReorganizationState.STALE:
            yield "state", "it follows from everything else, and is not stored: write PROPOSED"
        if found.task_id != entity_id(Task.entity_type, self.task):
            yield "found", "it is about another task"
        asked = found.premises.demand if found.premises is not None else None
        is_whole = found.free is not None and asked is not None and None not in {asked.days, asked.share}
        if self.state is ReorganizationState.PROPOSED and not is_whole:
            yield "found", "what waits to be applied names a team, and the demand with days and share that it meets"


def _money_faults(field: str, amount: Decimal | None, currency: str | None) -> Iterator[Contradiction]:
    if amount is not None and currency is None:
        yield field, "money needs a currency, in the column currency"


def _order_faults(field: str, first: date | datetime, last: date | datetime) -> Iterator[Contradiction]:
    if last < first:
        yield field, "the last day lies before the first"

"""What may be asked of the base graph. UNSET means left out (unchanged), None means cleared; a list replaces."""

from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from graph_api.kernel.commands import Command
from graph_api.kernel.quantities import Days, Money

Text: TypeAlias = str | UnsetType | None
Texts: TypeAlias = tuple[str, ...] | UnsetType | None


class SkillLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A skill held at a level, 1 to 5."""

    skill_id: str
    level: int


class PersonInput(msgspec.Struct, frozen=True, kw_only=True):
    """A person to make or alter; `capacity` is a share of a day, 0 to 1."""

    id: str
    name: Text = UNSET
    city: Text = UNSET
    country: Text = UNSET
    timezone: Text = UNSET
    capacity: float | UnsetType | None = UNSET
    day_rate: Money | UnsetType | None = UNSET
    manager_id: Text = UNSET
    unit_ids: Texts = UNSET
    skills: tuple[SkillLevel, ...] | UnsetType | None = UNSET
    absences: tuple[Days, ...] | UnsetType | None = UNSET


class SkillInput(msgspec.Struct, frozen=True, kw_only=True):
    """A skill to make or alter."""

    id: str
    name: Text = UNSET
    aliases: Texts = UNSET
    kind: Text = UNSET
    broader_ids: Texts = UNSET


class UnitInput(msgspec.Struct, frozen=True, kw_only=True):
    """A unit to make or alter."""

    id: str
    name: Text = UNSET
    kind: Text = UNSET
    parent_id: Text = UNSET


class CustomerInput(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to make or alter."""

    id: str
    name: Text = UNSET
    country: Text = UNSET
    city: Text = UNSET
    timezone: Text = UNSET
    tier: Text = UNSET


class SavePeople(Command, frozen=True, kw_only=True):
    """Make or alter people, all or none."""

    people: tuple[PersonInput, ...]


class SaveSkills(Command, frozen=True, kw_only=True):
    """Make or alter skills, all or none."""

    skills: tuple[SkillInput, ...]


class SaveUnits(Command, frozen=True, kw_only=True):
    """Make or alter units, all or none."""

    units: tuple[UnitInput, ...]


class SaveCustomers(Command, frozen=True, kw_only=True):
    """Make or alter customers, all or none."""

    customers: tuple[CustomerInput, ...]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """How many entities were made, altered and left as they were, and the ids in the order of the input."""

    created: int
    changed: int
    unchanged: int
    node_ids: tuple[str, ...]


Input: TypeAlias = PersonInput | SkillInput | UnitInput | CustomerInput

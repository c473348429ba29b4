"""Saving people, skills, units and customers: all or nothing, and nothing where nothing differs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from msgspec import UNSET, UnsetType, structs

from graph_api.kernel.commands import Accepted, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.quantities import Money
from graph_api.kernel.records import AnyChange, Link, Node, removal, upsert
from graph_api.organization import checks
from graph_api.organization.checks import References
from graph_api.organization.commands import (
    CustomerInput,
    Input,
    PersonInput,
    SaveCustomers,
    Saved,
    SavePeople,
    SaveSkills,
    SaveUnits,
    SkillInput,
    SkillLevel,
    UnitInput,
)
from graph_api.organization.model import (
    BelongsTo,
    Broader,
    Customer,
    HasSkill,
    PartOf,
    Person,
    ReportsTo,
    Skill,
    Unit,
    format_days,
)

LinkT = TypeVar("LinkT", bound=Link)
InputT = TypeVar("InputT", bound=Input)


def decide_save_people(view: GraphView, command: SavePeople, context: Context) -> Decision:
    """Make or alter people. Less capacity or more absence leaves bookings as they are."""
    managers = {person.id: _ids(person.manager_id) for person in command.people if person.manager_id is not UNSET}
    problems = [
        *_problems(view, "people", Person, command.people, _person_problems),
        *_cycles("people", "managerId", command.people, managers, lambda person: _targets(view, ReportsTo, person)),
    ]
    return _decide(view, problems, command.people, _person_changes)


def decide_save_skills(view: GraphView, command: SaveSkills, context: Context) -> Decision:
    """Make or alter skills."""
    broader = {skill.id: _ids(skill.broader_ids) for skill in command.skills if skill.broader_ids is not UNSET}
    problems = [
        *_problems(view, "skills", Skill, command.skills, _skill_problems),
        *_cycles("skills", "broaderIds", command.skills, broader, lambda skill: _targets(view, Broader, skill)),
    ]
    return _decide(view, problems, command.skills, _skill_changes)


def decide_save_units(view: GraphView, command: SaveUnits, context: Context) -> Decision:
    """Make or alter units."""
    parents = {unit.id: _ids(unit.parent_id) for unit in command.units if unit.parent_id is not UNSET}
    problems = [
        *_problems(view, "units", Unit, command.units, _unit_problems),
        *_cycles("units", "parentId", command.units, parents, lambda unit: _targets(view, PartOf, unit)),
    ]
    return _decide(view, problems, command.units, _unit_changes)


def decide_save_customers(view: GraphView, command: SaveCustomers, context: Context) -> Decision:
    """Make or alter customers."""
    problems = list(_problems(view, "customers", Customer, command.customers, _customer_problems))
    return _decide(view, problems, command.customers, _customer_changes)


SAVE_PEOPLE: Final = Operation("savePeople", SavePeople, decide_save_people, Saved)
SAVE_SKILLS: Final = Operation("saveSkills", SaveSkills, decide_save_skills, Saved)
SAVE_UNITS: Final = Operation("saveUnits", SaveUnits, decide_save_units, Saved)
SAVE_CUSTOMERS: Final = Operation("saveCustomers", SaveCustomers, decide_save_customers, Saved)


def _decide(
    view: GraphView,
    problems: list[Problem],
    inputs: tuple[InputT, ...],
    changes_of: Callable[[GraphView, InputT], Iterator[AnyChange]],
) -> Decision:
    if problems:
        return Refused(rejected(problems))
    changes: list[AnyChange] = []
    created = changed = 0
    for one in inputs:
        made = list(changes_of(view, one))
        is_new = any(change.key[1:] == (one.id,) and view.record(change.key) is None for change in made)
        created, changed = created + is_new, changed + (bool(made) and not is_new)
        changes.extend(made)
    # Nodes come first, as a relationship may lead to an entity that stands later in the same request.
    changes.sort(key=lambda change: not change.is_node)
    unchanged = len(inputs) - created - changed
    ids = tuple(one.id for one in inputs)
    return Accepted(tuple(changes), Saved(created=created, changed=changed, unchanged=unchanged, node_ids=ids))


def _problems(
    view: GraphView,
    field: str,
    node_type: type[Node],
    inputs: tuple[InputT, ...],
    own: Callable[[References, tuple[str, ...], InputT, frozenset[str]], Iterator[Problem]],
) -> Iterator[Problem]:
    references = References(view)
    coming = frozenset(one.id for one in inputs)
    yield from checks.check_distinct((field,), [one.id for one in inputs])
    for number, one in enumerate(inputs):
        path = (field, str(number))
        yield from checks.check_id((*path, "id"), one.id, node_type.entity_type)
        exists = view.node(node_type, one.id) is not None
        yield from checks.check_name((*path, "name"), one.name, exists=exists)
        yield from _text_problems(path, one)
        yield from own(references, path, one, coming)


def _text_problems(path: tuple[str, ...], one: Input) -> Iterator[Problem]:
    for name, value in structs.asdict(one).items():
        if name == "id" or (name == "name" and not (isinstance(value, str) and value.strip())):
            continue
        texts = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
        for text in texts:
            yield from checks.check_text((*path, _camel(name)), text if isinstance(text, str) else None)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _person_problems(
    references: References, path: tuple[str, ...], person: PersonInput, coming: frozenset[str]
) -> Iterator[Problem]:
    yield from checks.check_country((*path, "country"), person.country)
    yield from checks.check_timezone((*path, "timezone"), person.timezone)
    yield from checks.check_share((*path, "capacity"), person.capacity)
    yield from checks.check_money((*path, "dayRate"), person.day_rate)
    for manager in _ids(person.manager_id):
        yield from references.check((*path, "managerId"), Person, manager, coming)
    for number, unit in enumerate(_ids(person.unit_ids)):
        yield from references.check((*path, "unitIds", str(number)), Unit, unit)
    yield from holding_problems(references, path, person.skills or ())
    for number, days in enumerate(person.absences or ()):
        yield from checks.check_days((*path, "absences", str(number)), days)


def holding_problems(
    references: References, path: tuple[str, ...], holdings: Sequence[SkillLevel]
) -> Iterator[Problem]:
    """Yield what is wrong with skills that a person holds."""
    yield from checks.check_distinct((*path, "skills"), [holding.skill_id for holding in holdings])
    for number, holding in enumerate(holdings):
        place = (*path, "skills", str(number))
        yield from references.check((*place, "skillId"), Skill, holding.skill_id)
        yield from checks.check_level((*place, "level"), holding.level)


def _skill_problems(
    references: References, path: tuple[str, ...], skill: SkillInput, coming: frozenset[str]
) -> Iterator[Problem]:
    for number, broader in enumerate(_ids(skill.broader_ids)):
        yield from references.check((*path, "broaderIds", str(number)), Skill, broader, coming)


def _unit_problems(
    references: References, path: tuple[str, ...], unit: UnitInput, coming: frozenset[str]
) -> Iterator[Problem]:
    for parent in _ids(unit.parent_id):
        yield from references.check((*path, "parentId"), Unit, parent, coming)


def _customer_problems(
    references: References, path: tuple[str, ...], customer: CustomerInput, coming: frozenset[str]
) -> Iterator[Problem]:
    yield from checks.check_country((*path, "country"), customer.country)
    yield from checks.check_timezone((*path, "timezone"), customer.timezone)


def _cycles(
    field: str,
    leaf: str,
    inputs: tuple[InputT, ...],
    coming: Mapping[str, tuple[str, ...]],
    stored: Callable[[str], Iterable[str]],
) -> Iterator[Problem]:
    """Yield a problem for each entity of the request that would be above itself."""
    for number, one in enumerate(inputs):
        if one.id in coming and _is_above_itself(one.id, coming, stored):
            message = f"{one.id!r} would be above itself."
            yield Problem((field, str(number), leaf), "CYCLE", message)


def _is_above_itself(start: str, coming: Mapping[str, tuple[str, ...]], stored: Callable[[str], Iterable[str]]) -> bool:
    seen: set[str] = set()
    waiting = [*coming[start]]
    while waiting:
        current = waiting.pop()
        if current == start:
            return True
        if current not in seen:
            seen.add(current)
            waiting.extend(coming[current] if current in coming else stored(current))
    return False


def _ids(value: str | tuple[str, ...] | UnsetType | None) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()


def _targets(view: GraphView, link_type: type[Link], source: str) -> Iterator[str]:
    return (link.target for link in view.outgoing(link_type, source))


def _person_changes(view: GraphView, person: PersonInput) -> Iterator[AnyChange]:
    old = view.node(Person, person.id) or Person(id=person.id, name="")
    fields = _given(name=person.name, city=person.city, country=person.country, timezone=person.timezone)
    if person.capacity is not UNSET:
        fields["capacity"] = 1.0 if person.capacity is None else person.capacity
    if person.day_rate is not UNSET:
        fields |= _money_fields(person.day_rate)
    if person.absences is not UNSET:
        fields["absences"] = tuple(format_days(days) for days in person.absences or ())
    yield from _node_change(view, structs.replace(old, **fields))
    if person.manager_id is not UNSET:
        wanted = [ReportsTo(source=person.id, target=manager) for manager in _ids(person.manager_id)]
        yield from replaced(view, ReportsTo, person.id, wanted)
    if person.unit_ids is not UNSET:
        units = [BelongsTo(source=person.id, target=unit) for unit in _ids(person.unit_ids)]
        yield from replaced(view, BelongsTo, person.id, [_kept(view, unit) for unit in units])
    if person.skills is not UNSET:
        yield from replaced(view, HasSkill, person.id, holdings_of(view, person.id, person.skills or ()))


def _money_fields(rate: Money | UnsetType | None) -> dict[str, Any]:
    if isinstance(rate, Money):
        return {"day_rate": rate.amount, "currency": rate.currency}
    return {"day_rate": None, "currency": None}


def holdings_of(view: GraphView, person_id: str, holdings: Sequence[SkillLevel]) -> list[HasSkill]:
    """Return declared levels, held since whenever they were; where one stays the same, where it came from is kept."""
    return [_holding(view, person_id, holding) for holding in holdings]


def _holding(view: GraphView, person_id: str, holding: SkillLevel) -> HasSkill:
    old = view.link(HasSkill, person_id, holding.skill_id)
    if old is not None and old.level == holding.level:
        return old
    since = None if old is None else old.since
    return HasSkill(source=person_id, target=holding.skill_id, level=holding.level, since=since)


def _kept(view: GraphView, link: BelongsTo) -> BelongsTo:
    return view.link(BelongsTo, link.source, link.target) or link


def _skill_changes(view: GraphView, skill: SkillInput) -> Iterator[AnyChange]:
    old = view.node(Skill, skill.id) or Skill(id=skill.id, name="")
    fields = _given(name=skill.name, kind=skill.kind)
    if skill.aliases is not UNSET:
        fields["aliases"] = skill.aliases or ()
    yield from _node_change(view, structs.replace(old, **fields))
    if skill.broader_ids is not UNSET:
        wanted = [Broader(source=skill.id, target=broader) for broader in _ids(skill.broader_ids)]
        yield from replaced(view, Broader, skill.id, wanted)


def _unit_changes(view: GraphView, unit: UnitInput) -> Iterator[AnyChange]:
    old = view.node(Unit, unit.id) or Unit(id=unit.id, name="")
    yield from _node_change(view, structs.replace(old, **_given(name=unit.name, kind=unit.kind)))
    if unit.parent_id is not UNSET:
        wanted = [PartOf(source=unit.id, target=parent) for parent in _ids(unit.parent_id)]
        yield from replaced(view, PartOf, unit.id, wanted)


def _customer_changes(view: GraphView, customer: CustomerInput) -> Iterator[AnyChange]:
    old = view.node(Customer, customer.id) or Customer(id=customer.id, name="")
    fields = structs.asdict(customer)
    del fields["id"]
    yield from _node_change(view, structs.replace(old, **_given(**fields)))


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not UNSET}


def _node_change(view: GraphView, node: Node) -> Iterator[AnyChange]:
    if view.record(node.key) != node:
        yield upsert(node)


def replaced(view: GraphView, link_type: type[LinkT], source: str, wanted: Iterable[LinkT]) -> Iterator[AnyChange]:
    """Yield the changes that leave exactly the wanted relationships of a kind at a node."""
    wanted_by_key = {link.key: link for link in wanted}
    for link in view.outgoing(link_type, source):
        if link.key not in wanted_by_key:
            yield removal(link)
    for link in wanted_by_key.values():
        yield from () if view.record(link.key) == link else (upsert(link),)

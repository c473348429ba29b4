"""What OpenFGA refuses in a model, all of it told at once; and warnings, which refuse nothing.

Names and references are looked at first; entry points and cycles only where all references hold.
"""

import re
from collections.abc import Iterable, Iterator

from graph_api.permission.conditions import compile_condition
from graph_api.permission.errors import ModelProblem, PermissionGraphError
from graph_api.permission.language.problems import Problems, in_order
from graph_api.permission.language.text import nearest
from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    ConditionDefinition,
    Exclusion,
    Intersection,
    ObjectType,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)
from graph_api.permission.reaching import tell_cycles, tell_impossible, warn_subtracted_cycles

TYPES_MAX = 1_000
TYPE_NAME = re.compile(r"[^:#@*\s\ud800-\udfff]{1,254}")
RELATION_NAME = re.compile(r"[^:#@*\s\ud800-\udfff]{1,50}")
CONDITION_NAME = re.compile(r"[^:#@*\s\ud800-\udfff]{1,256}")
PARAMETER_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
RESERVED = frozenset({"self", "this"})
# What is not there cannot be followed: where these are told, cycles and entry points are not looked for.
REFERENCES = frozenset(
    {
        "assignable-relation-must-have-type",
        "invalid-type",
        "invalid-relation-type",
        "invalid-wildcard-error",
        "missing-definition",
        "tupleuserset-not-direct",
    }
)


def validate(model: AuthorizationModel, problems: Problems) -> list[ModelProblem]:
    """Tell what is wrong with a model; return the warnings."""
    Validator(model, problems).run()
    if problems.full or problems.names & REFERENCES:
        return []
    cyclic = tell_cycles(model, problems)
    tell_impossible(model, cyclic, problems)
    warnings = Problems()
    warn_missing_parents(model, warnings)
    warn_subtracted_cycles(model, warnings)
    return in_order(warnings.found)


class Validator:
    """Look at each name, reference and condition of a model."""

    def __init__(self, model: AuthorizationModel, problems: Problems) -> None:
        self.model = model
        self.tell = problems.tell
        self.problems = problems

    def run(self) -> None:
        """Look at everything."""
        count = len(self.model.types)
        if not count and "schema-version-required" not in self.problems.names:
            self.tell("type-definitions-required", "The model has no type.", suggestion="Add `type user`.")
        if count > TYPES_MAX:
            self.tell("too-many-types", f"The model has {count:,} types; at most {TYPES_MAX:,} are allowed.")
        for each in self.model.types.values():
            self.type_name(each)
            for relation in each.relations.values():
                if self.problems.full:
                    return
                self.relation(each, relation)
        used = {restriction.condition for restriction in restrictions_of(self.model)}
        for condition in self.model.conditions.values():
            self.condition(condition, used=condition.name in used)

    def type_name(self, each: ObjectType) -> None:
        """Look at the name of a type."""
        if each.name in RESERVED:
            message = f"A type cannot be called `{each.name}`."
            self.tell("reserved-type-keywords", message, each.position, "Use another name.")
        elif not TYPE_NAME.fullmatch(each.name):
            message = f"`{each.name[:60]}` is no name of a type."
            self.tell("invalid-name", message, each.position, "Use at most 254 signs, none of them : # @ * or blank.")

    def relation(self, each: ObjectType, relation: Relation) -> None:
        """Look at a relation: its name, what it refers to and what may be assigned."""
        if relation.name in RESERVED:
            message = f"A relation cannot be called `{relation.name}`."
            self.tell("reserved-relation-keywords", message, relation.position, "Use another name.")
        elif not RELATION_NAME.fullmatch(relation.name):
            message = f"`{relation.name[:60]}` is no name of a relation."
            self.tell(
                "invalid-name", message, relation.position, "Use at most 50 signs, none of them : # @ * or blank."
            )
        for part in parts_of(relation.rewrite):
            self.part(each, part)
        self.restrictions(each, relation)

    def part(self, each: ObjectType, part: Rewrite) -> None:
        """Look at one node of a rewrite."""
        match part:
            case ComputedUserset(relation):
                if relation not in each.relations:
                    message = f"The relation `{relation}` does not exist on type `{each.name}`."
                    self.tell("missing-definition", message, part.position, nearest(relation, each.relations))
            case TupleToUserset():
                self.from_tupleset(each, part)
            case Union(children) | Intersection(children):
                self.doubles(children)
            case Exclusion(base, subtract):
                self.doubles((base, subtract))
            case This():
                pass

    def doubles(self, children: tuple[Rewrite, ...]) -> None:
        """Tell an operand that stands twice."""
        for number, child in enumerate(children):
            if isinstance(child, ComputedUserset | TupleToUserset) and child in children[:number]:
                message = f"`{said(child)}` stands twice."
                self.tell("duplicated-error", message, child.position, "Remove one.")

    def from_tupleset(self, each: ObjectType, part: TupleToUserset) -> None:
        """Look at `x from y`: y must be a relation to objects, assigned directly and nothing else."""
        tupleset = each.relations.get(part.tupleset)
        if tupleset is None:
            message = f"`{part.tupleset}` is no relation of type `{each.name}`."
            hint = nearest(part.tupleset, each.relations)
            self.tell("invalid-relation-type", message, part.tupleset_position, hint)
            return
        if not isinstance(tupleset.rewrite, This):
            message = f"`{part.tupleset}`, used by `from`, must be assigned directly and nothing else."
            hint = "Give what is assigned directly a relation of its own, and use that one."
            self.tell("tupleuserset-not-direct", message, part.tupleset_position, hint)
            return
        if all(self.is_object(part, restriction) for restriction in tupleset.restrictions):
            self.computed_somewhere(part, tupleset)

    def is_object(self, part: TupleToUserset, restriction: TypeRestriction) -> bool:
        """Tell whether a restriction of a tupleset is to objects."""
        if restriction.relation is None and not restriction.wildcard:
            return True
        name = "invalid-wildcard-error" if restriction.wildcard else "tupleuserset-not-direct"
        message = f"`{part.tupleset}`, used by `from`, may be assigned objects only, and not `{restriction}`."
        self.tell(name, message, part.tupleset_position, f"Allow `{restriction.type}` itself.")
        return False

    def computed_somewhere(self, part: TupleToUserset, tupleset: Relation) -> None:
        """Tell where no type that the tupleset leads to has the relation."""
        parents = [self.model.types[each.type] for each in tupleset.restrictions if each.type in self.model.types]
        if parents and not any(part.computed in parent.relations for parent in parents):
            names = " or ".join(f"`{name}`" for name in dict.fromkeys(parent.name for parent in parents))
            message = f"`{part.computed}` is no relation of {names}, to which `{part.tupleset}` leads."
            hint = nearest(part.computed, [name for parent in parents for name in parent.relations])
            self.tell("invalid-relation-type", message, part.position, hint)

    def restrictions(self, each: ObjectType, relation: Relation) -> None:
        """Look at what may be assigned to a relation."""
        assignable = any(isinstance(part, This) for part in parts_of(relation.rewrite))
        if assignable and not relation.restrictions:
            message = f"`{relation.name}` of type `{each.name}` is assigned directly, but allows no type."
            self.tell("assignable-relation-must-have-type", message, relation.position, "Name the types it allows.")
        if relation.restrictions and not assignable:
            message = f"`{relation.name}` of type `{each.name}` allows types, but is never assigned directly."
            self.tell("invalid-relation-type", message, relation.position, "Remove the types, or add `this`.")
        seen: set[TypeRestriction] = set()
        for restriction in relation.restrictions:
            if restriction in seen:
                message = f"`{restriction}` stands twice in `{relation.name}`."
                self.tell("duplicated-error", message, restriction.position, "Remove one.")
            else:
                self.restriction(restriction)
            seen.add(restriction)

    def restriction(self, restriction: TypeRestriction) -> None:
        """Look at one kind of user."""
        known = self.model.types.get(restriction.type)
        place = restriction.position
        if known is None:
            hint = nearest(restriction.type, self.model.types)
            self.tell("invalid-type", f"The type `{restriction.type}` is not defined.", place, hint)
        elif restriction.relation is not None and restriction.wildcard:
            message = f"`{restriction}` allows both everyone and the users of a relation."
            self.tell("type-wildcard-relation", message, place, "Name them one by one.")
        elif restriction.relation is not None and restriction.relation not in known.relations:
            message = f"`{restriction.relation}` is no relation of type `{known.name}`."
            self.tell("invalid-relation-type", message, place, nearest(restriction.relation, known.relations))
        if restriction.condition is not None and restriction.condition not in self.model.conditions:
            message = f"The condition `{restriction.condition}` is not defined."
            hint = nearest(restriction.condition, self.model.conditions)
            self.tell("condition-not-defined", message, place, hint)

    def condition(self, condition: ConditionDefinition, *, used: bool) -> None:
        """Look at a condition: its name, its use, its expression."""
        if not CONDITION_NAME.fullmatch(condition.name):
            message = f"`{condition.name[:60]}` is no name of a condition."
            self.tell("invalid-name", message, condition.position, "Use at most 256 signs, none of them : # @ *.")
        if not used:
            message = f"The condition `{condition.name}` is not used."
            self.tell("condition-not-used", message, condition.position, "Use it by `with`, or remove it.")
        wrong = [each for each in condition.parameters.values() if not PARAMETER_NAME.fullmatch(each.name)]
        for each in wrong:
            hint = "Use letters, digits and underscores only; an expression could not name it."
            self.tell("invalid-name", f"`{each.name[:60]}` is no name of a parameter.", each.position, hint)
        if not wrong:
            self.expression(condition)

    def expression(self, condition: ConditionDefinition) -> None:
        """Look at the expression of a condition."""
        try:
            compile_condition(condition)
        except PermissionGraphError as error:
            self.problems.add(error.problems)


def parts_of(rewrite: Rewrite) -> Iterator[Rewrite]:
    """Yield every node of a rewrite."""
    yield rewrite
    match rewrite:
        case Union(children) | Intersection(children):
            inner: Iterable[Rewrite] = children
        case Exclusion(base, subtract):
            inner = (base, subtract)
        case _:
            inner = ()
    for child in inner:
        yield from parts_of(child)


def restrictions_of(model: AuthorizationModel) -> Iterator[TypeRestriction]:
    """Yield every kind of user that the model allows."""
    for each in model.types.values():
        for relation in each.relations.values():
            yield from relation.restrictions


def said(part: ComputedUserset | TupleToUserset) -> str:
    """Return a rewrite as the DSL says it."""
    return part.relation if isinstance(part, ComputedUserset) else f"{part.computed} from {part.tupleset}"


def warn_missing_parents(model: AuthorizationModel, warnings: Problems) -> None:
    """Warn of `x from y` where a type that y leads to has no x: objects of that type grant nothing there."""
    for each in model.types.values():
        for relation in each.relations.values():
            for part in parts_of(relation.rewrite):
                if isinstance(part, TupleToUserset):
                    tupleset = each.relations[part.tupleset]
                    names = dict.fromkeys(restriction.type for restriction in tupleset.restrictions)
                    lacking = [f"`{name}`" for name in names if part.computed not in model.types[name].relations]
                    if lacking:
                        message = f"`{said(part)}`: {' and '.join(lacking)} has no relation `{part.computed}`."
                        hint = "Objects of such a type grant nothing here; give it the relation if they should."
                        warnings.tell("parent-type-lacks-relation", message, part.position, hint)

"""Random models as text, random tuples of them, random changes and questions: small, cyclic and full of conditions."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from graph_api.permission.model import AuthorizationModel, Relation, TypeRestriction
from graph_api.permission.parsing import parse_model
from tests.permission.engine.facts import Context, Fact, Key

IDS = {"user": "abc", "group": "gh", "folder": "ef", "doc": "xy"}
RELATIONS = {
    "group": ("admin", "banned", "member"),
    "folder": ("owner", "blocked", "viewer"),
    "doc": ("owner", "editor", "blocked", "viewer", "reader"),
}
# Of some conditions there are two meanings, so that after a switch of models a stored context may not fit.
CONDITIONS = {
    "small": ("x: int", "x: int", "x: string"),
    "narrow": ("x: int, y: string", "y: string, x: int"),
    "flagged": ("flag: bool",),
    "either": ("flag: bool, y: string",),
}
EXPRESSIONS = {
    "small": {"int": "x < 3", "string": "x == 'a'"},
    "narrow": {"int": "x < 3 && y == 'a'", "string": "y == 'a' && x < 3"},
    "flagged": {"bool": "flag"},
    "either": {"bool": "flag || y == 'a'"},
}
VALUES = {"x": (1, 1, 2, 7, "a"), "y": ("a", "a", "b"), "flag": (True, True, False)}
MODELS_MAX = 250
DAYS = tuple(f"2026-01-0{day}T00:00:00Z" for day in range(1, 7))


class Case(NamedTuple):
    """A question: the context, contextual tuples and the instant that it is asked with."""

    user: str
    relation: str
    object: str
    context: Context
    contextual: tuple[Fact, ...]
    at: str


class Change(NamedTuple):
    add: tuple[Fact, ...]
    remove: tuple[Key, ...]


class ModelMaker:
    """Writes one model, relation by relation: what is computed refers to relations written before it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.used: set[str] = set()
        # In some models nearly everything is subtracted from what depends on it.
        self.knotted = random.random() < 0.3
        self.parents = {"folder": ("folder",), "doc": random.choice([("folder",), ("folder", "doc"), ("doc",)])}
        self.kept = {
            name: [each for each in relations if random.random() < 0.8 or each == relations[-1]]
            for name, relations in RELATIONS.items()
        }

    def text(self) -> str:
        parts = ["model", "  schema 1.1", "type user"]
        for name, relations in self.kept.items():
            parts += [f"type {name}", "  relations"]
            if name in self.parents:
                parts.append(f"    define parent: [{', '.join(self.parent(each) for each in self.parents[name])}]")
            parts += [f"    define {each}: {self.rewrite(name, each)}" for each in relations]
        parts += [self.condition(name) for name in sorted(self.used)]
        return "\n".join(parts) + "\n"

    def parent(self, name: str) -> str:
        return name + self.perhaps_condition(0.1)

    def perhaps_condition(self, chance: float) -> str:
        if self.random.random() >= chance:
            return ""
        name = self.random.choice(sorted(CONDITIONS))
        self.used.add(name)
        return f" with {name}"

    def condition(self, name: str) -> str:
        parameters = self.random.choice(CONDITIONS[name])
        first = parameters.split(",")[0].partition(": ")[2]
        return f"condition {name}({parameters}) {{\n  {EXPRESSIONS[name][first]}\n}}"

    def restrictions(self, own: str) -> str:
        """Allow some kinds of users; a plain user is among them, so that there is an entry point."""
        usersets = [f"{name}#{each}" for name, relations in self.kept.items() for each in relations]
        near = [f"{own}#{each}" for each in self.kept[own]] + [f"group#{each}" for each in self.kept["group"]]
        # The last relation depends on the others; those that depend on it again make cycles.
        cyclic = [f"{own}#{self.kept[own][-1]}", "group#member"]
        pool = (
            cyclic
            if self.knotted
            else ["user:*", "group", "group:*", *near, *cyclic, *cyclic, self.random.choice(usersets)]
        )
        found = ["user", *(self.random.choice(pool) for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])))]
        with_conditions = [each + self.perhaps_condition(0.3) for each in found]
        if self.random.random() < 0.1:
            with_conditions.append("user" + self.perhaps_condition(1))
        return ", ".join(dict.fromkeys(with_conditions))

    def rewrite(self, name: str, relation: str) -> str:
        """Define a relation; what it has itself on a parent may be added only, or nobody could ever have it."""
        before = self.kept[name][: self.kept[name].index(relation)]
        leaves = [*before, *self.from_parent(name, relation, before)]
        self.random.shuffle(leaves)
        is_direct = not leaves or self.random.random() < 0.8
        first = f"[{self.restrictions(name)}]" if is_direct else leaves.pop()
        whole = first if self.random.random() < 0.15 else self.joined(first, leaves, 2)
        if name not in self.parents.get(name, ()) or self.random.random() < 0.6:
            return whole
        return f"({whole}) or {relation} from parent" if " " in whole else f"{whole} or {relation} from parent"

    def from_parent(self, name: str, relation: str, before: list[str]) -> list[str]:
        """Name what may come from a parent, but for the relation itself."""
        known = {
            each for parent in self.parents.get(name, ()) for each in (before if parent == name else self.kept[parent])
        }
        return [f"{each} from parent" for each in sorted(known - {relation}) if self.random.random() < 0.6]

    def joined(self, first: str, leaves: list[str], levels: int) -> str:
        """Join what is first with other leaves, each of them once; parts may be in parentheses."""
        if not leaves:
            return first
        operator = "but not" if self.knotted else self.random.choice(["or", "or", "and", "but not", "but not"])
        others = [leaves.pop()]
        if leaves and levels > 1 and self.random.random() < 0.5:
            others[0] = f"({self.joined(others[0], leaves, levels - 1)})"
        if operator != "but not" and leaves and self.random.random() < 0.3:
            others.append(leaves.pop())
        whole = f" {operator} ".join([first, *others])
        if leaves and levels > 1 and self.random.random() < 0.5:
            return self.joined(f"({whole})", leaves, levels - 1)
        return whole


def random_model(random: Random) -> str:
    """Write a valid model."""
    return ModelMaker(random).text()


@lru_cache(None)
def model_of(number: int) -> tuple[str, AuthorizationModel]:
    """Return one of many models, as text and parsed; each is parsed once."""
    text = random_model(Random(number))
    return text, parse_model(text).model


class World:
    """What may be said in the words of a model: tuples that it allows, and questions."""

    def __init__(self, random: Random, model: AuthorizationModel) -> None:
        self.random, self.model = random, model
        self.direct = [
            (type_name, relation)
            for type_name, each in model.types.items()
            for relation in each.relations.values()
            if relation.restrictions
        ]
        self.nodes = [(name, relation) for name, each in model.types.items() for relation in each.relations]
        self.kinds = sorted(
            {
                str(TypeRestriction(each.type, each.relation, each.wildcard))
                for _, relation in self.direct
                for each in relation.restrictions
            }
        )

    def named(self, type_name: str) -> str:
        """Name one of a few objects, or now and then one that hardly any tuple knows."""
        return f"{type_name}:{self.random.choice(IDS[type_name]) if self.random.random() < 0.96 else 'new'}"

    def fact(self) -> Fact:
        """Make a tuple that the model allows."""
        type_name, relation = self.random.choice(self.direct)
        return self.fact_of(type_name, relation)

    def fact_of(self, type_name: str, relation: Relation) -> Fact:
        usersets = [each for each in relation.restrictions if each.relation]
        restriction = self.random.choice([*relation.restrictions, *usersets])
        user = self.user_of(restriction)
        target = self.named(type_name)
        expires_at = self.random.choice(DAYS) if self.random.random() < 0.12 else None
        context = self.context(restriction.condition) if restriction.condition else {}
        return Fact(user, relation.name, target, restriction.condition, context, expires_at)

    def user_of(self, restriction: TypeRestriction) -> str:
        if restriction.wildcard:
            return f"{restriction.type}:*"
        name = self.named(restriction.type)
        return f"{name}#{restriction.relation}" if restriction.relation else name

    def context(self, condition: str | None, chance: float = 0.3) -> Context:
        """Give some parameters of a condition, or of all; the values of a stored context fit its types."""
        parameters = {
            name: each.type.kind
            for one in self.model.conditions.values()
            if condition in (None, one.name)
            for name, each in one.parameters.items()
        }
        given = {name: self.random.choice(VALUES[name]) for name in sorted(parameters) if self.random.random() < chance}
        python = {"int": int, "string": str, "bool": bool}
        return {
            name: value for name, value in given.items() if condition is None or type(value) is python[parameters[name]]
        }

    def asker(self, named: list[str]) -> str:
        """Choose who asks: mostly somebody whom a tuple names."""
        if named and self.random.random() < 0.4:
            return self.random.choice(named)
        if self.random.random() < 0.75:
            return self.named("user")
        if self.random.random() < 0.15:
            return self.named("group")
        type_name, _, relation = self.random.choice(self.kinds).partition("#")
        if type_name.endswith(":*"):
            return type_name
        return f"{self.named(type_name)}#{relation}" if relation else self.named(type_name)

    def case(self, stored: Iterable[Fact]) -> Case:
        """Ask for what a tuple says, or for anything; what is written last depends on most."""
        known = list(stored)
        said = [each for each in known if (each.object.partition(":")[0], each.relation) in self.nodes]
        type_name, relation = self.random.choice([*self.nodes, *self.nodes[-2:], *self.nodes[-2:]])
        asked = (self.asker([each.user for each in known]), relation, self.named(type_name))
        return Case(
            *(self.random.choice(said).key if said and self.random.random() < 0.25 else asked),
            self.context(None, self.random.choice([0.0, 0.0, 0.5, 1.0])),
            tuple({each.key: each for each in self.facts(self.random.choice([0, 0, 0, 1, 2]))}.values()),
            self.random.choice(DAYS[:3]),
        )

    def facts(self, count: int) -> Iterator[Fact]:
        for _ in range(count):
            yield self.fact()

    def change(self, stored: list[Key]) -> Change:
        """Add and remove a few tuples, none of them twice; some are there already, or are not there."""
        adding = {each.key: each for each in self.facts(self.random.choice([0, 1, 1, 2, 3]))}
        gone = [self.random.choice(stored) for _ in range(self.random.choice([0, 0, 1, 2])) if stored]
        removing = [*gone, *(each.key for each in self.facts(self.random.random() < 0.1))]
        return Change(tuple(adding.values()), tuple(dict.fromkeys(key for key in removing if key not in adding)))


def filters_of(world: World) -> list[str]:
    """Choose filters of a list of users."""
    kinds = sorted({kind.removesuffix(":*") for kind in world.kinds})
    return world.random.sample(kinds, min(len(kinds), world.random.choice([1, 1, 2])))

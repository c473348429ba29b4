"""Random valid models, built from the structs and not from text."""

from hypothesis import strategies as st

from graph_api.permission.model import (
    AuthorizationModel,
    ComputedUserset,
    ConditionDefinition,
    ConditionParameter,
    Exclusion,
    Intersection,
    ObjectType,
    ParameterType,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)

# Keywords may be names where the language allows it; signs within names too.
TYPES = ("user", "type", "folder/a.v2")
RELATIONS = ("viewer", "module", "can-edit", "but")
EXPRESSIONS = ("flag", "n < 3 // # }", "name == '#{'", 'name in ["a b", "\\"}"]\n  && flag', "m.k == {'a': 1}.a")
PARAMETERS = {
    "flag": ParameterType("bool"),
    "n": ParameterType("uint"),
    "name": ParameterType("string"),
    "m": ParameterType("map", (ParameterType("int"),)),
    "ips": ParameterType("list", (ParameterType("ipaddress"),)),
    "when": ParameterType("timestamp"),
    "how_long": ParameterType("duration"),
    "share": ParameterType("double"),
    "what": ParameterType("any"),
}


def leaf(position: int) -> st.SearchStrategy[Rewrite]:
    """A relation refers to those before it only, so that no cycle comes up; the first two are assigned directly."""
    computed = st.integers(0, position - 1).map(lambda number: ComputedUserset(RELATIONS[number]))
    via = st.integers(0, position - 1).map(lambda number: TupleToUserset("parent", RELATIONS[number]))
    return st.one_of(computed, via)


def joined(children: st.SearchStrategy[Rewrite]) -> st.SearchStrategy[Rewrite]:
    several = st.lists(children, min_size=2, max_size=3, unique=True).map(tuple)
    pair = st.lists(children, min_size=2, max_size=2, unique=True)
    return st.one_of(several.map(Union), several.map(Intersection), pair.map(lambda both: Exclusion(both[0], both[1])))


def with_direct_first(rewrite: Rewrite) -> Rewrite:
    """Put what is assigned directly where the DSL can say it: leftmost."""
    match rewrite:
        case Union(children):
            return Union((with_direct_first(children[0]), *children[1:]))
        case Intersection(children):
            return Intersection((with_direct_first(children[0]), *children[1:]))
        case Exclusion(base, subtract):
            return Exclusion(with_direct_first(base), subtract)
        case _:
            return This()


def restrictions(conditions: list[str]) -> st.SearchStrategy[tuple[TypeRestriction, ...]]:
    condition = st.sampled_from([None, *conditions])
    shapes = st.one_of(
        st.builds(TypeRestriction, st.sampled_from(TYPES), condition=condition),
        st.builds(TypeRestriction, st.sampled_from(TYPES), wildcard=st.just(value=True), condition=condition),
        st.builds(TypeRestriction, st.sampled_from(TYPES), st.sampled_from(RELATIONS[:2]), condition=condition),
    )
    return st.lists(shapes, min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def relations(draw: st.DrawFn, conditions: list[str], modules: list[str | None]) -> dict[str, Relation]:
    """The first two relations, and the parent, can always be had."""
    found = {"parent": Relation("parent", This(), tuple(TypeRestriction(name) for name in TYPES))}
    for number, name in enumerate(RELATIONS):
        assigned = number < 2 or draw(st.booleans())
        rewrite = draw(st.recursive(leaf(number), joined, max_leaves=5)) if number >= 2 else This()
        rewrite = with_direct_first(rewrite) if assigned else rewrite
        # A user of the first type is always among those allowed: each relation has an entry point.
        allowed = (TypeRestriction("user"), *draw(restrictions(conditions))) if assigned else ()
        module = draw(st.sampled_from(modules))
        found[name] = Relation(name, rewrite, tuple(dict.fromkeys(allowed)), module)
    return found


@st.composite
def conditions(draw: st.DrawFn, modules: list[str | None]) -> dict[str, ConditionDefinition]:
    names = draw(st.lists(st.sampled_from(["soon", "condition-2", "near_me"]), unique=True))
    parameters = {name: ConditionParameter(name, kind) for name, kind in PARAMETERS.items()}
    module = st.sampled_from(modules)
    return {
        name: ConditionDefinition(name, parameters, draw(st.sampled_from(EXPRESSIONS)), draw(module)) for name in names
    }


@st.composite
def models(draw: st.DrawFn, modules: tuple[str, ...] = ()) -> AuthorizationModel:
    """A valid model; with modules, each type, some relations and each condition belong to one."""
    homes: list[str | None] = list(modules) or [None]
    defined = draw(conditions(homes))
    types: dict[str, ObjectType] = {}
    for name in TYPES:
        home = draw(st.sampled_from(homes))
        # A relation of the type's own module carries none, as OpenFGA's JSON has it.
        guests: list[str | None] = [None, *(each for each in homes if each != home)]
        types[name] = ObjectType(name, draw(relations(list(defined), guests)), home)
    # Each condition is used.
    uses = tuple(TypeRestriction("user", condition=name) for name in defined)
    extra = Relation("uses", This(), (TypeRestriction("user"), *uses))
    types["user"] = ObjectType("user", {**types["user"].relations, "uses": extra}, types["user"].module)
    return AuthorizationModel("1.2" if modules else "1.1", types, defined)

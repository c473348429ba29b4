"""The engine's surface in the plain data of the tables: facts in, words and codes out."""

from collections.abc import Callable, Iterable

from graph_api.permission import (
    Allowed,
    Condition,
    Conditional,
    Denied,
    PermissionGraph,
    PermissionGraphError,
    RelationshipTuple,
    TupleKey,
    TupleSource,
)
from graph_api.permission.model import AuthorizationModel
from tests.permission.engine.conformance.table import Ask, Expected, Stage, Write
from tests.permission.engine.facts import Fact, Key, instant

NOW = "2026-01-01T00:00:00Z"


def stored(each: Fact) -> RelationshipTuple:
    condition = Condition(each.condition, each.context) if each.condition is not None else None
    return RelationshipTuple(
        each.user, each.relation, each.object, condition, instant(each.expires_at) if each.expires_at else None
    )


def fact_of(each: RelationshipTuple) -> Fact:
    condition, context = (each.condition.name, dict(each.condition.context)) if each.condition else (None, {})
    return Fact(
        each.user,
        each.relation,
        each.object,
        condition,
        context,
        each.expires_at.isoformat() if each.expires_at else None,
    )


def new_graph(model: str | AuthorizationModel) -> PermissionGraph:
    return PermissionGraph(model, clock=lambda: instant(NOW))


def write(
    graph: PermissionGraph, add: Iterable[Fact] = (), remove: Iterable[Key] = (), *, derived: bool = False
) -> tuple[int, int, int]:
    source = TupleSource.DERIVED if derived else TupleSource.EXPLICIT
    done = graph.write(add=list(map(stored, add)), remove=[TupleKey(*key) for key in remove], source=source)
    return done.added, done.removed, done.unchanged


def built(stages: Iterable[Stage]) -> PermissionGraph:
    """Build a graph that went through stages; what they refuse or count is looked at elsewhere."""
    graph: PermissionGraph | None = None
    for stage in stages:
        if graph is None:
            assert stage.model is not None, "the first stage has a model"
            graph = new_graph(stage.model)
        elif stage.model is not None:
            graph.switch_model(stage.model)
        write(graph, stage.add, stage.remove)
        for each in stage.writes:
            coded(lambda each=each, graph=graph: write(graph, each.add, each.remove))
    assert graph is not None
    return graph


def coded(call: Callable[[], Expected | tuple[int, int, int]]) -> Expected | tuple[int, int, int]:
    """Return what a call gives, or the code of its refusal."""
    try:
        return call()
    except PermissionGraphError as error:
        return error.code


def written(graph: PermissionGraph, each: Write) -> Expected | tuple[int, int, int]:
    return coded(lambda: write(graph, each.add, each.remove))


def word(decision: Allowed | Denied | Conditional) -> str:
    """Say a decision in the words of the tables."""
    assert bool(decision) is decision.allowed is isinstance(decision, Allowed)
    if isinstance(decision, Conditional):
        assert list(decision.missing) == sorted(set(decision.missing)) != []
        return " ".join(["conditional", *decision.missing])
    return "allowed" if isinstance(decision, Allowed) else "denied"


def answer(graph: PermissionGraph, ask: Ask) -> Expected | tuple[int, int, int]:
    """Put a question of a table to the engine."""
    return coded(lambda: asked(graph, ask))


def asked(graph: PermissionGraph, ask: Ask) -> Expected:
    at = instant(ask.at) if ask.at else None
    given = [stored(each) for each in ask.contextual]
    user, relation, target = ask.user, ask.relation, ask.object
    match ask.api:
        case "check":
            return word(graph.check(user, relation, target, context=ask.context, contextual_tuples=given, at=at))
        case "explain":
            found = graph.explain(user, relation, target, context=ask.context, contextual_tuples=given, at=at)
            return word(found.decision)
        case "list_objects":
            context = ask.context
            return tuple(graph.list_objects(user, relation, target, context=context, contextual_tuples=given, at=at))
        case "list_users":
            filters = list(ask.filters)
            return tuple(
                graph.list_users(target, relation, filters=filters, context=ask.context, contextual_tuples=given, at=at)
            )
        case "expand":
            graph.expand(target, relation)
            return "expanded"

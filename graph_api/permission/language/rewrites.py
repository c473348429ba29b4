"""Read the rewrite of a relation from the syntax tree."""

from collections.abc import Callable

from lark import Token, Tree

from graph_api.permission.language.problems import Problems
from graph_api.permission.language.syntax import Node
from graph_api.permission.language.text import REWRITE_LEVELS_MAX
from graph_api.permission.model import (
    ComputedUserset,
    Exclusion,
    Intersection,
    Position,
    Rewrite,
    This,
    TupleToUserset,
    TypeRestriction,
    Union,
)

Place = Callable[[Token], Position]


def read_rewrite(node: Node, place: Place, problems: Problems) -> tuple[Rewrite, Node | None]:
    """Return the rewrite and its one direct part, where it has one."""
    reader = RewriteReader(place, problems)
    return reader.read(node, first=True, level=1), reader.direct


class RewriteReader:
    """Walk a rewrite; what is assigned directly may stand only at its very beginning."""

    def __init__(self, place: Place, problems: Problems) -> None:
        self.place = place
        self.problems = problems
        self.direct: Node | None = None

    def read(self, node: Node, *, first: bool, level: int) -> Rewrite:
        """Read one node; `first` is whether nothing stands before it."""
        position = self.place(first_token(node))
        if level > REWRITE_LEVELS_MAX:
            message = f"A relation is nested at most {REWRITE_LEVELS_MAX} levels deep."
            if "nested-too-deep" not in self.problems.names:
                self.problems.tell("nested-too-deep", message, position, "Give parts of it names of their own.")
            return This(position)
        match node.data:
            case "direct":
                return self.this(node, position, first=first)
            case "computed":
                return ComputedUserset(str(named(node)[0]), position)
            case "from_tupleset":
                computed, tupleset = named(node)
                return TupleToUserset(str(tupleset), str(computed), position, self.place(tupleset))
            case kind:
                return self.joined(kind, node, position, first=first, level=level)

    def joined(self, kind: str, node: Node, position: Position, *, first: bool, level: int) -> Rewrite:
        """Read an operator with its operands."""
        operands = [child for child in node.children if isinstance(child, Tree)]
        children = tuple(
            self.read(child, first=first and number == 0, level=level + 1) for number, child in enumerate(operands)
        )
        if kind == "union":
            return Union(children, position)
        return (
            Intersection(children, position)
            if kind == "intersection"
            else Exclusion(children[0], children[1], position)
        )

    def this(self, node: Node, position: Position, *, first: bool) -> This:
        """Remember the direct part; a second one, or one behind an operator, is told."""
        self.direct = self.direct or node
        if not first:
            suggestion = "Let the relation begin with it, or give it a relation of its own."
            self.problems.tell(
                "invalid-syntax", "What is assigned directly may stand only at the beginning.", position, suggestion
            )
        return This(position)


def named(node: Node) -> list[Token]:
    """Return the names that a node holds itself."""
    return [child for child in node.children if isinstance(child, Token) and child.type == "NAME"]


def first_token(node: Node) -> Token:
    """Return the leftmost token below a node."""
    child: Token | Node = node
    while isinstance(child, Tree):
        child = child.children[0]
    return child


def restrictions_of(direct: Node, place: Place) -> tuple[TypeRestriction, ...]:
    """Read the kinds of users in brackets, each at the place where it begins."""
    return tuple(
        restriction(child, place)
        for child in direct.children
        if isinstance(child, Tree) and child.data == "restriction"
    )


def restriction(node: Node, place: Place) -> TypeRestriction:
    """Read `type`, `type#relation` or `type:*`, perhaps `with` a condition."""
    names = named(node)
    inner = {child.data: child for child in node.children if isinstance(child, Tree)}
    related = inner.get("restricted_relation")
    return TypeRestriction(
        str(names[0]),
        str(named(related)[0]) if related is not None else None,
        "wildcard" in inner,
        str(names[1]) if len(names) > 1 else None,
        place(names[0]),
    )

"""From the text of one file to types and conditions, each with its place."""

import re

import msgspec
from lark import Token, Tree

from graph_api.permission.language.problems import Problems
from graph_api.permission.language.rewrites import read_rewrite, restrictions_of
from graph_api.permission.language.syntax import Node, syntax_tree
from graph_api.permission.language.text import check_size, nearest, without_comments
from graph_api.permission.model import (
    ConditionDefinition,
    ConditionParameter,
    ObjectType,
    ParameterType,
    Position,
    Relation,
)

KINDS = ("bool", "string", "int", "uint", "double", "duration", "timestamp", "map", "list", "ipaddress", "any")
CONTAINERS = ("map", "list")
GENERIC_LEVELS_MAX = 4
CONDITION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class TypePart(msgspec.Struct, frozen=True):
    """One `type` or `extend type` of a file."""

    type: ObjectType
    extends: bool


class DslFile(msgspec.Struct):
    """What one file says: a schema version or a module's name, or neither; types and conditions as they come."""

    file: str | None
    version: str | None = None
    version_position: Position = Position()
    module: str | None = None
    start: Position = Position(1, 1)
    types: list[TypePart] = []
    conditions: list[ConditionDefinition] = []


def read_file(source: str, problems: Problems, file: str | None = None) -> DslFile | None:
    """Read one file; None where its syntax is wrong, which is told."""
    check_size(source)
    text = without_comments(source)
    tree, wrong = syntax_tree(text, file)
    problems.add(wrong)
    return None if tree is None else FileReader(text, file, problems).read(tree)


def trees(node: Node, name: str) -> list[Node]:
    """Return the direct children of a kind."""
    return [child for child in node.children if isinstance(child, Tree) and child.data == name]


def tokens(node: Node, kind: str) -> list[Token]:
    """Return the direct tokens of a kind."""
    return [child for child in node.children if isinstance(child, Token) and child.type == kind]


class FileReader:
    """Walk the syntax tree of one file."""

    def __init__(self, text: str, file: str | None, problems: Problems) -> None:
        self.text = text
        self.file = file
        self.problems = problems

    def position(self, token: Token) -> Position:
        """Return where a token stands."""
        return Position(token.line or 0, token.column or 0, self.file)

    def read(self, tree: Node) -> DslFile:
        """Read header, types and conditions."""
        result = DslFile(self.file, start=self.start())
        for header in trees(tree, "model_header"):
            version = tokens(header, "VERSION")[0]
            result.version, result.version_position = str(version), self.position(version)
        for header in trees(tree, "module_header"):
            result.module = str(tokens(header, "NAME")[0])
        result.types = [self.type_part(node, result.module) for node in trees(tree, "type_definition")]
        result.conditions = [self.condition(node, result.module) for node in trees(tree, "condition")]
        return result

    def start(self) -> Position:
        """Return the place of the first visible character."""
        before = self.text[: len(self.text) - len(self.text.lstrip())]
        return Position(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1, self.file)

    def type_part(self, node: Node, module: str | None) -> TypePart:
        """Read a type with its relations; one defined twice is told."""
        token = tokens(node, "NAME")[0]
        relations: dict[str, Relation] = {}
        extends = bool(tokens(node, "EXTEND"))
        for child in trees(node, "relation"):
            relation = self.relation(child, module if extends else None)
            if relation.name in relations:
                message = f"The relation `{relation.name}` of type `{token}` is defined twice."
                self.problems.tell("duplicated-error", message, relation.position, "Remove one, or join both by `or`.")
            relations.setdefault(relation.name, relation)
        return TypePart(ObjectType(str(token), relations, module, self.position(token)), extends)

    def relation(self, node: Node, module: str | None) -> Relation:
        """Read a relation: its rewrite, and the restrictions of its direct part."""
        token = tokens(node, "NAME")[0]
        body = next(child for child in node.children if isinstance(child, Tree))
        rewrite, direct = read_rewrite(body, self.position, self.problems)
        restrictions = restrictions_of(direct, self.position) if direct is not None else ()
        return Relation(str(token), rewrite, restrictions, module, self.position(token))

    def condition(self, node: Node, module: str | None) -> ConditionDefinition:
        """Read a condition; a parameter named twice is told."""
        token = tokens(node, "NAME")[0]
        if not CONDITION_NAME.fullmatch(token):
            self.problems.tell("invalid-name", f"`{token}` is no name of a condition.", self.position(token))
        parameters: dict[str, ConditionParameter] = {}
        for child in trees(node, "parameter"):
            parameter = self.parameter(child)
            if parameter.name in parameters:
                message = f"The parameter `{parameter.name}` of condition `{token}` is defined twice."
                self.problems.tell("duplicated-error", message, parameter.position, "Remove one.")
            parameters.setdefault(parameter.name, parameter)
        expression, place = self.expression(node)
        return ConditionDefinition(str(token), parameters, expression, module, self.position(token), place)

    def parameter(self, node: Node) -> ConditionParameter:
        """Read a parameter."""
        token = tokens(node, "NAME")[0]
        kind = self.parameter_type(trees(node, "parameter_type")[0])
        return ConditionParameter(str(token), kind, self.position(token))

    def parameter_type(self, node: Node, level: int = 1) -> ParameterType:
        """Read the type of a parameter: map and list have one generic type, the others none."""
        token = tokens(node, "NAME")[0]
        inner = trees(node, "parameter_type")
        if token not in KINDS:
            message, suggestion = f"`{token}` is no type of a parameter.", nearest(token, KINDS)
        elif level > GENERIC_LEVELS_MAX:
            message, suggestion = f"Types are nested at most {GENERIC_LEVELS_MAX} deep.", "Use `any` instead."
        elif bool(inner) != (token in CONTAINERS):
            message = f"`{token}` {'takes no' if inner else 'needs a'} type in angle brackets."
            suggestion = f"Write `{token}`." if inner else f"Write `{token}<string>`, or another type."
        else:
            generics = tuple(self.parameter_type(child, level + 1) for child in inner)
            return msgspec.convert({"kind": str(token), "generics": generics}, ParameterType)
        self.problems.tell(
            "invalid-parameter-type", message, self.position(token), suggestion or f"Use one of {', '.join(KINDS)}."
        )
        return ParameterType("any")

    def expression(self, node: Node) -> tuple[str, Position]:
        """Cut the expression out of the text, and say where its first visible character stands."""
        opened, closed = tokens(node, "LBRACE")[0], tokens(node, "RBRACE")[-1]
        start, end = (opened.end_pos or 0), (closed.start_pos or 0)
        body = self.text[start:end]
        start += len(body) - len(body.lstrip())
        line = self.text.count("\n", 0, start) + 1
        return body.strip(), Position(line, start - self.text.rfind("\n", 0, start), self.file)

"""From the text of a model to its syntax tree; every syntax error of a `define` is told, not only the first."""

import re
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from graph_api.permission.errors import ModelProblem
from graph_api.permission.language.problems import problem
from graph_api.permission.language.text import WORDS, nearest
from graph_api.permission.model import Position

Node: TypeAlias = Tree[Token]

SYNTAX_PROBLEMS_MAX = 20
BRACKET_LEVELS_MAX = 64
STATEMENT = re.compile(r"[ \t\f]*(?:define|type|extend|relations|condition|model|module|schema)(?![\w/.-])")
# Brackets and line ends; what strings and comments of CEL hold is skipped.
BRACKET = re.compile(r"""[(){}\n]|"[^"\n]*"|'[^'\n]*'|//[^\n]*""")
DEFINE = re.compile(r"[ \t\f]*define(?![\w/.-])")
# A stand-in for a `define` that was told as wrong, so that the rest can be looked at.
STAND_IN = "define wrong: wrong"
FOUND = re.compile(r"but[ \t]+not\b|[\w/.-]+|.", re.DOTALL)
OPERATORS = {"or", "and", "but not"}
READABLE = {
    "COLON": "`:`",
    "COMMA": "`,`",
    "HASH": "`#`",
    "STAR": "`*`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LESS": "`<`",
    "MORE": "`>`",
    "NAME": "a name",
    "VERSION": "a version such as 1.1",
    "CEL_TEXT": "an expression",
    "_NL": "the end of the line",
    "$END": "the end of the model",
}


@cache
def grammar() -> Lark:
    """Build the parser of the shipped grammar, once a process."""
    text = files("graph_api.permission.language").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", maybe_placeholders=False, propagate_positions=True)


def parsed(text: str) -> Node:
    """Parse, without a word about what is wrong."""
    parser: Any = grammar()
    return cast("Node", parser.parse(text))


def syntax_tree(text: str, file: str | None) -> tuple[Node | None, list[ModelProblem]]:
    """Parse a text without comments; without a tree there is at least one problem."""
    problems: list[ModelProblem] = []
    lines = text.split("\n")
    deep = too_deep(text, file)
    if deep is not None:
        return None, [deep]
    while len(problems) < SYNTAX_PROBLEMS_MAX:
        try:
            tree = parsed("\n".join(lines) + "\n")
        except UnexpectedInput as error:
            line, column = place(error, lines)
            problems.append(syntax_problem(error, lines, Position(line, column, file)))
            if is_at_end(error) or not replace_define(lines, line, column):
                return None, problems
        else:
            return (None if problems else tree), problems
    return None, problems


def too_deep(text: str, file: str | None) -> ModelProblem | None:
    """Tell where too many brackets are open: the time to parse them grows with the square of their number."""
    parentheses = braces = 0
    for match in BRACKET.finditer(text):
        # A definition, and the parentheses in it, end with their line; an expression may have several.
        parentheses = 0 if match[0] == "\n" else parentheses + (match[0] == "(") - (match[0] == ")")
        braces += (match[0] == "{") - (match[0] == "}")
        if max(parentheses, braces) > BRACKET_LEVELS_MAX:
            line, column = text.count("\n", 0, match.start()) + 1, match.start() - text.rfind("\n", 0, match.start())
            message = f"Brackets are nested at most {BRACKET_LEVELS_MAX} deep."
            return problem("nested-too-deep", message, Position(line, column, file), "Name parts of it.")
    return None


def is_at_end(error: UnexpectedInput) -> bool:
    """Tell whether the text ends too early, which no definition is at fault for."""
    token: Token | None = getattr(error, "token", None)
    return token is not None and token.type == "$END"


def place(error: UnexpectedInput, lines: list[str]) -> tuple[int, int]:
    """Return line and column, from 1; the end of the text is behind its last visible character."""
    if not is_at_end(error) and error.line <= len(lines):
        return error.line, error.column
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    return last + 1, len(lines[last].rstrip()) + 1


def syntax_problem(error: UnexpectedInput, lines: list[str], position: Position) -> ModelProblem:
    """Tell what stands there and what may."""
    rest = lines[position.line - 1][position.column - 1 :]
    match = FOUND.match(rest.lstrip(" \t\f"))
    found = re.sub(r"[ \t]+", " ", match[0]) if match else ""
    expected = expected_words(error)
    if found in OPERATORS and not expected & {"a name", "`type`"}:
        return problem(
            "mixed-operators",
            f"`{found}` may not follow here: `or` and `and` are not mixed, and `but not` joins exactly two.",
            position,
            "Put parentheses around what belongs together.",
        )
    what = f"`{found}`" if found else "the end of the line"
    return problem("invalid-syntax", f"{what} was not expected.", position, hint(found, expected))


def expected_words(error: UnexpectedInput) -> set[str]:
    """Return what may stand there, in words."""
    terminals: set[str] = getattr(error, "accepts", None) or getattr(error, "allowed", None) or set()
    return {READABLE.get(name) or f"`{name.strip('_').lower().replace('_', ' ')}`" for name in terminals}


def hint(found: str, expected: set[str]) -> str | None:
    """Suggest the nearest word, or tell all that may stand there."""
    if "a name" in expected and found in WORDS:
        return f"`{found}` is a word of the language; use another name."
    words = [word.strip("`") for word in expected if word.startswith("`") and word[1].isalpha()]
    return nearest(found, words) or (f"Expected {' or '.join(sorted(expected))}." if expected else None)


def replace_define(lines: list[str], line: int, column: int) -> bool:
    """Put a stand-in for the definition that is wrong; tell whether there was one."""
    first = wrong = line - 1
    if not lines[first][: column - 1].strip() and DEFINE.match(lines[first]) and first > 0:
        # What is wrong is the definition above, which is not at its end yet.
        first = wrong = first - 1
    while first > 0 and not STATEMENT.match(lines[first]):
        first -= 1
    end = first + 1
    while end < len(lines) and open_brackets(lines[first:end]) and not STATEMENT.match(lines[end]):
        end += 1
    if not DEFINE.match(lines[first]) or lines[first].strip() == STAND_IN or wrong >= end:
        return False
    lines[first:end] = [STAND_IN, *[""] * (end - first - 1)]
    return True


def open_brackets(lines: list[str]) -> bool:
    """Tell whether a bracket is still open, so that the definition goes on."""
    text = "".join(lines)
    return text.count("[") > text.count("]")

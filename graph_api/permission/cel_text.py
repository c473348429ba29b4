"""The text of a CEL expression before the library sees it: bounded in size and nesting, its names known.

The library is native code that recurses: measured, 1,000 chained operators or 128 nested brackets overflow a stack of
512 KiB, and an overflow ends the process. It also has no limit of cost, so that loops are bounded by their number here
and by the size of the context in `casting`.
"""

import re
from collections.abc import Iterator

import msgspec

EXPRESSION_BYTES_MAX = 4096
NESTING_LEVELS_MAX = 16
STEPS_MAX = 512
LOOPS_MAX = 4
LOOP_LEVELS_MAX = 2
MAPS_MAX = 1

TOKEN = re.compile(
    r'''(?P<text>[rRbB]{0,2}(?:"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\')|'''
    r"""[bB]?[rR][bB]?"[^"\n]*"|[bB]?[rR][bB]?'[^'\n]*'|[bB]?"(?:\\.|[^"\\\n])*"|[bB]?'(?:\\.|[^'\\\n])*')"""
    r"|(?P<comment>//[^\n]*)|(?P<number>\.?\d(?:[eE][+-]|[\w.])*)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<join>&&|\|\||,)|(?P<step>==|!=|<=|>=|[^\s\w])",
    re.DOTALL | re.ASCII,
)
LOOPS = frozenset({"all", "exists", "exists_one", "map", "filter"})


class Token(msgspec.Struct, frozen=True):
    """One token of an expression; `kind` is the name of its group."""

    kind: str
    text: str
    start: int


class TooLarge(msgspec.Struct, frozen=True):
    """Why an expression is not handed to the library."""

    message: str
    start: int = 0


def tokens_of(expression: str) -> list[Token]:
    """Split an expression; blanks and comments are left out."""
    return [
        Token(match.lastgroup or "step", match[0], match.start())
        for match in TOKEN.finditer(expression)
        if match.lastgroup != "comment"
    ]


def too_large(expression: str, tokens: list[Token]) -> TooLarge | None:
    """Tell which limit an expression exceeds, if one."""
    size = len(expression.encode("utf-8", "surrogatepass"))
    if size > EXPRESSION_BYTES_MAX:
        return TooLarge(f"The expression has {size:,} bytes; at most {EXPRESSION_BYTES_MAX:,} are allowed.")
    steps = [token for token in tokens if token.kind in {"step", "open"}]
    if len(steps) > STEPS_MAX:
        return TooLarge(f"The expression has more than {STEPS_MAX} operators.", steps[STEPS_MAX].start)
    return too_deep(tokens) or too_many_loops(tokens)


def too_deep(tokens: list[Token]) -> TooLarge | None:
    """Tell where brackets nest too deep."""
    level = 0
    for token in tokens:
        level += (token.kind == "open") - (token.kind == "close")
        if level > NESTING_LEVELS_MAX:
            return TooLarge(f"Brackets are nested more than {NESTING_LEVELS_MAX} levels deep.", token.start)
    return None


def too_many_loops(tokens: list[Token]) -> TooLarge | None:
    """Tell where loops are too many, or nested too deep."""
    found = list(loops(tokens))
    maps = [token for token, _, _ in found if token.text == "map"]
    if len(found) > LOOPS_MAX:
        return TooLarge(f"The expression has more than {LOOPS_MAX} loops.", found[LOOPS_MAX][0].start)
    if len(maps) > MAPS_MAX:
        return TooLarge(f"The expression has more than {MAPS_MAX} `map`.", maps[MAPS_MAX].start)
    deep = next((token for token, _, level in found if level > LOOP_LEVELS_MAX), None)
    return TooLarge(f"Loops are nested more than {LOOP_LEVELS_MAX} levels deep.", deep.start) if deep else None


def loops(tokens: list[Token]) -> Iterator[tuple[Token, str, int]]:
    """Yield each loop's token, its variable and the level of its nesting, from 1."""
    open_loops: list[bool] = []
    for number, token in enumerate(tokens):
        if token.kind == "open":
            before = tokens[number - 1] if number else None
            is_loop = before is not None and token.text == "(" and is_loop_name(tokens, number - 1)
            open_loops.append(is_loop)
            if is_loop and before is not None:
                variable = tokens[number + 1].text if number + 1 < len(tokens) else ""
                yield before, variable, sum(open_loops)
        elif token.kind == "close" and open_loops:
            open_loops.pop()


def is_loop_name(tokens: list[Token], number: int) -> bool:
    """Tell whether a token is the name of a loop, called as a method."""
    return number > 0 and tokens[number].text in LOOPS and tokens[number - 1].text == "."


def with_unsigned(expression: str, tokens: list[Token], unsigned: frozenset[str]) -> str:
    """Wrap each unsigned parameter in `uint(...)`: the library takes every whole number of Python for an int."""
    hidden = {variable for _, variable, _ in loops(tokens)}
    pieces: list[str] = []
    end = 0
    for number, token in enumerate(tokens):
        selected = number > 0 and tokens[number - 1].text == "."
        if token.kind == "name" and token.text in unsigned - hidden and not selected:
            pieces += [expression[end : token.start], f"uint({token.text})"]
            end = token.start + len(token.text)
    return "".join([*pieces, expression[end:]])

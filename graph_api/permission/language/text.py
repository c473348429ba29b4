"""The text of a model before it is parsed: line ends made one kind, comments cut off, sizes bounded.

Nothing moves: what is cut off stands at the end of its line, so that lines and columns stay those of the source.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from graph_api.permission.errors import Code, PermissionGraphError

# Comparing names takes long: only so many are looked at for a suggestion.
NAMES_COMPARED_MAX = 500
NAME_SIGNS_MAX = 60
MODEL_BYTES_MAX = 256 * 1024
# JSON says the same in about four times as many bytes: whatever a store file can hold is read again.
JSON_BYTES_MAX = 4 * MODEL_BYTES_MAX
REWRITE_LEVELS_MAX = 32

# What OpenFGA's lexer takes for a keyword wherever it stands, and so never for a name.
WORDS = frozenset({"and", "or", "from", "with", "define", "relations", "condition", "in", "true", "false", "null"})
NAME = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_-]|[/.](?=[A-Za-z0-9_]))*")
LINE_END = re.compile(r"\r\n?")
# Strings and comments of CEL come first: a # in them is no comment of the model.
OPAQUE_OR_COMMENT = re.compile(
    r'''(?P<opaque>[rR]?"""(?:\\.|[^\\])*?"""|[rR]?\'\'\'(?:\\.|[^\\])*?\'\'\'|[rR]"[^"\n]*"|[rR]'[^'\n]*'|'''
    r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*)"""
    r"""|(?:(?<![^\n])|(?<![ \t\f])[ \t\f]+)#[^\n]*""",
    re.DOTALL,
)


def one_line_end(text: str) -> str:
    """Give every line the same end."""
    return LINE_END.sub("\n", text)


def without_comments(source: str) -> str:
    """Cut comments off: a # that begins a line or follows a blank, to the end of the line."""
    return OPAQUE_OR_COMMENT.sub(lambda match: match["opaque"] or "", one_line_end(source))


def check_size(*texts: str, most: int = MODEL_BYTES_MAX) -> None:
    """Refuse a model too large to be looked at, all its files together."""
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    if size > most:
        raise PermissionGraphError(
            Code.EXCEEDED_ENTITY_LIMIT,
            f"The model has {size:,} bytes; at most {most:,} are allowed.",
            suggestion="Split it, or leave out what nobody uses.",
        )


def is_dsl_name(name: str) -> bool:
    """Tell whether the DSL can say this name."""
    return NAME.fullmatch(name) is not None and name not in WORDS


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Suggest the known name that looks most like a wrong one."""
    close = get_close_matches(name[:NAME_SIGNS_MAX], islice(known, NAMES_COMPARED_MAX), n=1)
    return f"Did you mean `{close[0]}`?" if close else None

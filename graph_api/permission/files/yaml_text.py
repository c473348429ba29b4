"""Read YAML as nodes that know their place.

Plain words mean what YAML 1.2 says: only true and false are booleans, and dates are texts. An alias stands for what it
names, and counts each time: a file cannot grow beyond its bounds by aliases.
"""

import re
from typing import Any, Final

import yaml

from graph_api.permission.files.nodes import LEVELS_MAX, NODES_MAX, Fields, Items, Node, Scalar
from graph_api.permission.files.source import Source, shortened, tell
from graph_api.permission.language.problems import Problems

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS: Final = ("tag:yaml.org,2002:str", "!")
_CONTROL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*+)")
_OTHER_BASE: Final = re.compile(r"0x[0-9a-fA-F]++|0o[0-7]++")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]++|(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?")
_WORDS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_DIGITS_MAX: Final = 400


class Misread(Exception):
    """The text is no YAML that is read here, from an offset on."""

    def __init__(self, message: str, offset: int, kind: str = "invalid-syntax") -> None:
        super().__init__(message)
        self.offset = offset
        self.kind = kind


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what a plain word means."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _NUMBER_DIGITS_MAX:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) and abs(float(text)) != float("inf") else text


def parse_yaml(source: Source, problems: Problems) -> Node | None:
    """Parse a text that is one document; tell where it is none."""
    try:
        if found := _CONTROL.search(source.text):
            raise Misread("The text holds a control character.", found.start(), "invalid-encoding")
        builder = Builder()
        for event in yaml.parse(source.text, Loader=_LOADER):
            builder.take(event)
        if builder.root is None:
            raise Misread("The file is empty.", 0)
        return builder.root
    except Misread as error:
        tell(problems, error.kind, str(error), source.place(error.offset))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = (error.problem or error.context or "it cannot be read").strip()
        tell(problems, "invalid-syntax", f"This is no YAML: {reason}.", source.place(mark.index if mark else 0))
    return None


class Open:
    """A list or map that is being read; sizes and depths count aliases in full."""

    def __init__(self, offset: int, anchor: str | None, *, is_map: bool) -> None:
        self.offset = offset
        self.anchor = anchor
        self.is_map = is_map
        self.nodes: list[Node] = []
        self.size = 1
        self.depth = 1

    def close(self) -> Node:
        """Return the node."""
        if not self.is_map:
            return Items(self.offset, tuple(self.nodes))
        keys = [_key(node) for node in self.nodes[::2]]
        return Fields(self.offset, tuple(zip(keys, self.nodes[1::2], strict=True)))


def _key(node: Node) -> Scalar:
    if not isinstance(node, Scalar):
        raise Misread("The name of a field is a list or a map.", node.offset)
    return node


class Builder:
    """Put the events of a document together."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        offset = event.start_mark.index if event.start_mark is not None else 0
        match event:
            case yaml.ScalarEvent():
                self._keep(_scalar(event, offset), event.anchor)
            case yaml.AliasEvent():
                self._repeat(event.anchor or "", offset)
            case yaml.CollectionStartEvent():
                self._begin(event, offset)
            case yaml.CollectionEndEvent():
                closed = self._open.pop()
                self._keep(closed.close(), closed.anchor, closed.size, closed.depth)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise Misread("A second document begins here; a file has one.", offset)
            case _:
                pass

    def _begin(self, event: yaml.CollectionStartEvent, offset: int) -> None:
        if event.tag is not None and event.tag != "!":
            raise Misread(f"The tag `{shortened(event.tag)}` is not read.", offset)
        if len(self._open) >= LEVELS_MAX:
            raise Misread(f"It is nested more than {LEVELS_MAX} levels deep.", offset)
        self._open.append(Open(offset, event.anchor, is_map=isinstance(event, yaml.MappingStartEvent)))

    def _repeat(self, anchor: str, offset: int) -> None:
        if anchor not in self._anchors:
            raise Misread(f"The alias `*{shortened(anchor)}` names nothing that ends before it.", offset)
        node, size, depth = self._anchors[anchor]
        if len(self._open) + depth > LEVELS_MAX:
            raise Misread(f"By its aliases it is nested more than {LEVELS_MAX} levels deep.", offset, "too-large")
        self._keep(node, None, size, depth, offset)

    def _keep(self, node: Node, anchor: str | None, size: int = 1, depth: int = 0, offset: int | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size, depth)
        if not self._open:
            self.root = node
            return
        holder = self._open[-1]
        holder.nodes.append(node)
        holder.size += size
        holder.depth = max(holder.depth, depth + 1)
        if holder.size > NODES_MAX:
            at = node.offset if offset is None else offset
            raise Misread(f"The file holds more than {NODES_MAX:,} values.", at, "too-large")


def _scalar(event: yaml.ScalarEvent, offset: int) -> Scalar:
    if event.tag is not None and event.tag not in _TEXT_TAGS:
        raise Misread(f"The tag `{shortened(event.tag)}` is not read.", offset)
    plain = event.style in (None, "") and event.tag is None
    if plain and event.value == "<<":
        raise Misread("Merged maps (`<<`) are not read: write the fields out.", offset)
    value = plain_value(event.value) if plain else event.value
    return Scalar(offset, value, event.value, event.style == "|")

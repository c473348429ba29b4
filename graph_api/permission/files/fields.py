"""Take values out of the nodes of a file; what is not as it should be is told with its place."""

from collections.abc import Iterable, Mapping
from typing import Any

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.nodes import Fields, Items, Node, Scalar, kind_of
from graph_api.permission.files.source import Source, shortened, tell, text_fault
from graph_api.permission.language.problems import Problems
from graph_api.permission.language.text import nearest
from graph_api.permission.tuples import object_type, user_kind


class FieldReader:
    """Read one file. Each method returns None, or what could be read, where something was told."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems

    def tell(
        self, kind: str, message: str, node: Node, field: str | None = None, suggestion: str | None = None
    ) -> None:
        """Tell what is wrong with a node."""
        tell(self.problems, kind, message, self.source.place(node.offset), field, suggestion)

    def wrong(self, node: Node, field: str, wanted: str) -> None:
        """Tell that a node is not what is wanted."""
        found = f": `{shortened(node.text)}`" if isinstance(node, Scalar) and node.text else ""
        self.tell("wrong-value", f"It is {kind_of(node)}{found}, where {wanted} is wanted.", node, field)

    def fields(self, node: Node, what: str, known: Iterable[str]) -> Mapping[str, Node] | None:
        """Return the fields of a map by their names; those unknown and those that stand twice are told."""
        if not isinstance(node, Fields):
            self.wrong(node, what, "a map")
            return None
        known, found = tuple(known), dict[str, Node]()
        for key, value in node.fields:
            if key.text not in known:
                suggestion = nearest(key.text, known) or f"Known are {', '.join(known)}."
                self.tell("unknown-field", f"There is no such field in {what}.", key, shortened(key.text), suggestion)
            elif key.text in found:
                self.tell("duplicated-error", "The field stands twice.", key, key.text)
            found.setdefault(key.text, value)
        return found

    def named(self, node: Node | None, field: str) -> list[tuple[Scalar, Node]]:
        """Return the fields of a map whose names are free."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if not isinstance(node, Fields):
            self.wrong(node, field, "a map")
            return []
        found = dict[str, tuple[Scalar, Node]]()
        for key, value in node.fields:
            if key.text in found:
                self.tell("duplicated-error", f"`{shortened(key.text)}` stands twice.", key, field)
            found.setdefault(key.text, (key, value))
        return list(found.values())

    def items(self, node: Node | None, field: str) -> tuple[Node, ...]:
        """Return the items of a list; none where nothing is given."""
        if isinstance(node, Items):
            return node.items
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.wrong(node, field, "a list")
        return ()

    def text(self, node: Node, field: str) -> str | None:
        """Return a text that is not empty; numbers count as what they were written as."""
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
            self.wrong(node, field, "a text")
            return None
        if not node.text:
            self.tell("missing-field", "It is empty.", node, field)
            return None
        if (fault := text_fault(node.text)) is not None:
            self.tell("invalid-encoding", fault, node, field)
            return None
        return node.text

    def required(self, fields: Mapping[str, Node], name: str, owner: Node) -> str | None:
        """Return the text of a field that must be there."""
        if name in fields:
            return self.text(fields[name], name)
        self.tell("missing-field", "The field is missing.", owner, name)
        return None

    def optional(self, fields: Mapping[str, Node], name: str) -> str | None:
        """Return the text of a field that may be left out or empty."""
        node = fields.get(name)
        if node is None or (isinstance(node, Scalar) and not node.text):
            return None
        return self.text(node, name)

    def user(self, node: Node, field: str) -> str | None:
        """Return the name of a user."""
        return self._name(node, field, user_kind)

    def object(self, node: Node, field: str) -> str | None:
        """Return the name of an object."""
        return self._name(node, field, object_type)

    def _name(self, node: Node, field: str, check: Any) -> str | None:
        text = self.text(node, field)
        if text is None:
            return None
        try:
            check(text)
        except PermissionGraphError as error:
            self.tell("wrong-value", error.message, node, field, error.suggestion)
            return None
        return text

    def texts(self, node: Node | None, field: str, check: Any = None) -> tuple[str, ...]:
        """Return a list of texts, none of which stands twice; `check` reads one, as `user` and `object` do."""
        found = dict[str, None]()
        for item in self.items(node, field):
            text = (check or self.text)(item, field)
            if text in found:
                self.tell("duplicated-error", f"`{shortened(text)}` stands twice.", item, field)
            elif text is not None:
                found[text] = None
        return tuple(found)

    def plain(self, node: Node, field: str) -> Any:
        """Return a node as the value that it says; texts that cannot be kept are told."""
        match node:
            case Items(items=items):
                return [self.plain(item, field) for item in items]
            case Fields():
                return {key.text: self.plain(value, field) for key, value in self._kept(node, field)}
            case Scalar(value=str() as value):
                if (fault := text_fault(value)) is not None:
                    self.tell("invalid-encoding", fault, node, field)
                return value
            case Scalar(value=value):
                return value

    def _kept(self, node: Fields, field: str) -> list[tuple[Scalar, Node]]:
        for key, _ in node.fields:
            if (fault := text_fault(key.text)) is not None:
                self.tell("invalid-encoding", fault, key, field)
        return self.named(node, field)

    def context(self, node: Node | None, field: str) -> dict[str, Any]:
        """Return a context: values by the names of parameters."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Fields):
            self.wrong(node, field, "a map")
            return {}
        return self.plain(node, field)

"""The tests of a store file: what they ask, and what shall come out."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.nodes import Fields, Node, Scalar
from graph_api.permission.files.store import CheckTest, Expected, ListObjectsTest, ListUsersTest
from graph_api.permission.files.tuple_fields import RELATION

CHECK_FIELDS: Final = ("user", "users", "object", "objects", "context", "assertions")
LIST_OBJECTS_FIELDS: Final = ("user", "type", "context", "assertions")
LIST_USERS_FIELDS: Final = ("object", "user_filter", "context", "assertions")
FILTER_FIELDS: Final = ("type", "relation")
# OpenFGA's command line takes these for booleans where one is wanted.
FLAGS: Final = {"yes": True, "on": True, "no": False, "off": False}

T = TypeVar("T")
Answer = Callable[[Node, str], Any]


class QuestionReader:
    """Read the questions of one store file and count their assertions."""

    def __init__(self, reader: FieldReader) -> None:
        self._reader = reader
        self.assertions = 0

    def check(self, node: Node) -> CheckTest | None:
        """Read an entry of `check`."""
        fields = self._reader.fields(node, "check", CHECK_FIELDS)
        if fields is None:
            return None
        users = self._one_or_more(fields, "user", node, self._reader.user)
        objects = self._one_or_more(fields, "object", node, self._reader.object)
        expected = self._assertions(fields, node, self._flag)
        self.assertions += len(users) * len(objects) * len(expected)
        return CheckTest(users, objects, expected, self._context(fields))

    def list_objects(self, node: Node) -> ListObjectsTest | None:
        """Read an entry of `list_objects`."""
        fields = self._reader.fields(node, "list_objects", LIST_OBJECTS_FIELDS)
        if fields is None:
            return None
        user = self._one(fields, "user", node, self._reader.user)
        kind = self._reader.required(fields, "type", node)
        expected = self._assertions(fields, node, self._objects)
        self.assertions += len(expected)
        return ListObjectsTest(user or "", kind or "", expected, self._context(fields))

    def list_users(self, node: Node) -> ListUsersTest | None:
        """Read an entry of `list_users`."""
        fields = self._reader.fields(node, "list_users", LIST_USERS_FIELDS)
        if fields is None:
            return None
        target = self._one(fields, "object", node, self._reader.object)
        filters = self._filters(fields, node)
        expected = self._assertions(fields, node, self._users)
        self.assertions += len(expected)
        return ListUsersTest(target or "", filters, expected, self._context(fields))

    def _one(
        self, fields: Mapping[str, Node], name: str, owner: Node, read: Callable[[Node, str], T | None]
    ) -> T | None:
        if name in fields:
            return read(fields[name], name)
        self._reader.tell("missing-field", "The field is missing.", owner, name)
        return None

    def _one_or_more(
        self, fields: Mapping[str, Node], name: str, owner: Node, read: Callable[[Node, str], str | None]
    ) -> tuple[str, ...]:
        several = f"{name}s"
        if name in fields and several in fields:
            message = f"It goes not together with `{name}`."
            self._reader.tell("wrong-value", message, fields[several], several, "Leave one of them out.")
        if several not in fields:
            one = self._one(fields, name, owner, read)
            return (one,) if one is not None else ()
        told = len(self._reader.problems.found)
        found = self._reader.texts(fields[several], several, read)
        if not found and len(self._reader.problems.found) == told:
            self._reader.tell("missing-field", "It is empty.", fields[several], several)
        return found

    def _context(self, fields: Mapping[str, Node]) -> dict[str, Any]:
        return self._reader.context(fields.get("context"), "context")

    def _assertions(self, fields: Mapping[str, Node], owner: Node, answer: Answer) -> tuple[Expected, ...]:
        told = len(self._reader.problems.found)
        found = list[Expected]()
        for key, node in self._reader.named(fields.get("assertions"), "assertions"):
            if not RELATION.fullmatch(key.text):
                self._reader.tell("wrong-value", f"`{key.text[:60]}` is no name of a relation.", key, "assertions")
            place = self._reader.source.place(key.offset)
            found.append(Expected(key.text, answer(node, f"assertions.{key.text[:60]}"), place))
        if not found and len(self._reader.problems.found) == told:
            self._reader.tell("missing-field", "Nothing is asserted.", fields.get("assertions", owner), "assertions")
        return tuple(found)

    def _flag(self, node: Node, field: str) -> bool:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool):
            return value
        if value not in FLAGS:
            self._reader.wrong(node, field, "true or false")
        return FLAGS.get(str(value), False)

    def _objects(self, node: Node, field: str) -> tuple[str, ...]:
        return self._reader.texts(node, field, self._reader.object)

    def _users(self, node: Node, field: str) -> tuple[str, ...]:
        fields = self._reader.fields(node, field, ("users",))
        return self._reader.texts((fields or {}).get("users"), field, self._reader.user)

    def _filters(self, fields: Mapping[str, Node], owner: Node) -> tuple[str, ...]:
        told = len(self._reader.problems.found)
        read = [self._filter(node) for node in self._reader.items(fields.get("user_filter"), "user_filter")]
        if not read and len(self._reader.problems.found) == told:
            self._reader.tell("missing-field", "A filter is wanted.", fields.get("user_filter", owner), "user_filter")
        return tuple(each for each in read if each is not None)

    def _filter(self, node: Node) -> str | None:
        fields = self._reader.fields(node, "user_filter", FILTER_FIELDS)
        if fields is None or not isinstance(node, Fields):
            return None
        kind = self._reader.required(fields, "type", node)
        relation = self._reader.text(fields["relation"], "relation") if "relation" in fields else None
        return f"{kind}#{relation}" if relation is not None else kind

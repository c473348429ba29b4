"""Read a store file with what it names: the whole store, or all that is wrong with it and its files."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

import msgspec

from graph_api.permission.conditions import compile_condition
from graph_api.permission.errors import ModelProblem, PermissionGraphError
from graph_api.permission.files.fields import FieldReader
from graph_api.permission.files.json_text import parse_json
from graph_api.permission.files.model_files import Fetch, beside, fetched, read_inline, read_model_file
from graph_api.permission.files.nodes import Fields, Node
from graph_api.permission.files.questions import QuestionReader
from graph_api.permission.files.source import FileLimits, decoded, raise_any, tell
from graph_api.permission.files.store import Store, StoreTest
from graph_api.permission.files.tuple_fields import Placed, check_all
from graph_api.permission.files.tuple_reading import format_of, gather_tuples, read_all
from graph_api.permission.files.yaml_text import parse_yaml
from graph_api.permission.language.problems import Problems
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import ParsedModel
from graph_api.permission.tuples import RelationshipTuple, TupleKey, TupleRules

STORE_FIELDS: Final = ("name", "model", "model_file", "tuples", "tuple_file", "tuple_files", "tests")
TEST_FIELDS: Final = (
    "name",
    "description",
    "tuples",
    "tuple_file",
    "tuple_files",
    "check",
    "list_objects",
    "list_users",
)
ASSERTIONS_MAX: Final = 100_000


class ReadStore(msgspec.Struct, frozen=True):
    """A store, and what is doubtful about its model."""

    store: Store
    warnings: tuple[ModelProblem, ...] = ()


def read_store(data: bytes | str, name: str, fetch: Fetch, limits: FileLimits | None = None) -> ReadStore:
    """Read a store file; raise `PermissionGraphError` with all problems (up to 100) and their places.

    `name` is that of the file; the names it holds are taken from where it is and asked of `fetch`. A file whose name
    ends with .fga or .mod is a model without tuples and tests.
    """
    problems, limits = Problems(), limits or FileLimits()
    if name.endswith((".fga", ".mod")):
        read = read_model_file(data, name, fetch, problems)
        raise_any(problems)
        assert read is not None, "nothing was told, so it could be read"
        return ReadStore(Store(read.model), read.warnings)
    return _read_store(data, name, fetch, problems, limits)


def _read_store(data: bytes | str, name: str, fetch: Fetch, problems: Problems, limits: FileLimits) -> ReadStore:
    source = decoded(data, name, limits.yaml_max_bytes, problems)
    root = None
    if source is not None:
        is_json = source.text.lstrip().startswith("{")
        root = parse_json(source, problems) if is_json else parse_yaml(source, problems)
    raise_any(problems)
    assert source is not None, "nothing was told, so it could be decoded"
    assert root is not None, "nothing was told, so it could be parsed"
    read = StoreReader(FieldReader(source, problems), fetch, limits).read(root)
    raise_any(problems)
    assert read is not None, "nothing was told, so it could be read"
    return read


class StoreReader:
    """Read the parts of one store file."""

    def __init__(self, reader: FieldReader, fetch: Fetch, limits: FileLimits) -> None:
        self._reader = reader
        self._fetch = fetch
        self._limits = limits
        self._questions = QuestionReader(reader)

    def read(self, root: Node) -> ReadStore | None:
        """Read all of it; None where something was told."""
        fields = self._reader.fields(root, "a store", STORE_FIELDS)
        if fields is None:
            return None
        model = self._model(fields, root)
        rules = _rules(model.model) if model is not None else None
        name = self._reader.optional(fields, "name")
        tuples = self._tuples(fields, rules)
        tests = [self._test(node, number, rules) for number, node in enumerate(self._listed(fields, "tests"), start=1)]
        if self._questions.assertions > ASSERTIONS_MAX:
            text = f"There are {self._questions.assertions:,} assertions; at most {ASSERTIONS_MAX:,} are allowed."
            self._reader.tell("too-large", text, fields["tests"], "tests")
        if model is None or self._reader.problems.found:
            return None
        kept = tuple(test for test in tests if test is not None)
        return ReadStore(Store(model.model, name or "", tuples, kept), model.warnings)

    def _listed(self, fields: Mapping[str, Node], name: str) -> tuple[Node, ...]:
        return self._reader.items(fields.get(name), name)

    def _model(self, fields: Mapping[str, Node], root: Node) -> ParsedModel | None:
        if "model" in fields:
            return read_inline(fields["model"], self._reader)
        if "model_file" not in fields:
            self._reader.tell("missing-field", "The store has no model.", root, "model", "Add model or model_file.")
            return None
        found = self._file(fields["model_file"], "model_file")
        return read_model_file(found[1], found[0], self._fetch, self._reader.problems) if found is not None else None

    def _file(self, node: Node, field: str) -> tuple[str, bytes] | None:
        text = self._reader.text(node, field)
        if text is None:
            return None
        name = beside(self._reader.source.name, text)
        data = fetched(name, node, self._reader, field, self._fetch)
        return (name, data) if data is not None else None

    def _tuples(self, fields: Mapping[str, Node], rules: TupleRules | None) -> tuple[RelationshipTuple, ...]:
        files = [(fields[name], name) for name in ("tuple_file",) if name in fields]
        files += [(node, "tuple_files") for node in self._listed(fields, "tuple_files")]
        own = read_all(self._listed(fields, "tuples"), self._reader)
        parts = [own, *(self._tuples_of(node, field) for node, field in files)]
        for part in parts:
            check_all(part, self._reader.problems, rules)
        return self._joined(list(chain.from_iterable(parts)))

    def _tuples_of(self, node: Node, field: str) -> list[Placed]:
        found = self._file(node, field)
        if found is None:
            return []
        try:
            form = format_of(found[0])
        except PermissionGraphError as error:
            self._reader.tell("wrong-value", error.message, node, field, error.suggestion)
            return []
        return gather_tuples(found[1], form, found[0], self._reader.problems, self._limits)

    def _joined(self, found: list[Placed]) -> tuple[RelationshipTuple, ...]:
        """Keep one of equal tuples that several files hold; tell those of one key that differ."""
        first: dict[TupleKey, Placed] = {}
        for each in found:
            before = first.setdefault(each.tuple.key, each)
            if before.tuple != each.tuple and before.position.file != each.position.file:
                text = f"The tuple stands in {before.position.file}:{before.position.line} with another condition."
                tell(self._reader.problems, "duplicated-error", text, each.position)
        return tuple(each.tuple for each in first.values())

    def _test(self, node: Node, number: int, rules: TupleRules | None) -> StoreTest | None:
        fields = self._reader.fields(node, "a test", TEST_FIELDS)
        if fields is None or not isinstance(node, Fields):
            return None
        name = self._reader.optional(fields, "name") or f"test {number}"
        about = self._reader.optional(fields, "description")
        tuples = self._tuples(fields, rules)
        asked = self._questions
        check = [asked.check(each) for each in self._listed(fields, "check")]
        objects = [asked.list_objects(each) for each in self._listed(fields, "list_objects")]
        users = [asked.list_users(each) for each in self._listed(fields, "list_users")]
        return StoreTest(
            name,
            about or "",
            tuples,
            tuple(each for each in check if each is not None),
            tuple(each for each in objects if each is not None),
            tuple(each for each in users if each is not None),
        )


def _rules(model: AuthorizationModel) -> TupleRules:
    return TupleRules(model, {name: compile_condition(each) for name, each in model.conditions.items()})

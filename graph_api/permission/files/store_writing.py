"""Write a store as OpenFGA's store file; reading it gives an equal store."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph_api.permission.errors import Code, PermissionGraphError
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.store import CheckTest, Expected, ListObjectsTest, ListUsersTest, Store, StoreTest
from graph_api.permission.files.tuple_reading import TupleFormat
from graph_api.permission.files.tuple_writing import tuple_form, write_tuples
from graph_api.permission.files.values import json_text, json_value
from graph_api.permission.files.yaml_writing import block, flow, scalar
from graph_api.permission.language.writing import write_dsl, write_json, write_modules
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.tuples import RelationshipTuple

STORE_FILE: Final = "store.fga.yaml"
MOD_FILE: Final = "fga.mod"
TUPLE_FILE: Final = "tuples.json"


def write_store(store: Store) -> str:
    """Write a store as one file, tuples in the order of the store.

    A model that the DSL cannot say, or that is made of modules, stands there as JSON text, which OpenFGA's command
    line does not read; `write_store_files` keeps to what it reads. Raise 2000 where the file would be too large.
    """
    text = _text(store, f"model: {block(_model_text(store.model), '  ')}", store.tuples)
    if _size(text) > FileLimits().yaml_max_bytes:
        message = f"The store has {_size(text):,} bytes as one file; {FileLimits().yaml_max_bytes:,} are allowed."
        raise PermissionGraphError(Code.EXCEEDED_ENTITY_LIMIT, message, suggestion="Write it as several files.")
    return text


def write_store_files(store: Store) -> dict[str, str]:
    """Write a store as files by their names: the modules of its model, and its tuples where they are many, apart."""
    files: dict[str, str] = {}
    model = f"model: {block(_model_text(store.model), '  ')}"
    if _is_modular(store.model):
        files = write_modules(store.model)
        files[MOD_FILE] = "schema: '1.2'\ncontents:\n" + "".join(f"  - {scalar(name)}\n" for name in files)
        model = f"model_file: {MOD_FILE}"
    text = _text(store, model, store.tuples)
    if _size(text) > FileLimits().yaml_max_bytes:
        files[TUPLE_FILE] = write_tuples(store.tuples, TupleFormat.JSON)
        text = _text(store, f"{model}\ntuple_file: {TUPLE_FILE}", ())
    return {STORE_FILE: text, **files}


def _size(text: str) -> int:
    return len(text.encode())


def _is_modular(model: AuthorizationModel) -> bool:
    return any(each.module is not None for each in [*model.types.values(), *model.conditions.values()])


def _model_text(model: AuthorizationModel) -> str:
    if not _is_modular(model):
        try:
            return write_dsl(model)
        except PermissionGraphError:
            pass  # JSON says what the DSL cannot
    return _json(write_json(model))


def _json(form: dict[str, Any]) -> str:
    """Write JSON, a type a line, so that a change shows where it is."""
    types = ",\n".join(f"    {json_text(each)}" for each in form["type_definitions"])
    others = {name: value for name, value in form.items() if name != "type_definitions"}
    lines = [f'  "{name}": {json_text(value)}' for name, value in others.items()]
    return "{\n" + ",\n".join([*lines, f'  "type_definitions": [\n{types}\n  ]']) + "\n}\n"


def _text(store: Store, model: str, tuples: tuple[RelationshipTuple, ...]) -> str:
    lines = [f"name: {scalar(store.name)}"] if store.name else []
    lines += [model, *_tuples(tuples, "")]
    if store.tests:
        lines.append("tests:")
        for test in store.tests:
            lines += _test(test)
    return "\n".join(lines) + "\n"


def _tuples(tuples: tuple[RelationshipTuple, ...], indent: str) -> Iterator[str]:
    if tuples:
        yield f"{indent}tuples:"
    for each in tuples:
        yield from _entry(tuple_form(each), f"{indent}  ")


def _entry(fields: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Write an item of a list, each field on a line of its own."""
    sign = "- "
    for name, value in fields.items():
        yield f"{indent}{sign}{name}: {flow(value)}"
        sign = "  "


def _test(test: StoreTest) -> Iterator[str]:
    yield f"  - name: {scalar(test.name)}"
    if test.description:
        yield f"    description: {scalar(test.description)}"
    yield from _tuples(test.tuples, "    ")
    kinds = (
        ("check", map(_check, test.check)),
        ("list_objects", map(_list_objects, test.list_objects)),
        ("list_users", map(_list_users, test.list_users)),
    )
    for kind, entries in kinds:
        lines = [line for entry in entries for line in _entry(entry, "      ")]
        yield from [f"    {kind}:", *lines] if lines else []


def _check(test: CheckTest) -> dict[str, Any]:
    user = {"user": test.users[0]} if len(test.users) == 1 else {"users": test.users}
    target = {"object": test.objects[0]} if len(test.objects) == 1 else {"objects": test.objects}
    return {**user, **target, **_context(test.context), "assertions": _answers(test.assertions)}


def _list_objects(test: ListObjectsTest) -> dict[str, Any]:
    return {"user": test.user, "type": test.type, **_context(test.context), "assertions": _answers(test.assertions)}


def _list_users(test: ListUsersTest) -> dict[str, Any]:
    filters = [dict(zip(("type", "relation"), each.split("#"), strict=False)) for each in test.filters]
    answers = {each.relation: {"users": each.answer} for each in test.assertions}
    return {"object": test.object, "user_filter": filters, **_context(test.context), "assertions": answers}


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    return {"context": json_value(context)} if context else {}


def _answers(assertions: tuple[Expected, ...]) -> dict[str, Any]:
    return {each.relation: each.answer for each in assertions}

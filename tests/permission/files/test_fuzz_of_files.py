"""Whatever a file holds, it is read or refused with places inside it; nothing else ever comes out."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_api.permission.errors import PermissionGraphError
from graph_api.permission.files.store_reading import ReadStore, read_store
from graph_api.permission.files.tuple_reading import TupleFormat, read_tuples
from graph_api.permission.files.tuple_writing import write_tuples
from tests.permission.files.broken import nothing, with_test
from tests.permission.files.made import tuples

FREIGHT = Path(__file__).parent / "freight"
NAMED = {path.name: path.read_bytes() for path in FREIGHT.iterdir()}
STORE = NAMED["store.fga.yaml"].decode()
SIGNS = "{}[]:,\"'#-&*!|>%@`?\\ \t\n\r\0aé😀1.~<=\ufeff\u2028\x85\x1b"
texts = st.text(st.sampled_from(SIGNS) | st.characters(), max_size=40)
words = st.lists(
    st.sampled_from(
        [*SIGNS, "user", "tuples", "tests", "model", ": ", "- ", "\n  ", "null", "true", "<<", "--- ", "? "]
    ),
    max_size=30,
).map("".join)
forms = st.sampled_from(list(TupleFormat))


def outcome(content: str | bytes, form: TupleFormat) -> Any:
    try:
        return read_tuples(content, form)
    except PermissionGraphError as error:
        return error


def inside(error: PermissionGraphError, text: str) -> bool:
    lines = text.count("\n") + text.count("\r") + 1
    return all(each.line is None or (1 <= each.line <= lines and (each.column or 1) >= 1) for each in error.problems)


@given(texts | words, forms)
@settings(max_examples=400, deadline=None)
def test_random_text_is_read_or_refused(text: str, form: TupleFormat) -> None:
    read = outcome(text, form)
    assert read == () if isinstance(read, tuple) else inside(read, text)


@given(st.binary(max_size=60), forms)
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_read_or_refused(data: bytes, form: TupleFormat) -> None:
    assert isinstance(outcome(data, form), tuple | PermissionGraphError)


@given(tuples(), forms, st.data())
@settings(max_examples=200, deadline=None)
def test_altered_file_of_tuples_is_refused_or_can_be_written_again(
    found: list[Any], form: TupleFormat, data: st.DataObject
) -> None:
    text = write_tuples(found, form)
    start = data.draw(st.integers(0, len(text)))
    altered = text[:start] + data.draw(words | texts) + text[start + data.draw(st.integers(0, 10)) :]
    read = outcome(altered, form)
    if isinstance(read, PermissionGraphError):
        assert inside(read, altered)
    else:
        written = write_tuples(read, form)
        assert write_tuples(outcome(written, form), form) == written


def fetched(name: str) -> bytes:
    return NAMED[name]


def store_of(text: str, fetch: Any) -> ReadStore | PermissionGraphError:
    try:
        return read_store(text, "s.yaml", fetch)
    except PermissionGraphError as error:
        return error


@given(texts | words)
@settings(max_examples=200, deadline=None)
def test_random_text_is_no_store_or_refused(text: str) -> None:
    for whole in (text, with_test(text)):
        read = store_of(whole, nothing)
        assert isinstance(read, ReadStore) or inside(read, whole)


@given(st.integers(0, len(STORE)), st.integers(0, 12), words | texts)
@settings(max_examples=200, deadline=None)
def test_altered_store_is_read_or_refused_with_places_inside_it(start: int, removed: int, added: str) -> None:
    altered = STORE[:start] + added + STORE[start + removed :]
    read = store_of(altered, fetched)
    assert isinstance(read, ReadStore) or inside(read, altered)

"""Pages: each row once and in order, in both directions, whatever the page sizes, and whatever is inserted between."""

import base64
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_api.kernel.errors import BadUserInput, QueryTooCostly
from graph_api.organization.model import Skill, Task
from graph_api.organization.paging import Listing, Page, PageLimits, Window, turn_to
from graph_api.organization.read_model import TASK_PLACE, TaskOrder, TaskOrderField, by_id, task_place

LIMITS = PageLimits(default_rows=3, max_rows=5)
KEYS = st.text("abcdé字", min_size=1, max_size=3)
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def listing(keys: set[str], scope: str = "skills") -> Listing[Skill]:
    return by_id([Skill(id=f"skill:{key}", name=key) for key in sorted(keys)], scope)


def shown(page: Page[Skill]) -> list[str]:
    return [row.name for row in page.rows]


@given(st.sets(KEYS, max_size=25), SIZES)
def test_paging_forwards_gives_each_row_once_in_order(keys: set[str], sizes: Sequence[int]) -> None:
    seen: list[str] = []
    cursor, has_next, turn = None, True, 0
    while has_next:
        page = turn_to(listing(keys), Window(first=sizes[turn % len(sizes)], after=cursor), LIMITS)
        assert page.has_previous is bool(seen)
        assert page.total == len(keys)
        seen, has_next, turn = seen + shown(page), page.has_next, turn + 1
        cursor = page.cursors[-1] if page.cursors else None
    assert seen == sorted(keys)


@given(st.sets(KEYS, max_size=25), SIZES)
def test_paging_backwards_gives_each_row_once_in_order(keys: set[str], sizes: Sequence[int]) -> None:
    seen: list[str] = []
    cursor, has_previous, turn = None, True, 0
    while has_previous:
        page = turn_to(listing(keys), Window(last=sizes[turn % len(sizes)], before=cursor), LIMITS)
        assert page.has_next is bool(seen)
        seen, has_previous, turn = shown(page) + seen, page.has_previous, turn + 1
        cursor = page.cursors[0] if page.cursors else None
    assert seen == sorted(keys)


@given(st.sets(KEYS, min_size=1, max_size=25), st.lists(st.sets(KEYS, max_size=4), max_size=12), st.integers(1, 5))
def test_inserts_between_pages_neither_repeat_nor_drop_a_row(
    keys: set[str], inserts: Sequence[set[str]], size: int
) -> None:
    current, seen, cursor, turn = set(keys), list[str](), None, 0
    while True:
        page = turn_to(listing(current), Window(first=size, after=cursor), LIMITS)
        seen += shown(page)
        if not page.has_next:
            break
        cursor = page.cursors[-1]
        current |= inserts[turn] if turn < len(inserts) else set()
        turn += 1
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert keys <= set(seen)


@given(st.sets(KEYS, min_size=2, max_size=25), st.data())
def test_a_cursor_holds_its_place_when_its_row_is_gone(keys: set[str], drawn: st.DataObject) -> None:
    gone = drawn.draw(st.sampled_from(sorted(keys)))
    page = turn_to(listing(keys), Window(first=5), LIMITS)
    while gone not in shown(page):
        page = turn_to(listing(keys), Window(first=5, after=page.cursors[-1]), LIMITS)
    cursor = page.cursors[shown(page).index(gone)]
    rest = turn_to(listing(keys - {gone}), Window(first=5, after=cursor), LIMITS)
    assert shown(rest) == sorted(key for key in keys if key > gone)[:5]


@given(st.sets(KEYS, min_size=3, max_size=25), st.data())
def test_between_two_cursors_stand_the_rows_between_them(keys: set[str], drawn: st.DataObject) -> None:
    ordered = sorted(keys)
    low, high = sorted(drawn.draw(st.lists(st.integers(0, len(keys) - 1), min_size=2, max_size=2, unique=True)))
    limits = PageLimits(default_rows=50, max_rows=50)
    cursors = turn_to(listing(keys), Window(), limits).cursors
    page = turn_to(listing(keys), Window(after=cursors[low], before=cursors[high]), limits)
    assert shown(page) == ordered[low + 1 : high]
    assert (page.has_previous, page.has_next) == (True, True)
    crossed = turn_to(listing(keys), Window(after=cursors[high], before=cursors[low]), limits)
    assert shown(crossed) == []


def test_default_page_has_the_default_number_of_rows() -> None:
    assert shown(turn_to(listing(set("abcde")), Window(), LIMITS)) == ["a", "b", "c"]
    assert turn_to(listing(set()), Window(), LIMITS) == Page([], [], has_previous=False, has_next=False, total=0)


@pytest.mark.parametrize("window", [Window(first=0), Window(last=-1), Window(first=1, last=1)])
def test_counts_that_make_no_sense_are_refused(window: Window) -> None:
    with pytest.raises(BadUserInput):
        turn_to(listing(set("abc")), window, LIMITS)


@pytest.mark.parametrize("window", [Window(first=6), Window(last=6)])
def test_pages_beyond_the_limit_are_refused(window: Window) -> None:
    with pytest.raises(QueryTooCostly):
        turn_to(listing(set("abc")), window, LIMITS)


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "%", "字", "a", encoded(b"[]"), encoded(b'["x"]'), encoded(b'["x",[1]]'), encoded(b"\xff"), "A" * 9000],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    for window in (Window(after=cursor), Window(before=cursor)):
        with pytest.raises(BadUserInput, match="no cursor"):
            turn_to(listing(set("abc")), window, LIMITS)


def test_a_cursor_of_another_list_or_filter_is_refused() -> None:
    cursor = turn_to(listing(set("abc")), Window(), LIMITS).cursors[0]
    with pytest.raises(BadUserInput, match="another list"):
        turn_to(listing(set("abc"), "skills with b"), Window(after=cursor), LIMITS)


def test_a_forged_cursor_that_compares_with_nothing_is_refused() -> None:
    order = TaskOrder(TaskOrderField.VALUE, descending=False)
    rows = [Task(id="task:a", title="A", value=Decimal(1), currency="USD")]
    forged = Listing(rows, task_place(order), TASK_PLACE, "tasks")
    cursor = turn_to(forged, Window(), LIMITS).cursors[0]
    text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for number in (b"NaN", b"sNaN", b"Infinity"):
        with pytest.raises(BadUserInput, match="no cursor"):
            turn_to(forged, Window(after=encoded(text.replace(b'"1"', b'"' + number + b'"'))), LIMITS)

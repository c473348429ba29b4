"""A slip of the keyboard is found as the edit distance tells it."""

from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.extraction.typing_errors import LEAST_LETTERS, Spelling, is_one_slip

WORDS = st.text("abc", max_size=9)


def distance(left: str, right: str) -> int:
    """Damerau's distance by its recursion, with exchanged neighbours; table of all prefixes."""
    table = {(i, -1): i + 1 for i in range(-1, len(left))} | {(-1, j): j + 1 for j in range(-1, len(right))}
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            steps = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b)]
            if i and j and (left[i - 1], a) == (b, right[j - 1]):
                steps.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(steps)
    return table[len(left) - 1, len(right) - 1]


@given(WORDS, WORDS)
def test_one_slip_is_a_distance_of_one(left: str, right: str) -> None:
    assert is_one_slip(left, right) is (distance(left, right) == 1)


@given(st.sets(WORDS, max_size=12), WORDS)
def test_the_meant_word_is_the_only_known_one_at_distance_one(known: set[str], word: str) -> None:
    near = [other for other in known if len(other) >= LEAST_LETTERS and distance(word, other) == 1]
    is_judged = len(word) >= LEAST_LETTERS and word not in known
    expected = near[0] if is_judged and len(near) == 1 else word
    assert Spelling(known).meant(word) == expected


def test_short_words_and_words_of_other_scripts_are_taken_as_they_are() -> None:
    assert Spelling(["rails", "清关要报关单"]).meant("mails") == "mails"
    assert Spelling(["清关要报关单"]).meant("清关要报关卡") == "清关要报关卡"

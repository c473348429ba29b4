"""Words of a search, and the query that says nothing but them."""

import pytest

from graph_api.knowledge.search.words import any_word, every_word, text_problems, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" \t\n", ()),
        ("!!! --- “”", ()),
        ("customs  Mexico customs", ("customs", "Mexico")),
        ("KEP-1287", ("KEP-1287",)),
        ("东南亚税务，怎么报？", ("东南亚税务", "怎么报")),
        ("TikTok直播 税", ("TikTok直播", "税")),
        ("（税务）", ("税务",)),
        ("title:tax AND (a OR b)~2^3 *", ("title:tax", "AND", "(a", "OR", "b)~2^3")),
    ],
)
def test_words_stand_between_white_space_and_chinese_punctuation(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_every_character_of_a_word_stands_quoted() -> None:
    words = words_of('a" b\\ "c" OR NOT -d')
    assert words == ('a"', "b\\", '"c"', "OR", "NOT", "-d")
    assert every_word(words[:2]) == '+(title:"a\\""^3 body:"a\\"") +(title:"b\\\\"^3 body:"b\\\\")'
    assert any_word(words[2:4]) == 'title:"\\"c\\""^3 body:"\\"c\\"" title:"OR"^3 body:"OR"'


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("tax", []),
        ("t" * 21, ["TOO_LONG"]),
        ("a b c d", ["TOO_MANY"]),
        ("a\x00", ["INVALID_TEXT"]),
        ("a\ud800", ["INVALID_TEXT"]),
    ],
)
def test_texts_that_cannot_be_searched_for_are_told(text: str, codes: list[str]) -> None:
    assert [problem.code for problem in text_problems(("text",), text, 20, 3)] == codes

"""Near-duplicates among many texts are those that comparing each with each finds."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from graph_api.knowledge.duplicates import near_duplicates
from graph_api.knowledge.extraction.text import likeness, normalised, shingles

BASE = "The customs broker in Veracruz wants the certificate of origin before the ship leaves; 报关行要求先提交原产地证"
WORDS = st.lists(st.sampled_from(BASE.split()), min_size=1, max_size=30).map(" ".join)
EDITED = st.tuples(st.integers(0, len(BASE) - 1), st.sampled_from("xyz 港")).map(
    lambda edit: BASE[: edit[0]] + edit[1] + BASE[edit[0] + 1 :]
)


@given(st.lists(WORDS | EDITED | st.just(BASE), max_size=12), st.sampled_from([0.5, 0.8, 0.9]))
def test_pairs_are_those_of_comparing_each_with_each(texts: list[str], above: float) -> None:
    named = {f"knowledge:{number:02}": text for number, text in enumerate(texts)}
    sets = {one: shingles(normalised(text)) for one, text in named.items()}
    expected = [pair for pair in combinations(sorted(named), 2) if likeness(sets[pair[0]], sets[pair[1]]) > above]
    assert near_duplicates(named, above) == expected

"""How many texts of the organization have a word, and which words of a text tell it from the others."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from graph_api.knowledge.extraction.text import normalised
from graph_api.knowledge.extraction.words import words


class Frequencies(msgspec.Struct, frozen=True):
    """The texts of a corpus, and in how many of them each word is."""

    texts: int = 0
    by_word: Mapping[str, int] = {}

    def rarity(self, word: str) -> float:
        """Return ln((1 + texts) / (1 + texts with the word)) + 1, the smoothed inverse frequency of scikit-learn."""
        return math.log((1 + self.texts) / (1 + self.by_word.get(word, 0))) + 1


def frequencies(texts: Iterable[str]) -> Frequencies:
    """Count a corpus: in the organization, titles and bodies of its knowledge, or titles of its tasks."""
    counts: Counter[str] = Counter()
    number = 0
    for text in texts:
        number += 1
        counts.update(set(telling_words(text)))
    return Frequencies(number, dict(counts))


def telling_words(text: str) -> list[str]:
    """Return the words of a text that say something, in normal form, in order, each as often as it is there."""
    return [word.text for word in words(normalised(text)) if word.tells]


def terms(texts: Iterable[str], corpus: Frequencies, most: int) -> tuple[str, ...]:
    """Return the words of greatest TF-IDF (Salton and Buckley 1988), most telling first, equal ones by the alphabet."""
    counts = Counter(word for text in texts for word in telling_words(text))
    weights = {word: count * corpus.rarity(word) for word, count in counts.items()}
    return tuple(sorted(weights, key=lambda word: (-weights[word], word))[:most])

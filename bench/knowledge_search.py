"""How long a search in the texts of 100,000 knowledge items takes: through the use case, and through GraphQL.

Beside it: who knows about what is searched for, and whether near copies of an item are found.
"""

import asyncio
import os
import random
from collections.abc import Callable, Iterator, Sequence
from time import monotonic_ns
from typing import Any

from bench.organization import fresh_server, replica_on
from bench.tables import milliseconds, percentile, publish
from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.request import ApiRequest
from graph_api.api.service import ApiService
from graph_api.cli.composition import PERMISSION_DECLARED, service_on, solver_pool
from graph_api.kernel.records import Record, upsert
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy
from graph_api.knowledge.read_model import KnowledgeFilter
from graph_api.knowledge.search.port import Sought
from graph_api.knowledge.search.searching import Paging, search_page
from graph_api.organization.graphql.request import Identity
from graph_api.organization.model import Organization, Person
from graph_api.organization.paging import Window
from graph_api.permission.service import open_permissions

ITEMS = 100_000
QUERIES = 1000
THROUGH_GRAPHQL = 300
PEOPLE = 2000
DRAFT_SHARE = 0.02
COPIES = 200
CHANGED_SHARE = 0.05
SEED = 7
SYLLABLES = ("ba", "ko", "ti", "ra", "mu", "len", "sor", "vi", "pet", "gan", "du", "che", "wol", "ix", "and", "per")
WORDS_A_BODY, CHINESE_WORDS_A_BODY, WORDS_A_TITLE = 90, 40, 5
SEARCH = """query($text: String!) { knowledge(filter: {text: $text}, first: 20) {
    totalCount edges { score highlights node { id title } } } }"""


WHO_KNOWS = "query($text: String!) { whoKnows(text: $text) { totalHolders holders { weight person { id } } } }"
ALIKE = "query($id: ID!) { possibleDuplicates(knowledgeId: $id) { likeness knowledge { id } } }"


class Language:
    """Made-up words, English and Chinese; the n-th is used about 1/n times as often as the first."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        english = sorted({"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(40_000)})
        signs = [chr(0x4E00 + place) for place in chance.sample(range(6000), 2500)]
        chinese = sorted({"".join(chance.choices(signs, k=chance.randint(2, 4))) for _ in range(15_000)})
        self.english = chance.sample(english, len(english))
        self.chinese = chance.sample(chinese, len(chinese))

    def words(self, vocabulary: Sequence[str], count: int) -> list[str]:
        return [vocabulary[int(len(vocabulary) ** self._chance.random()) - 1] for _ in range(count)]

    def title(self) -> str:
        return " ".join([*self.words(self.english, WORDS_A_TITLE), *self.words(self.chinese, 1)])

    def body(self) -> str:
        english = " ".join(self.words(self.english, WORDS_A_BODY))
        return f"{english}. {''.join(self.words(self.chinese, CHINESE_WORDS_A_BODY))}"

    def some(self, vocabulary: Sequence[str]) -> str:
        """Return a word by rank, each decade of ranks as likely as another: common and rare ones alike."""
        return self.words(vocabulary, 1)[0]


def records(language: Language, chance: random.Random) -> Iterator[Record]:
    yield Organization(id="organization:main", name="Bench", synthetic=True)
    yield from (Person(id=f"person:{number}", name=f"Person {number}") for number in range(PEOPLE))
    for number in range(ITEMS):
        state = KnowledgeState.DRAFT if chance.random() < DRAFT_SHARE else KnowledgeState.CONFIRMED
        item = Knowledge(id=f"knowledge:{number}", title=language.title(), body=language.body(), state=state)
        yield item
        yield RecordedBy(source=item.id, target=f"person:{chance.randrange(PEOPLE)}")
        if number < COPIES:
            yield Knowledge(
                id=f"knowledge:copy{number}", title=language.title(), body=copied(item.body, language, chance)
            )


def copied(body: str, language: Language, chance: random.Random) -> str:
    """Return a text of which every word may have become another."""
    words = body.split(" ")
    return " ".join(language.some(language.english) if chance.random() < CHANGED_SHARE else word for word in words)


def texts(language: Language) -> dict[str, Callable[[], str]]:
    english, chinese = language.english, language.chinese
    return {
        "one English word": lambda: language.some(english),
        "two English words": lambda: f"{language.some(english)} {language.some(english)}",
        "one Chinese word": lambda: language.some(chinese),
        "one Chinese character": lambda: language.some(chinese)[0],
        "English and Chinese": lambda: f"{language.some(english)} {language.some(chinese)}",
    }


async def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = monotonic_ns()
    done = await work()
    return (monotonic_ns() - began) / 1e9, done


async def through_use_case(service: ApiService, identity: Identity, text: str) -> int:
    request: ApiRequest = service.request(identity)
    sought = Sought((*text.split(),))
    paging = Paging(Window(first=20), request.page_limits, text)
    page = await search_page(request.texts, request, sought, KnowledgeFilter(text=text), request.search_limits, paging)
    return page.total


async def through_graphql(service: ApiService, identity: Identity, text: str) -> int:
    body = (await answer(service, Question(SEARCH, {"text": text}), identity)).body
    assert "errors" not in body, body
    return body["data"]["knowledge"]["totalCount"]


async def row(name: str, ask: Callable[[str], Any], make: Callable[[], str], count: int) -> list[object]:
    taken: list[float] = []
    found: list[int] = []
    for _ in range(count):
        text = make()
        seconds, total = await timed(lambda text=text: ask(text))
        taken.append(seconds)
        found.append(total)
    figures = [milliseconds(percentile(taken, share)) for share in (0.5, 0.99)]
    return [name, count, percentile(found, 0.5), max(found), *figures, milliseconds(max(taken))]


async def rows_of(service: ApiService, language: Language) -> list[list[object]]:
    makes = texts(language)
    member, author = Identity("person:1", person_id="person:1"), Identity("integration:none")
    rows: list[list[object]] = []
    for name, make in makes.items():
        await row("warm", lambda text: through_use_case(service, LOCAL_ADMINISTRATOR, text), make, 50)
        rows.append(
            await row(
                name, lambda text: through_use_case(service, LOCAL_ADMINISTRATOR, text), make, QUERIES // len(makes)
            )
        )
    mixed = list(makes.values())
    chance = random.Random(SEED)
    for name, identity, count in (
        ("mixed, GraphQL, sees everything", LOCAL_ADMINISTRATOR, THROUGH_GRAPHQL),
        ("mixed, GraphQL, a member: all but 2 %", member, THROUGH_GRAPHQL // 3),
        ("mixed, GraphQL, sees nothing of all hits", author, THROUGH_GRAPHQL // 3),
    ):
        rows.append(
            await row(
                name,
                lambda text, who=identity: through_graphql(service, who, text),
                lambda: chance.choice(mixed)(),
                count,
            )
        )
    makes_one = texts(language)["two English words"]
    rows.append(
        await row(
            "who knows, GraphQL",
            lambda text: known(service, LOCAL_ADMINISTRATOR, text),
            makes_one,
            THROUGH_GRAPHQL // 3,
        )
    )
    rows.append(await alike(service))
    return rows


async def known(service: ApiService, identity: Identity, text: str) -> int:
    body = (await answer(service, Question(WHO_KNOWS, {"text": text}), identity)).body
    assert "errors" not in body, body
    return body["data"]["whoKnows"]["totalHolders"]


async def alike(service: ApiService) -> list[object]:
    """Return how many of the near copies are found from the item, and how long it takes."""
    taken: list[float] = []
    found = 0
    for number in range(COPIES):
        question = Question(ALIKE, {"id": f"knowledge:{number}"})
        seconds, told = await timed(lambda question=question: answer(service, question, LOCAL_ADMINISTRATOR))
        taken.append(seconds)
        near = told.body["data"]["possibleDuplicates"] or ()  # drafts are nobody's to compare
        found += any(one["knowledge"]["id"] == f"knowledge:copy{number}" for one in near)
    figures = [milliseconds(percentile(taken, share)) for share in (0.5, 0.99)]
    return [f"near copies, GraphQL: {found} of {COPIES} found", COPIES, "", "", *figures, milliseconds(max(taken))]


async def main() -> None:
    chance = random.Random(SEED)
    language = Language(chance)
    async with fresh_server() as (settings, address), replica_on(settings, address) as replica:
        changes = [upsert(record) for record in records(language, chance)]
        await replica.import_changes("bench", changes, actor="bench", progress=lambda count: None)
        async with (
            open_permissions(replica, PERMISSION_DECLARED, settings) as permissions,
            solver_pool(settings) as pool,
        ):
            rows = await rows_of(service_on(replica, permissions, pool, settings), language)
    publish(
        "knowledge search",
        ["what is searched for", "searches", "found p50", "found max", "p50 ms", "p99 ms", "max ms"],
        rows,
        f"{ITEMS:,} items of some {WORDS_A_BODY} English and {CHINESE_WORDS_A_BODY} Chinese words; the n-th word is "
        "used and searched for 1/n times as often as the first. "
        "Pages of 20, at most 500 found. Of a near copy 5 % of the English words are others. Bar: p99 <= 50 ms. "
        f"Load average at the end: {os.getloadavg()[1]:.1f}.",
    )


if __name__ == "__main__":
    asyncio.run(main())

"""Questions that come with the real data sets, asked through GraphQL as a client would: page by page, by cursor."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

from graph_api.api.service import ApiService
from graph_api.kernel.ids import natural_key
from tests.api.organization import data
from tests.support.truths import Ranking, ranking

Question = Callable[[ApiService], Awaitable[Any]]
TASKS: Final = """query($after: String, $order: TaskOrder) { tasks(first: 200, after: $after, orderBy: $order) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id openedAt closedAt regulations value { amount currency } customer { name } } } } }"""
SKILLS: Final = """query($after: String) { skills(first: 20, after: $after) { totalCount
    pageInfo { hasNextPage endCursor } edges { node { name kind holders(first: 1) { totalCount } } } } }"""
USES: Final = "uses(first: 200) { totalCount edges { node { task { id } } } }"
DOCUMENTS: Final = f"""query($after: String) {{ knowledge(first: 20, after: $after) {{ totalCount
    pageInfo {{ hasNextPage endCursor }} edges {{ node {{ id {USES} }} }} }} }}"""
DOCUMENT: Final = f'{{ node(id: "knowledge:doc%3AKEP-1287") {{ ... on Knowledge {{ {USES} }} }} }}'
COUNTS: Final = "{ organization { counts { people skills units tasks customers swarms } } }"
BY_OPENING: Final = {"order": {"field": "OPENED_AT", "direction": "ASC"}}
PREFIXES: Final = {"KEP-": "KEP", "PR-": "PR", "RT-": "RELEASE-SUBTEAM"}


async def walk(service: ApiService, query: str, field: str, **variables: Any) -> AsyncIterator[Any]:
    """Yield the nodes of a connection page by page, and see that there are as many as it says."""
    found, after = 0, None
    while True:
        page = (await data(service, query, variables | {"after": after}))[field]
        for edge in page["edges"]:
            found += 1
            yield edge["node"]
        if not page["pageInfo"]["hasNextPage"]:
            assert found == page["totalCount"]
            return
        after = page["pageInfo"]["endCursor"]


async def counts(service: ApiService) -> Mapping[str, int]:
    """Return how many entities of each kind the organization says it has."""
    return (await data(service, COUNTS))["organization"]["counts"]


def days(task: Any) -> int | None:
    """Return the days from a task's opening to its end; None where one is unknown."""
    if task["openedAt"] is None or task["closedAt"] is None:
        return None
    opened, closed = (date.fromisoformat(task[name][:10]) for name in ("openedAt", "closedAt"))
    return (closed - opened).days


async def most_used_documents(service: ApiService) -> Ranking:
    """Count the tasks for which each document was used; a task's use is one of each of its authors."""
    documents = [document async for document in walk(service, DOCUMENTS, "knowledge")]
    return ranking({natural_key(document["id"]): len(tasks_of(document)) for document in documents}, 1)


async def users_of_document(service: ApiService) -> list[str]:
    return sorted(map(natural_key, tasks_of((await data(service, DOCUMENT))["node"])))


def tasks_of(document: Any) -> set[str]:
    uses = document["uses"]
    assert uses["totalCount"] == len(uses["edges"])
    return {edge["node"]["task"]["id"] for edge in uses["edges"] if edge["node"]["task"] is not None}


async def crossed_gates(service: ApiService) -> dict[str, int]:
    tasks = [natural_key(task["id"]) async for task in walk(service, TASKS, "tasks") if len(task["regulations"]) > 1]
    return dict(Counter(kind for task in tasks for prefix, kind in PREFIXES.items() if task.startswith(prefix)))


async def longest_enhancements(service: ApiService) -> Ranking:
    tasks = {natural_key(task["id"]): days(task) async for task in walk(service, TASKS, "tasks")}
    return ranking({task: long for task, long in tasks.items() if long is not None and task.startswith("KEP-")}, 0)


async def best_customers(service: ApiService) -> Ranking:
    hosts = Counter([task["customer"]["name"] async for task in walk(service, TASKS, "tasks") if task["customer"]])
    return ranking(hosts, 0)


async def by_year(service: ApiService) -> dict[str, int]:
    opened = [task["openedAt"] async for task in walk(service, TASKS, "tasks", **BY_OPENING)]
    assert opened == sorted(opened)
    return dict(Counter(at[:4] for at in opened))


async def badge_holders(service: ApiService) -> dict[str, int]:
    skills = [skill async for skill in walk(service, SKILLS, "skills")]
    return {skill["name"]: skill["holders"]["totalCount"] for skill in skills if skill["kind"] == "badge"}


async def awarded_in_2019(service: ApiService) -> int:
    tasks = [task async for task in walk(service, TASKS, "tasks", **BY_OPENING)]
    began = [task["value"] for task in tasks if task["openedAt"] and task["openedAt"].startswith("2019")]
    assert {value["currency"] for value in began} == {"USD"}
    return round(sum(float(value["amount"]) for value in began))


async def value_density(service: ApiService) -> Ranking:
    tasks = [task async for task in walk(service, TASKS, "tasks") if task["value"]]
    return ranking(
        {
            natural_key(task["id"]): round(float(task["value"]["amount"]) / long, 2)
            for task in tasks
            if (long := days(task)) is not None and long > 0
        },
        0,
    )


QUESTIONS: Final[Mapping[str, Mapping[str, Question]]] = {
    "kubernetes": {
        "crossed-gates": crossed_gates,
        "longest-keps": longest_enhancements,
        "most-used-knowledge": most_used_documents,
        "users-of-KEP-1287": users_of_document,
    },
    "carpentries": {"top-customers": best_customers, "years": by_year, "badges": badge_holders},
    "nsf": {"value-2019": awarded_in_2019, "value-density": value_density},
}
"""By data set, what is asked of the service after its import."""

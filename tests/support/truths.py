"""Questions that come with the real data sets, answered from the graph alone: one function a question."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import networkx as nx

from graph_api.kernel.graph import GraphView
from graph_api.kernel.ids import entity_id, natural_key
from graph_api.knowledge.model import From, Knowledge, Used
from graph_api.organization.model import Customer, For, HasSkill, Person, Requires, Skill, Task, TiedTo, WorkedOn

Question = Callable[[GraphView], Any]


class Ranking(NamedTuple):
    """All that was counted, the most first; `amount` is where a row holds what it is ranked by."""

    rows: list[list[Any]]
    amount: int


def ranking(amounts: Mapping[str, float], amount: int) -> Ranking:
    """Rank names by their amounts; rows are (amount, name) or (name, amount)."""
    best = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Ranking([[name, value] if amount else [value, name] for name, value in best], amount)


def agrees(answer: Any, truth: Any) -> bool:
    """Say whether an answer is the true one; of those that are level at the cut of a ranking any may be named."""
    if isinstance(answer, Ranking):
        first = [row[answer.amount] for row in answer.rows[: len(truth)]]
        return first == [row[answer.amount] for row in truth] and all(row in answer.rows for row in truth)
    if isinstance(answer, tuple):
        parts = zip(cast("tuple[Any, ...]", answer), truth, strict=True)
        return all(agrees(part, true) for part, true in parts)
    return answer == truth


def by_role(view: GraphView, task: str) -> dict[str, list[str]]:
    """Return the natural ids of those who worked on a task, sorted, by role."""
    roles: dict[str, list[str]] = defaultdict(list)
    for work in view.incoming(WorkedOn, entity_id("task", task)):
        roles[work.role].append(natural_key(work.source))
    return {role: sorted(people) for role, people in roles.items()}


def team(view: GraphView, task: Task) -> set[str]:
    """Return the ids of all who worked on a task."""
    return {work.source for work in view.incoming(WorkedOn, task.id)}


def tasks_of(view: GraphView, kind: str) -> Iterator[Task]:
    """Yield the tasks of a kind."""
    return (task for task in view.nodes(Task) if task.kind == kind)


def sizes(teams: Iterable[set[str]], most: int) -> dict[str, int]:
    """Count teams by their number of people, from 1 to a bound."""
    counts = Counter(map(len, teams))
    return {str(size): counts[size] for size in range(1, most + 1) if counts[size]}


def together(teams: Iterable[set[str]]) -> "nx.Graph[str]":
    """Return the graph that joins people who share a team."""
    graph: nx.Graph[str] = nx.Graph()
    for members in teams:
        first = min(members, default=None)
        graph.add_nodes_from(members)
        graph.add_edges_from((first, other) for other in members if first is not None and other != first)
    return graph


def components(teams: Iterable[set[str]]) -> list[int]:
    """Return the people, the connected components and the size of the largest."""
    graph = together(teams)
    parts = list(nx.connected_components(graph))
    return [len(graph), len(parts), max(map(len, parts))]


def approvers(task: str) -> Question:
    return lambda view: by_role(view, task)["approver"]


def readiness_approvers(view: GraphView) -> dict[str, list[str]]:
    roles = by_role(view, "KEP-1287")
    return {role.removeprefix("prr-approver-"): people for role, people in roles.items() if role.startswith("prr-")}


def release_team(view: GraphView) -> dict[str, list[str]]:
    return by_role(view, "RT-1.30-enhancements")


def release_team_sizes(view: GraphView) -> dict[str, int]:
    return sizes((team(view, task) for task in tasks_of(view, "RELEASE-SUBTEAM")), 99)


def _release(task: Task) -> tuple[int, ...]:
    return tuple(map(int, (task.release or "0").split(".")))


def handed_over(view: GraphView) -> list[int]:
    """Count lead places, and those filled by a shadow in the same role (skill) of an earlier release."""
    shadows: dict[tuple[str, str], list[tuple[int, ...]]] = defaultdict(list)
    leads: list[tuple[str, str, tuple[int, ...]]] = []
    for task in tasks_of(view, "RELEASE-SUBTEAM"):
        role = task.id.rpartition(f"{task.release}-")[2]
        for work in view.incoming(WorkedOn, task.id):
            if work.role == "shadow":
                shadows[work.source, role].append(_release(task))
            elif work.role == "lead":
                leads.append((work.source, role, _release(task)))
    grown = sum(any(before < release for before in shadows[person, role]) for person, role, release in leads)
    return [grown, len(leads)]


def _citing_tasks(view: GraphView, item: str) -> set[str]:
    return {use.task for use in view.incoming(Used, item) if use.task}


def most_used_documents(view: GraphView) -> Ranking:
    return ranking({natural_key(item.id): len(_citing_tasks(view, item.id)) for item in view.nodes(Knowledge)}, 1)


def users_of_document(view: GraphView) -> list[str]:
    return sorted(map(natural_key, _citing_tasks(view, "knowledge:doc%3AKEP-1287")))


def crossed_gates(view: GraphView) -> dict[str, int]:
    return dict(Counter(str(task.kind) for task in view.nodes(Task) if len(task.regulations) > 1))


def _days(task: Task) -> int:
    assert task.opened_at is not None
    assert task.closed_at is not None
    return (task.closed_at.date() - task.opened_at.date()).days


def longest_enhancements(view: GraphView) -> Ranking:
    closed = (task for task in tasks_of(view, "KEP") if task.opened_at is not None and task.closed_at is not None)
    return ranking({natural_key(task.id): _days(task) for task in closed}, 0)


def enhancement_components(view: GraphView) -> list[int]:
    return components(team(view, task) for task in tasks_of(view, "KEP"))


def demand_by_group(view: GraphView) -> Ranking:
    wanted: Counter[str] = Counter()
    for task in tasks_of(view, "PR"):
        if task.release == "1.36":
            wanted.update(need.target for need in view.outgoing(Requires, task.id))
    return ranking({natural_key(skill.id): wanted[skill.id] for skill in view.nodes(Skill) if skill.kind == "sig"}, 1)


def lonely_areas(view: GraphView) -> dict[str, str]:
    """Return the areas whose tasks of the last four releases have one author altogether."""
    authors: dict[str, set[str]] = defaultdict(set)
    for task in view.nodes(Task):
        if task.release in ("1.34", "1.35", "1.36", "1.37"):
            people = {work.source for work in view.incoming(WorkedOn, task.id) if work.role == "author"}
            for need in view.outgoing(Requires, task.id):
                authors[need.target] |= people
    return {
        natural_key(area.id): natural_key(next(iter(authors[area.id])))
        for area in view.nodes(Skill)
        if area.kind == "area" and len(authors[area.id]) == 1
    }


def sole_authors(view: GraphView) -> Ranking:
    counts: Counter[str] = Counter()
    for item in view.nodes(Knowledge):
        for source in view.outgoing(From, item.id):
            people = {work.source for work in view.incoming(WorkedOn, source.target) if work.role == "author"}
            if len(people) == 1:
                counts.update(people)
    return ranking({natural_key(person): count for person, count in counts.items()}, 1)


KUBERNETES: Final[dict[str, Question]] = {
    "approvers-KEP-1287": approvers("KEP-1287"),
    "approvers-KEP-3063": approvers("KEP-3063"),
    "approvers-KEP-1440": approvers("KEP-1440"),
    "prr-KEP-1287": readiness_approvers,
    "swarm-RT-1.30-enhancements": release_team,
    "swarm-sizes": release_team_sizes,
    "knowledge-handover": handed_over,
    "most-used-knowledge": most_used_documents,
    "users-of-KEP-1287": users_of_document,
    "crossed-gates": crossed_gates,
    "longest-keps": longest_enhancements,
    "kep-components": enhancement_components,
    "demand-1.36": demand_by_group,
    "area-breaks": lonely_areas,
    "sole-author-knowledge": sole_authors,
}


def customer_of(view: GraphView, task: str) -> Customer | None:
    link = next(iter(view.outgoing(For, task)), None)
    return None if link is None else view.node(Customer, link.target)


def largest_team(view: GraphView) -> list[Any]:
    """Return the hosted workshop with the largest team, its host and the people."""
    hosted = ((task, customer_of(view, task.id)) for task in view.nodes(Task))
    teams = ((len(team(view, task)), task.id, host.name) for task, host in hosted if host is not None)
    size, task, host = max(teams)
    return [natural_key(task), host, size]


def workshop_team_sizes(view: GraphView) -> dict[str, int]:
    return sizes((team(view, task) for task in view.nodes(Task)), 8)


def _cities(view: GraphView, people: Iterable[str]) -> int:
    found = (view.node(Person, person) for person in people)
    return len({person.city for person in found if person is not None and person.city is not None})


def teams_across_cities(view: GraphView) -> list[int]:
    cities = [_cities(view, team(view, task)) for task in view.nodes(Task)]
    return [sum(count >= 2 for count in cities), sum(count >= 3 for count in cities)]


def teams_of_five_across_cities(view: GraphView) -> int:
    teams = (team(view, task) for task in view.nodes(Task))
    return sum(len(members) == 5 and _cities(view, members) >= 2 for members in teams)


def best_customers(view: GraphView) -> Ranking:
    return ranking({found.name: sum(1 for _ in view.incoming(For, found.id)) for found in view.nodes(Customer)}, 0)


def workshops_by_year(view: GraphView) -> dict[str, int]:
    opened = (task.opened_at for task in view.nodes(Task))
    return dict(sorted(Counter(str(at.year) for at in opened if at is not None).items()))


def served_by_one_instructor(view: GraphView) -> tuple[int, Ranking]:
    instructors: dict[str, set[str]] = defaultdict(set)
    for task in view.nodes(Task):
        people = {work.source for work in view.incoming(WorkedOn, task.id) if work.role == "instructor"}
        for link in view.outgoing(For, task.id):
            instructors[link.target] |= people
    alone = Counter(natural_key(next(iter(people))) for people in instructors.values() if len(people) == 1)
    return alone.total(), ranking(alone, 1)


def badge_holders(view: GraphView) -> dict[str, int]:
    badges = (skill for skill in view.nodes(Skill) if skill.kind == "badge")
    return {badge.name: sum(1 for _ in view.incoming(HasSkill, badge.id)) for badge in badges}


def workshop_components(view: GraphView) -> list[int]:
    return components(team(view, task) for task in view.nodes(Task))


CARPENTRIES: Final[dict[str, Question]] = {
    "largest-team": largest_team,
    "team-sizes": workshop_team_sizes,
    "cross-city": teams_across_cities,
    "cross-city-5": teams_of_five_across_cities,
    "top-customers": best_customers,
    "years": workshops_by_year,
    "single-instructor-customers": served_by_one_instructor,
    "badges": badge_holders,
    "components": workshop_components,
}


def awarded_in_2019(view: GraphView) -> int:
    return round(sum(task.value or 0 for task in view.nodes(Task) if _year(task.opened_at) == 2019))


def _year(at: datetime | None) -> int | None:
    return None if at is None else at.year


def _investigators(view: GraphView, task: Task) -> set[str]:
    return {work.source for work in view.incoming(WorkedOn, task.id) if work.role in ("pi", "co-pi")}


def awards_of_five(view: GraphView) -> list[int]:
    awards = [task for task in view.nodes(Task) if len(_investigators(view, task)) == 5]
    return [len(awards), round(sum(task.value or 0 for task in awards))]


def value_density(view: GraphView) -> Ranking:
    dense = {
        natural_key(task.id): round(float(task.value) / _days(task), 2)
        for task in view.nodes(Task)
        if task.value is not None and task.opened_at is not None and task.closed_at is not None and _days(task) > 0
    }
    return ranking(dense, 0)


def dispatchers(view: GraphView) -> Ranking:
    values = {
        natural_key(person.id): round(sum(_value(view, work.target) for work in works))
        for person in view.nodes(Person)
        if (works := [work for work in view.outgoing(WorkedOn, person.id) if work.role == "program-manager"])
    }
    return ranking(values, 1)


def _value(view: GraphView, task_id: str) -> float:
    task = view.node(Task, task_id)
    return float(task.value or 0) if task is not None else 0.0


NSF: Final[dict[str, Question]] = {
    "value-2019": awarded_in_2019,
    "five-person": awards_of_five,
    "value-density": value_density,
    "dispatchers": dispatchers,
}


def spreaders(view: GraphView) -> Ranking:
    counts: Counter[str] = Counter()
    for customer in view.nodes(Customer):
        for tie in view.outgoing(TiedTo, customer.id):
            other = view.node(Customer, tie.target)
            before = customer.adoption_period
            later = None if other is None else other.adoption_period
            if before is not None and later is not None and before < later:
                counts[natural_key(customer.id)] += 1
    return ranking(counts, 1)


def adopters_by_period(view: GraphView) -> list[int]:
    periods = Counter(customer.adoption_period for customer in view.nodes(Customer))
    last = max(period for period in periods if period is not None)
    return [sum(periods[period] for period in range(1, end + 1)) for end in range(1, last + 1)]


DIFFUSION: Final[dict[str, Question]] = {
    "spreaders-medInnovations": spreaders,
    "adoption-medInnovations": adopters_by_period,
}

QUESTIONS: Final = {"kubernetes": KUBERNETES, "carpentries": CARPENTRIES, "nsf": NSF, "diffusion": DIFFUSION}
"""By data set, the questions that the imported graph can answer."""

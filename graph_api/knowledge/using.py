"""That somebody used an item, and that an item cites another: pure decisions on the exact state."""

from collections.abc import Iterator
from typing import Final

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import upsert
from graph_api.knowledge.model import Cites, Knowledge, KnowledgeState, Merged, Used
from graph_api.organization.checks import References
from graph_api.organization.model import Person, Task

DECLARED: Final = "declared"


class UseKnowledge(Command, frozen=True, kw_only=True):
    """Note that the actor used an item, for a task where one is named."""

    knowledge_id: str
    task_id: str | None = None


class CiteKnowledge(Command, frozen=True, kw_only=True):
    """Note that an item cites another."""

    knowledge_id: str
    cited_id: str


class UseNoted(msgspec.Struct, frozen=True, tag=True):
    """The use is on record."""

    knowledge_id: str
    task_id: str | None


class CitationNoted(msgspec.Struct, frozen=True, tag=True):
    """The citation is on record."""

    knowledge_id: str
    cited_id: str


def unknown(path: tuple[str, ...], entity: str) -> Problem:
    """Return the problem of an id that nobody has, or that whoever asks may not know of."""
    return Problem(path, "UNKNOWN_REFERENCE", f"There is no {entity!r}.")


def item_problems(view: GraphView, path: tuple[str, ...], knowledge_id: str) -> Iterator[Problem]:
    """Yield a problem where an item is not there, is a draft, which counts as not there, or is retired."""
    item = view.node(Knowledge, knowledge_id)
    if item is None or item.state is KnowledgeState.DRAFT:
        yield unknown(path, knowledge_id)
    elif item.state is KnowledgeState.RETIRED:
        kept = next((f"Take {link.target}." for link in view.outgoing(Merged, knowledge_id)), None)
        yield Problem(path, "CONTRADICTION", f"{knowledge_id!r} is retired.", kept)


def decide_use_knowledge(view: GraphView, command: UseKnowledge, context: Context) -> Decision:
    """Note a use at the instant of the commit; one that is on record stays as it is."""
    if problems := [*_use_problems(view, command, context)]:
        return Refused(rejected(problems))
    task = command.task_id or ""
    use = Used(source=context.actor, target=command.knowledge_id, task=task, at=context.at, basis=DECLARED)
    is_new = view.link(Used, use.source, use.target, task) is None
    return Accepted((upsert(use),) if is_new else (), UseNoted(command.knowledge_id, command.task_id))


def _use_problems(view: GraphView, command: UseKnowledge, context: Context) -> Iterator[Problem]:
    if view.node(Person, context.actor) is None:
        message = f"Only people use knowledge, and {context.actor} is none."
        yield Problem((), "CONTRADICTION", message, "Ask with the token of a person.")
    yield from item_problems(view, ("knowledgeId",), command.knowledge_id)
    if command.task_id is not None:
        yield from References(view).check(("taskId",), Task, command.task_id)


def decide_cite_knowledge(view: GraphView, command: CiteKnowledge, context: Context) -> Decision:
    """Note a citation at the instant of the commit; one that is on record stays as it is."""
    problems = [
        *item_problems(view, ("knowledgeId",), command.knowledge_id),
        *item_problems(view, ("citedId",), command.cited_id),
    ]
    if command.knowledge_id == command.cited_id:
        problems.append(Problem(("citedId",), "CONTRADICTION", "An item does not cite itself."))
    if problems:
        return Refused(rejected(problems))
    citation = Cites(source=command.knowledge_id, target=command.cited_id, at=context.at, basis=DECLARED)
    is_new = view.link(Cites, citation.source, citation.target) is None
    outcome = CitationNoted(command.knowledge_id, command.cited_id)
    return Accepted((upsert(citation),) if is_new else (), outcome)


USE_KNOWLEDGE: Final = Operation("useKnowledge", UseKnowledge, decide_use_knowledge, UseNoted)
CITE_KNOWLEDGE: Final = Operation("citeKnowledge", CiteKnowledge, decide_cite_knowledge, CitationNoted)

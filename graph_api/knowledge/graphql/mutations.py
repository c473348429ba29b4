"""What can be noted of knowledge items: uses, citations, and that some repeat another."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import strawberry

from graph_api.kernel.commands import InputRejected as Rejection
from graph_api.kernel.commands import Refused
from graph_api.kernel.commands import rejected as rejection
from graph_api.knowledge import merging, model, using
from graph_api.knowledge.graphql.types import Knowledge, knowledge_by_id
from graph_api.organization.graphql.common import InputRejected, given, rejected
from graph_api.organization.graphql.mutations import KEY, rejected_input, submit
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Task, show_task
from graph_api.organization.model import Task as TaskNode


@strawberry.input(description="That the viewer used an item.")
class UseKnowledgeInput:
    """A use."""

    knowledge_id: strawberry.ID = strawberry.field(description="What was used; it is CONFIRMED.")
    task_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="For which task; left out: for none in particular."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.input(description="That an item cites another.")
class CiteKnowledgeInput:
    """A citation."""

    knowledge_id: strawberry.ID = strawberry.field(description="The item that cites; it is CONFIRMED.")
    cited_id: strawberry.ID = strawberry.field(description="The item that it cites; it is CONFIRMED.")
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.input(description="Items that say what another one says.")
class MergeKnowledgeInput:
    """Duplicates."""

    keep_id: strawberry.ID = strawberry.field(description="The item that stands for all; it is CONFIRMED.")
    duplicate_ids: list[strawberry.ID] = strawberry.field(
        description="Those that repeat it, at most 100, all CONFIRMED; they become RETIRED."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.type(description="The use is on record; noting it again changes nothing.")
class KnowledgeUsed:
    """A use on record."""

    knowledge: Knowledge = strawberry.field(description="What was used.")
    task: Task | None = strawberry.field(description="For which task, where one was named.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(description="The citation is on record; noting it again changes nothing.")
class KnowledgeCited:
    """A citation on record."""

    knowledge: Knowledge = strawberry.field(description="The item that cites.")
    cited: Knowledge = strawberry.field(description="The item that it cites.")
    revision: Revision = strawberry.field(description="The state that shows it.")


@strawberry.type(
    description="The duplicates are RETIRED. Their uses and citations stay theirs, and show through on the kept item."
)
class KnowledgeMerged:
    """Merged items."""

    knowledge: Knowledge = strawberry.field(description="The item that stands for all.")
    duplicates: list[Knowledge] = strawberry.field(description="Those that repeat it, as they were named.")
    revision: Revision = strawberry.field(description="The state that shows it.")


UseKnowledgeOutcome: TypeAlias = Annotated[
    KnowledgeUsed | InputRejected, strawberry.union("UseKnowledgeOutcome", description="What became of noting a use.")
]
CiteKnowledgeOutcome: TypeAlias = Annotated[
    KnowledgeCited | InputRejected,
    strawberry.union("CiteKnowledgeOutcome", description="What became of noting a citation."),
]
MergeKnowledgeOutcome: TypeAlias = Annotated[
    KnowledgeMerged | InputRejected, strawberry.union("MergeKnowledgeOutcome", description="What became of merging.")
]


@strawberry.type
class KnowledgeMutation:
    """What can be noted of knowledge items."""

    @strawberry.mutation(
        description="Note that the viewer, who is a person, used an item that he sees, for a task that he sees."
    )
    async def use_knowledge(
        self, info: Info, input: Annotated[UseKnowledgeInput, strawberry.argument(description="The use.")]
    ) -> UseKnowledgeOutcome | None:
        """Note a use."""
        task = given(input.task_id)
        if hidden := _hidden(info, {("knowledgeId",): input.knowledge_id}, {("taskId",): task} if task else {}):
            return rejected(info.context, hidden)
        command = using.UseKnowledge(knowledge_id=input.knowledge_id, task_id=task)
        answer = await submit(info, using.USE_KNOWLEDGE, command, input.idempotency_key, using.UseNoted)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        found = info.context.graph.node(TaskNode, task) if task else None
        return KnowledgeUsed(
            knowledge=_shown(info, input.knowledge_id), task=found and show_task(found), revision=answer[1]
        )

    @strawberry.mutation(description="Note that an item cites another; the viewer sees both.")
    async def cite_knowledge(
        self, info: Info, input: Annotated[CiteKnowledgeInput, strawberry.argument(description="The citation.")]
    ) -> CiteKnowledgeOutcome | None:
        """Note a citation."""
        if hidden := _hidden(info, {("knowledgeId",): input.knowledge_id, ("citedId",): input.cited_id}):
            return rejected(info.context, hidden)
        command = using.CiteKnowledge(knowledge_id=input.knowledge_id, cited_id=input.cited_id)
        answer = await submit(info, using.CITE_KNOWLEDGE, command, input.idempotency_key, using.CitationNoted)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        return KnowledgeCited(
            knowledge=_shown(info, input.knowledge_id), cited=_shown(info, input.cited_id), revision=answer[1]
        )

    @strawberry.mutation(description="Retire items that repeat another; the viewer may save all of them.")
    async def merge_knowledge(
        self, info: Info, input: Annotated[MergeKnowledgeInput, strawberry.argument(description="The items.")]
    ) -> MergeKnowledgeOutcome | None:
        """Merge items."""
        ids = tuple(map(str, input.duplicate_ids))
        if len(ids) <= merging.MERGED_AT_ONCE_MAX:
            named = {("duplicateIds", str(number)): one for number, one in enumerate(ids)}
            if hidden := _hidden(info, {("keepId",): input.keep_id} | named):
                return rejected(info.context, hidden)
        command = merging.MergeKnowledge(keep_id=input.keep_id, duplicate_ids=ids)
        answer = await submit(info, merging.MERGE_KNOWLEDGE, command, input.idempotency_key, merging.ItemsMerged)
        if isinstance(answer, Refused):
            return rejected_input(info, answer)
        info.context.count_rows(len(ids))
        duplicates = [_shown(info, one) for one in ids]
        return KnowledgeMerged(knowledge=_shown(info, input.keep_id), duplicates=duplicates, revision=answer[1])


Named: TypeAlias = Mapping[tuple[str, ...], str]
"""Ids by where in the input they stand."""
_NONE: Final[Named] = MappingProxyType({})


def _hidden(info: Info, items: Named, tasks: Named = _NONE) -> Rejection | None:
    """Return the refusal of what the viewer does not see, which says no more than that of what is not there."""
    graph = info.context.graph
    lacking = [(path, one) for path, one in items.items() if graph.node(model.Knowledge, one) is None]
    lacking += [(path, one) for path, one in tasks.items() if graph.node(TaskNode, one) is None]
    return rejection([using.unknown(path, one) for path, one in lacking]) if lacking else None


def _shown(info: Info, knowledge_id: str) -> Knowledge:
    found = knowledge_by_id(info.context.graph, knowledge_id)
    if found is None:
        raise info.context.not_shown(f"What was asked of {knowledge_id} is done")
    return found

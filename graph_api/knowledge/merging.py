"""Items that say the same become one: a pure decision on the exact state, and what stands for what."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.knowledge.model import Knowledge, KnowledgeState, Merged
from graph_api.knowledge.using import unknown
from graph_api.organization.checks import check_distinct

MERGED_AT_ONCE_MAX: Final = 100


class MergeKnowledge(Command, frozen=True, kw_only=True):
    """Retire items that repeat another, which stands for them from now on."""

    keep_id: str
    duplicate_ids: tuple[str, ...]


class ItemsMerged(msgspec.Struct, frozen=True, tag=True):
    """The duplicates are retired, and their history shows through on the item that is kept."""

    keep_id: str
    duplicate_ids: tuple[str, ...]


def decide_merge_knowledge(view: GraphView, command: MergeKnowledge, context: Context) -> Decision:
    """Retire the duplicates and join them to the item that is kept; uses and citations stay where they are."""
    if problems := [*_problems(view, command)]:
        return Refused(rejected(problems))
    changes = [change for one in command.duplicate_ids for change in _retired(view, one, command.keep_id)]
    return Accepted(tuple(changes), ItemsMerged(command.keep_id, command.duplicate_ids))


def _retired(view: GraphView, duplicate_id: str, keep_id: str) -> Iterator[AnyChange]:
    item = view.node(Knowledge, duplicate_id)
    if item is not None and not _is_merged(view, duplicate_id, keep_id):
        yield upsert(replace(item, state=KnowledgeState.RETIRED))
        yield upsert(Merged(source=duplicate_id, target=keep_id))


def _is_merged(view: GraphView, duplicate_id: str, keep_id: str) -> bool:
    return view.link(Merged, duplicate_id, keep_id) is not None


def _problems(view: GraphView, command: MergeKnowledge) -> Iterator[Problem]:
    ids = command.duplicate_ids
    if not ids:
        yield Problem(("duplicateIds",), "REQUIRED", "No duplicate is named.")
    if len(ids) > MERGED_AT_ONCE_MAX:
        yield Problem(("duplicateIds",), "TOO_MANY", f"At most {MERGED_AT_ONCE_MAX} items are merged at once.")
        return
    yield from check_distinct(("duplicateIds",), ids)
    yield from _visibility_problems(view, ("keepId",), command.keep_id)
    above = set(merged_into(view, command.keep_id))
    for number, one in enumerate(ids):
        path = ("duplicateIds", str(number))
        if one == command.keep_id or one in above:
            yield Problem(path, "CYCLE", f"{one!r} would be merged into itself.")
        elif not _is_merged(view, one, command.keep_id):
            yield from _visibility_problems(view, path, one)


def _visibility_problems(view: GraphView, path: tuple[str, ...], one: str) -> Iterator[Problem]:
    """Yield a problem where an item is not there, or is not seen by the same people as others that are confirmed."""
    item = view.node(Knowledge, one)
    if item is None:
        yield unknown(path, one)
    elif item.state is not KnowledgeState.CONFIRMED:
        message = f"{one!r} is {item.state.value}: only what is CONFIRMED, and so seen by the same people, is merged."
        yield Problem(path, "CONTRADICTION", message)


def merged_into(view: GraphView, item: str) -> list[str]:
    """Return what an item was merged into, and that into what, and so on."""
    chain: list[str] = []
    while (above := _stands_for(view, item if not chain else chain[-1])) is not None and above not in {item, *chain}:
        chain.append(above)
    return chain


def _stands_for(view: GraphView, item: str) -> str | None:
    return min((link.target for link in view.outgoing(Merged, item)), default=None)


def repeated_by(view: GraphView, item: str) -> list[str]:
    """Return an item and all that were merged into it, and into those: the item first."""
    found = {item: None}
    for one in (waiting := [item]):
        for link in sorted(view.incoming(Merged, one), key=lambda link: link.source):
            if link.source not in found:
                found[link.source] = None
                waiting.append(link.source)
    return list(found)


MERGE_KNOWLEDGE: Final = Operation("mergeKnowledge", MergeKnowledge, decide_merge_knowledge, ItemsMerged)

"""What keeping, waiving and closing change: the one place where a swarm is dissolved."""

from collections.abc import Iterator
from datetime import UTC

import msgspec

from graph_api.kernel.commands import Context
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, removal, upsert
from graph_api.knowledge.experience.owed import drafts, owing
from graph_api.knowledge.model import About, Cites, ExperienceOf, From, Knowledge, RecordedBy, Teaches
from graph_api.organization.model import Customer, For, Skill
from graph_api.swarm.life.closing import dissolved
from graph_api.swarm.model import MemberOf, Swarm, SwarmState
from graph_api.swarm.read_model import task_of


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """An item with whom and what it is linked to."""

    item: Knowledge
    author_id: str
    swarm_id: str
    skill_ids: tuple[str, ...] = ()
    customer_ids: tuple[str, ...] = ()


def linked(view: GraphView, one: Linked) -> Iterator[AnyChange]:
    """Yield an item with its links: to author, swarm, task, the task's customers, the author's roles."""
    source, task = one.item.id, task_of(view, one.swarm_id)
    booking = view.link(MemberOf, one.author_id, one.swarm_id)
    customers = {*one.customer_ids, *(link.target for link in view.outgoing(For, task.id))} if task else set[str]()
    skills = {*one.skill_ids, *(booking.roles if booking else ())}
    yield upsert(one.item)
    yield upsert(RecordedBy(source=source, target=one.author_id))
    yield upsert(ExperienceOf(source=source, target=one.swarm_id))
    if task is not None:
        yield upsert(From(source=source, target=task.id))
    for customer in sorted(each for each in customers if view.node(Customer, each) is not None):
        yield upsert(About(source=source, target=customer))
    for skill in sorted(each for each in skills if view.node(Skill, each) is not None):
        yield upsert(Teaches(source=source, target=skill))


def met(view: GraphView, swarm: Swarm, person_id: str, context: Context, *, besides: str = "") -> Iterator[AnyChange]:
    """Yield what follows once a person owes nothing more of a swarm: other drafts go, and the last one ends it."""
    for draft in drafts(view, swarm.id, person_id):
        if draft.id != besides:
            yield from removed(view, draft)
    others = [link for link in owing(view, swarm, context.at.astimezone(UTC).date()) if link.source != person_id]
    if swarm.state is SwarmState.CLOSING and not others:
        yield from dissolved(view, swarm, context)


def removed(view: GraphView, item: Knowledge) -> Iterator[AnyChange]:
    """Yield what removes a draft with its links; nobody can have used it."""
    for kind in (RecordedBy, ExperienceOf, From, About, Teaches, Cites):
        yield from (removal(link) for link in sorted(view.outgoing(kind, item.id), key=lambda link: link.key))
    yield removal(item)

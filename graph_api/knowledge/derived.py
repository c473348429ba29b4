"""What knowledge derives: whose it is, where it comes from, and whether everybody may read it."""

from collections.abc import Iterable
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.model import From, Knowledge, KnowledgeState, RecordedBy
from graph_api.organization.model import ORGANIZATION_ID, Person
from graph_api.permission.derivation import Derived, DerivedRule, End, derived, derived_during, shapes
from graph_api.permission.derived import last_day_of, of_the_organization


def _publication(view: GraphView, item: Knowledge) -> Iterable[Derived]:
    return (derived(ORGANIZATION_ID, "published", item.id),) if item.state is KnowledgeState.CONFIRMED else ()


def _origin(view: GraphView, link: From) -> Iterable[Derived]:
    return (derived(link.target, "task", link.source),)


def _authorship(view: GraphView, link: RecordedBy) -> Iterable[Derived]:
    return (derived_during(link.target, "author", link.source, None, last_day_of(view, link.target)),)


KNOWLEDGE_RULES: Final = (
    of_the_organization(Knowledge),
    DerivedRule(Knowledge, shapes(("organization", "published", "knowledge")), _publication),
    DerivedRule(From, shapes(("task", "task", "knowledge")), _origin),
    DerivedRule(RecordedBy, shapes(("person", "author", "knowledge")), _authorship, depends_on=((Person, End.TARGET),)),
)

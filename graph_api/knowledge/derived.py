"""What knowledge derives: whose it is, where it comes from, and whether everybody may read it."""

from collections.abc import Iterable
from typing import Final

from graph_api.kernel.graph import GraphView
from graph_api.knowledge.model import (
    ExperienceOf,
    From,
    Knowledge,
    KnowledgeState,
    Merged,
    Note,
    NoteBy,
    NoteOf,
    RecordedBy,
)
from graph_api.organization.model import ORGANIZATION_ID, Person
from graph_api.permission.derivation import Derived, DerivedRule, End, derived, derived_during, shapes
from graph_api.permission.derived import last_day_of, of_the_organization

_STANDING: Final = {
    KnowledgeState.DRAFT: (),
    KnowledgeState.CONFIRMED: ("published", "kept"),
    KnowledgeState.RETIRED: ("kept",),
}


def _publication(view: GraphView, item: Knowledge) -> Iterable[Derived]:
    return (derived(ORGANIZATION_ID, relation, item.id) for relation in _STANDING[item.state])


def _merging(view: GraphView, link: Merged) -> Iterable[Derived]:
    return (derived(link.target, "merged_into", link.source),)


def _origin(view: GraphView, link: From) -> Iterable[Derived]:
    return (derived(link.target, "task", link.source),)


def _place(view: GraphView, link: NoteOf | ExperienceOf) -> Iterable[Derived]:
    return (derived(link.target, "swarm", link.source),)


def _authorship(view: GraphView, link: RecordedBy | NoteBy) -> Iterable[Derived]:
    return (derived_during(link.target, "author", link.source, None, last_day_of(view, link.target)),)


KNOWLEDGE_RULES: Final = (
    of_the_organization(Knowledge),
    of_the_organization(Note),
    DerivedRule(
        Knowledge,
        shapes(("organization", "published", "knowledge"), ("organization", "kept", "knowledge")),
        _publication,
    ),
    DerivedRule(ExperienceOf, shapes(("swarm", "swarm", "knowledge")), _place),
    DerivedRule(NoteOf, shapes(("swarm", "swarm", "note")), _place),
    DerivedRule(NoteBy, shapes(("person", "author", "note")), _authorship, depends_on=((Person, End.TARGET),)),
    DerivedRule(Merged, shapes(("knowledge", "merged_into", "knowledge")), _merging),
    DerivedRule(From, shapes(("task", "task", "knowledge")), _origin),
    DerivedRule(RecordedBy, shapes(("person", "author", "knowledge")), _authorship, depends_on=((Person, End.TARGET),)),
)

"""Root fields that tell who knows about something, and which items may repeat another."""

from typing import Annotated, Final

import strawberry

from graph_api.kernel.errors import BadUserInput
from graph_api.knowledge import expertise, model
from graph_api.knowledge.graphql.queries import check_text
from graph_api.knowledge.graphql.request import KnowledgeInfo
from graph_api.knowledge.graphql.types import Knowledge, show_knowledge
from graph_api.knowledge.read_model import KnowledgeFilter
from graph_api.knowledge.search.alike import possible_duplicates
from graph_api.knowledge.search.port import Sought
from graph_api.knowledge.search.searching import Found, SearchLimits, search
from graph_api.knowledge.search.words import words_of
from graph_api.organization.graphql.arguments import check_length, check_limit
from graph_api.organization.graphql.common import Node, describe_enum, texts
from graph_api.organization.graphql.queries import node_by_id
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.types import Person, show_person

_ITEMS_MAX: Final = 100
_ALIKE_MAX: Final = 50
describe_enum(
    expertise.EvidenceKind,
    "What speaks for it that somebody knows about something.",
    {
        "RECORDED": "Wrote an item about it.",
        "USED": "Used an item about it.",
        "HOLDS_SKILL": "Holds a skill that is asked for, or is named so.",
        "WORKED_ON": "Worked on a task that requires such a skill.",
    },
)


@strawberry.type(description="One thing on record that speaks for it that somebody knows.")
class KnowledgeEvidence:
    """Evidence."""

    kind: expertise.EvidenceKind = strawberry.field(description="What it is.")
    node: Node | None = strawberry.field(description="The item, skill or task that it is about.")
    weight: float = strawberry.field(
        description="RECORDED 3 and USED 1, times how well the item fits (its score over the best one's, 1 where it "
        "teaches a skill that is asked for); HOLDS_SKILL 0.6 a level; WORKED_ON 0.5."
    )


@strawberry.type(description="Somebody who is likely to know, by what is on record. No rating: only where to ask.")
class KnowledgeHolder:
    """Somebody who knows."""

    pieces: strawberry.Private[tuple[expertise.Evidence, ...]]
    person: Person = strawberry.field(description="Who.")
    weight: float = strawberry.field(description="The sum of the weights of all evidence that the viewer sees.")
    total_evidence: int = strawberry.field(description="How many things on record that are.")

    @strawberry.field(description="The evidence, the weightiest first.")
    def evidence(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="At most so many, 1 to a page.")] = 10,
    ) -> list[KnowledgeEvidence]:
        """Return the evidence."""
        check_limit(first, info.context.page_limits.max_rows)
        shown = self.pieces[:first]
        info.context.count_rows(len(shown))
        graph = info.context.graph
        return [
            KnowledgeEvidence(kind=one.kind, node=node_by_id(graph, one.node_id), weight=one.weight) for one in shown
        ]


@strawberry.type(description="Who knows about something, of the people whom the viewer sees and who are still there.")
class WhoKnows:
    """Those who know."""

    holders: list[KnowledgeHolder] = strawberry.field(description="The most evidence first, then by id.")
    total_holders: int = strawberry.field(description="All of them, those beyond `first` too.")


@strawberry.type(description="An item that may repeat another.")
class PossibleDuplicate:
    """A likely duplicate."""

    knowledge: Knowledge = strawberry.field(description="The item.")
    likeness: float = strawberry.field(
        description="Jaccard index of the runs of 5 letters in both texts, 0 to 1; without capitals and punctuation."
    )


@strawberry.type
class KnowingQuery:
    """What can be asked of who knows, and of what is alike."""

    @strawberry.field(
        description="Who knows about a text, about skills, or both, each with the evidence: items written and used, "
        "skills held, tasks worked on. It is evidence and no rating of anybody. What the viewer may not see is in none "
        "of it. Of a text the 100 best items count, and skills in one name of which every word stands; of each skill "
        "the 1,000 best holders and the 1,000 latest tasks. BAD_USER_INPUT where neither is given."
    )
    async def who_knows(
        self,
        info: KnowledgeInfo,
        text: Annotated[
            str | None, strawberry.argument(description="Words, as in the filter of `knowledge`.")
        ] = strawberry.UNSET,
        skill_ids: Annotated[list[strawberry.ID] | None, strawberry.argument(description="Skills.")] = strawberry.UNSET,
        first: Annotated[int, strawberry.argument(description="At most so many people, 1 to a page.")] = 20,
    ) -> WhoKnows | None:
        """Return who knows."""
        request, skills = info.context, texts(skill_ids) or ()
        words = words_of(check_text(request, ("text",), text) or "")
        check_limit(first, request.page_limits.max_rows)
        check_length("skillIds", skills, request.settings.dispatch_skills_max)
        if not words and not skills:
            raise BadUserInput("Neither `text` nor `skillIds` is given.", suggestion="Say what it is about.")
        found: list[Found] = []
        if words:
            limits = SearchLimits(_ITEMS_MAX, request.search_limits.looked_at)
            found = await search(request.texts, request, Sought(words), KnowledgeFilter(), limits, lambda rows: rows)
        holders = expertise.who_knows(request.graph, found, words, skills, request.today)
        request.count_rows(min(first, len(holders)))
        return WhoKnows(
            holders=[
                KnowledgeHolder(
                    pieces=one.evidence,
                    person=show_person(one.person),
                    weight=one.weight,
                    total_evidence=len(one.evidence),
                )
                for one in holders[:first]
            ],
            total_holders=len(holders),
        )

    @strawberry.field(
        description="Items that may repeat an item: of the 50 that share most of its longest words those that are "
        "alike enough, the most alike first; RETIRED ones left out. Null where the item is not seen."
    )
    async def possible_duplicates(
        self,
        info: KnowledgeInfo,
        knowledge_id: Annotated[strawberry.ID, strawberry.argument(description="The item.")],
        first: Annotated[int, strawberry.argument(description="At most so many, 1 to 50.")] = 10,
        minimum_likeness: Annotated[
            float, strawberry.argument(description="The least likeness, above 0 and up to 1.")
        ] = 0.5,
    ) -> list[PossibleDuplicate] | None:
        """Return what is alike."""
        request = info.context
        check_limit(first, _ALIKE_MAX)
        if not 0 < minimum_likeness <= 1:
            raise BadUserInput("`minimumLikeness` lies above 0 and is 1 at most.")
        item = request.graph.node(model.Knowledge, knowledge_id)
        if item is None:
            return None
        words_max = request.settings.search_words_max
        found = await possible_duplicates(request.texts, request, item, words_max, minimum_likeness)
        request.count_rows(len(found[:first]))
        graph = request.graph
        return [
            PossibleDuplicate(knowledge=show_knowledge(graph, one.item), likeness=one.likeness)
            for one in found[:first]
            if graph.node(model.Knowledge, one.item.id) is not None  # a commit may have come while they were compared
        ]

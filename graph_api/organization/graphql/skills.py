"""The skills of one person, as GraphQL sets and confirms them."""

from typing import Annotated, TypeAlias

import strawberry

from graph_api.kernel.commands import AnyOperation, Refused
from graph_api.organization import skills
from graph_api.organization.commands import SkillLevel
from graph_api.organization.graphql.arguments import check_length
from graph_api.organization.graphql.common import InputRejected
from graph_api.organization.graphql.mutations import KEY, SkillLevelInput, levels_of, rejected_input, submit
from graph_api.organization.graphql.request import Info
from graph_api.organization.graphql.scalars import Revision
from graph_api.organization.graphql.types import Person, person_by_id


@strawberry.input(description="The skills that somebody holds.")
class SetPersonSkillsInput:
    """Skills."""

    person_id: strawberry.ID = strawberry.field(description="Who.")
    skills: list[SkillLevelInput] = strawberry.field(
        description="All skills; those held before and not named are taken away. A level that is another than before "
        "is DECLARED."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.input(description="The levels that a manager stands for.")
class ConfirmPersonSkillsInput:
    """Levels."""

    person_id: strawberry.ID = strawberry.field(description="Whose skills.")
    skills: list[SkillLevelInput] = strawberry.field(
        description="The confirmed levels: they replace what was said of these skills. The others stay as they are."
    )
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)


@strawberry.type(description="The person holds the skills at these levels.")
class PersonSkillsSet:
    """Set skills."""

    person: Person = strawberry.field(description="The person.")
    revision: Revision = strawberry.field(description="The state that shows it.")


SetPersonSkillsOutcome: TypeAlias = Annotated[
    PersonSkillsSet | InputRejected, strawberry.union("SetPersonSkillsOutcome", description="What became of setting.")
]
ConfirmPersonSkillsOutcome: TypeAlias = Annotated[
    PersonSkillsSet | InputRejected,
    strawberry.union("ConfirmPersonSkillsOutcome", description="What became of confirming."),
]


@strawberry.type
class SkillsMutation:
    """What can be changed about the skills of one person."""

    @strawberry.mutation(description="Register one's own skills, or those of somebody whom one may save.")
    async def set_person_skills(
        self, info: Info, input: Annotated[SetPersonSkillsInput, strawberry.argument(description="The skills.")]
    ) -> SetPersonSkillsOutcome | None:
        """Set skills."""
        command = skills.SetPersonSkills(person_id=input.person_id, skills=_levels(info, input.skills))
        return await _changed(info, skills.SET_PERSON_SKILLS, command, input.idempotency_key)

    @strawberry.mutation(description="Stand for levels of somebody whom one manages, or may save.")
    async def confirm_person_skills(
        self, info: Info, input: Annotated[ConfirmPersonSkillsInput, strawberry.argument(description="The levels.")]
    ) -> ConfirmPersonSkillsOutcome | None:
        """Confirm skills."""
        command = skills.ConfirmPersonSkills(person_id=input.person_id, skills=_levels(info, input.skills))
        return await _changed(info, skills.CONFIRM_PERSON_SKILLS, command, input.idempotency_key)


def _levels(info: Info, asked: list[SkillLevelInput]) -> tuple[SkillLevel, ...]:
    levels = levels_of(asked)
    check_length("skills", levels, info.context.settings.list_entries_max)
    return levels


async def _changed(
    info: Info, operation: AnyOperation, command: skills.PersonSkills, key: str | None
) -> PersonSkillsSet | InputRejected:
    answer = await submit(info, operation, command, key, skills.SkillsSet)
    if isinstance(answer, Refused):
        return rejected_input(info, answer)
    person = person_by_id(info.context.graph, command.person_id)
    if person is None:
        raise info.context.not_shown(f"The skills of {command.person_id} were set")
    return PersonSkillsSet(person=person, revision=answer[1])

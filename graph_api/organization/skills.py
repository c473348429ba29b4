"""The skills of one person, declared by the person and confirmed by a manager: pure decisions on the exact state."""

from collections.abc import Iterator
from datetime import UTC
from typing import Final

import msgspec
from msgspec.structs import replace

from graph_api.kernel.commands import Accepted, Command, Context, Decision, Operation, Problem, Refused, rejected
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import AnyChange, upsert
from graph_api.organization.checks import References
from graph_api.organization.commands import SkillLevel
from graph_api.organization.decisions import holding_problems, holdings_of, replaced
from graph_api.organization.model import HasSkill, Person, SkillBasis


class PersonSkills(Command, frozen=True, kw_only=True):
    """Levels of a person's skills."""

    person_id: str
    skills: tuple[SkillLevel, ...]


class SetPersonSkills(PersonSkills, frozen=True, kw_only=True):
    """Replace all skills of a person; a level that is another than before is declared."""


class ConfirmPersonSkills(PersonSkills, frozen=True, kw_only=True):
    """Stand for levels of a person; the person's other skills stay as they are."""


class SkillsSet(msgspec.Struct, frozen=True, tag=True):
    """The person holds the skills."""

    person_id: str


def decide_set_person_skills(view: GraphView, command: SetPersonSkills, context: Context) -> Decision:
    """Set exactly these."""
    if problems := [*_problems(view, command)]:
        return Refused(rejected(problems))
    today = context.at.astimezone(UTC).date()
    wanted = [
        link if view.link(HasSkill, link.source, link.target) else replace(link, since=today)
        for link in holdings_of(view, command.person_id, command.skills)
    ]
    return Accepted(tuple(replaced(view, HasSkill, command.person_id, wanted)), SkillsSet(command.person_id))


def decide_confirm_person_skills(view: GraphView, command: ConfirmPersonSkills, context: Context) -> Decision:
    """Put the levels that somebody stands for in place of what was said."""
    problems = [*_problems(view, command)]
    if context.actor == command.person_id:
        message = "Nobody confirms levels of his own."
        problems.append(Problem(("personId",), "CONTRADICTION", message, "Ask your manager."))
    if problems:
        return Refused(rejected(problems))
    return Accepted(tuple(_confirmed(view, command, context)), SkillsSet(command.person_id))


def _confirmed(view: GraphView, command: ConfirmPersonSkills, context: Context) -> Iterator[AnyChange]:
    for said in command.skills:
        before = view.link(HasSkill, command.person_id, said.skill_id)
        since = before.since if before else context.at.astimezone(UTC).date()
        link = HasSkill(source=command.person_id, target=said.skill_id, level=said.level, since=since)
        confirmed = replace(link, basis=SkillBasis.CONFIRMED, count=before.count if before else None)
        if confirmed != before:
            yield upsert(confirmed)


def _problems(view: GraphView, command: PersonSkills) -> Iterator[Problem]:
    references = References(view)
    yield from references.check(("personId",), Person, command.person_id)
    yield from holding_problems(references, (), command.skills)


SET_PERSON_SKILLS: Final = Operation("setPersonSkills", SetPersonSkills, decide_set_person_skills, SkillsSet)
CONFIRM_PERSON_SKILLS: Final = Operation(
    "confirmPersonSkills", ConfirmPersonSkills, decide_confirm_person_skills, SkillsSet
)

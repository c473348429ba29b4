"""What is wrong with a note, an experience or a waiver: each yields problems, with where and what would mend it."""

from collections.abc import Iterator
from datetime import UTC

from graph_api.kernel.commands import Context, Problem
from graph_api.kernel.graph import GraphView
from graph_api.knowledge.experience.commands import ConfirmExperience, RecordExperience, WaiveExperience
from graph_api.knowledge.experience.owed import UNMET, experience_state, has_worked
from graph_api.knowledge.extraction.validity import Flaw, flaw
from graph_api.knowledge.model import Knowledge, KnowledgeState, RecordedBy
from graph_api.organization.checks import References, check_body, check_name, check_text
from graph_api.organization.model import Skill
from graph_api.swarm.model import MemberOf, Swarm
from graph_api.swarm.read_model import task_of


def text_problems(path: tuple[str, ...], text: str, bytes_max: int) -> list[Problem]:
    """Return why a text cannot be kept."""
    problems = [*check_body(path, text)]
    size = len(text.encode(errors="surrogatepass"))
    if size > bytes_max:
        message = f"{size} bytes; at most {bytes_max} are kept."
        problems.append(Problem(path, "TOO_LONG", message, "Say it shorter, or in several."))
    if not text.strip():
        problems.append(Problem(path, "REQUIRED", "An empty text says nothing.", "Write what was learned."))
    return problems


def booking_problems(view: GraphView, swarm: Swarm | None, person_id: str, path: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem where somebody is and was no member of a swarm."""
    if swarm is not None and view.link(MemberOf, person_id, swarm.id) is None:
        message = f"{person_id} is and was no member of {swarm.id}."
        yield Problem(path, "NOT_A_MEMBER", message, "Name one of its members, former ones included.")


def author_problems(
    view: GraphView, swarm: Swarm | None, person_id: str, context: Context, *, named: bool
) -> Iterator[Problem]:
    """Yield why somebody can have learned nothing in a swarm."""
    path = ("personId",) if named else ("swarmId",)
    yield from booking_problems(view, swarm, person_id, path)
    booking = view.link(MemberOf, person_id, swarm.id) if swarm is not None else None
    if swarm is not None and booking is not None and not has_worked(swarm, booking, context.at.astimezone(UTC).date()):
        message = f"{person_id} has not worked in {swarm.id} on any booked day."
        yield Problem(path, "NOT_OWED", message, f"Wait until {booking.since}.")


def reference_problems(view: GraphView, command: RecordExperience | ConfirmExperience) -> Iterator[Problem]:
    """Yield what is wrong with the title and the skills of an experience."""
    yield from check_name(("title",), command.title, exists=False)
    yield from (one for one in check_text(("title",), command.title) if one.code != "EMPTY")
    if isinstance(command, ConfirmExperience):
        return
    yield from check_text(("language",), command.language)
    references = References(view)
    for place, skill in enumerate(command.skill_ids or ()):
        yield from references.check(("skillIds", str(place)), Skill, skill)


def validity_problems(view: GraphView, body: str, person_id: str, swarm: Swarm | None) -> list[Problem]:
    """Return why a text is no valid experience of a person; see `flaw`."""
    found = flaw(body, *beside(view, person_id, swarm))
    match found:
        case None:
            return []
        case Flaw.TOO_SHORT:
            return [Problem(("body",), "TOO_SHORT", found.reason, found.suggestion)]
        case Flaw.DUPLICATE:
            return [Problem(("body",), "NEAR_DUPLICATE", found.reason, found.suggestion)]
        case Flaw.FILLER:
            return [Problem(("body",), "FILLER", found.reason, found.suggestion)]


def beside(view: GraphView, person_id: str, swarm: Swarm | None) -> tuple[list[str], str]:
    """Return what a person's text is judged beside: what the person stands for, and the title of the swarm's task."""
    task = task_of(view, swarm.id) if swarm is not None else None
    return others_of(view, person_id), task.title if task else ""


def others_of(view: GraphView, person_id: str) -> list[str]:
    """Return the texts that a person stands for, by id of the item."""
    ids = sorted(link.source for link in view.incoming(RecordedBy, person_id))
    items = (view.node(Knowledge, one) for one in ids)
    return [item.body for item in items if item is not None and item.body and item.state is not KnowledgeState.DRAFT]


def owed_problems(
    view: GraphView, swarm: Swarm | None, command: WaiveExperience, context: Context
) -> Iterator[Problem]:
    """Yield why a member cannot be let off."""
    yield from check_name(("reason",), command.reason, exists=False)
    yield from (one for one in check_text(("reason",), command.reason) if one.code != "EMPTY")
    if command.person_id == context.actor:
        yield Problem(("personId",), "CONTRADICTION", "Nobody lets himself off.", "Ask somebody else who may.")
    yield from booking_problems(view, swarm, command.person_id, ("personId",))
    booking = view.link(MemberOf, command.person_id, swarm.id) if swarm is not None else None
    if swarm is None or booking is None:
        return
    state = experience_state(view, swarm, booking, context.at.astimezone(UTC).date())
    if state not in UNMET:
        message = f"The experience of {command.person_id} in {swarm.id} is {state}."
        yield Problem(("personId",), "NOT_OWED", message, "Name a member who owes one.")

"""`swarmgraph assemble`: find the best team for a task or a demand, and book it where asked to."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
import typer

from graph_api.api.service import ApiService
from graph_api.cli import demand as options
from graph_api.cli.asking import ask
from graph_api.cli.composition import open_service, settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.teams import PROPOSAL, print_proposal, refusal_text
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings

_PROPOSE: Final = (
    """query Propose($taskId: ID, $demand: SwarmDemandInput, $alternatives: Int, $deadlineMs: Int, $verify: Boolean!) {
  outcome: proposeSwarm(taskId: $taskId, demand: $demand, alternatives: $alternatives, deadlineMs: $deadlineMs) {
    __typename ... on SwarmProposal { ...Proposal ...Verified @include(if: $verify) } ... on Refusal { ...Why }
  }
}
fragment Verified on SwarmProposal {
  verification { holds candidates survivors ceiling optimum faults seconds }
}"""
    + PROPOSAL
)
_BOOK: Final = (
    """mutation Book($input: AssembleSwarmInput!) {
  outcome: assembleSwarm(input: $input) {
    __typename
    ... on SwarmAssembled { swarm { id startsOn endsOn task { id title } } proposal { ...Proposal } revision }
    ... on Refusal { ...Why }
  }
}"""
    + PROPOSAL
)
_DEADLINE_MS: Final = 10_000


def assemble(
    context: typer.Context,
    task: Annotated[
        str | None, typer.Argument(help="Task whose demand it is; options say what is asked otherwise.")
    ] = None,
    demand: options.DemandOption = None,
    skill: options.SkillOption = None,
    headcount: options.HeadcountOption = None,
    share: options.ShareOption = None,
    first_day: options.FirstDayOption = None,
    last_day: options.LastDayOption = None,
    zone: options.WindowOption = None,
    cities: options.CitiesOption = None,
    country: options.CountryOption = None,
    pin: options.PinOption = None,
    exclude: options.ExcludeOption = None,
    separate: options.SeparateOption = None,
    alternatives: Annotated[int, typer.Option(min=0, help="So many of the next best teams as well.")] = 0,
    deadline_ms: Annotated[int, typer.Option(min=1, help="When to answer at the latest, ms.")] = _DEADLINE_MS,
    book: Annotated[
        bool, typer.Option("--book", help="Book the team: swarm, bookings and task state in one commit.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the certificate: bounds anew, and the optimum by another solver.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Find the best team for a task or a demand, with a proof; exit code 1 where there is none."""
    if book and task is None:
        raise BadUserInput("A team is booked for a task.", suggestion="Name the task, or leave --book out.")
    if book and alternatives:
        raise BadUserInput(
            "Booking takes the best team and looks for no other.",
            suggestion="Leave --alternatives out, or look at them first without --book.",
            place=("--alternatives",),
        )
    if book and verify:
        raise BadUserInput(
            "A booked team is not verified.", suggestion="Verify it first without --book.", place=("--verify",)
        )
    asked = options.demand_from(
        demand,
        {
            "skills": options.skills_of(skill),
            "headcount": headcount,
            "share": share,
            "days": options.days_of(first_day, last_day),
            "timezoneWindow": options.window_of(zone),
            "minimumCities": cities,
            "memberInCountry": country,
            "pinnedIds": pin,
            "excludedIds": exclude,
            "separatedPairs": options.pairs_of(separate),
        },
    )
    variables = {"taskId": task, "demand": asked, "alternatives": alternatives, "deadlineMs": deadline_ms}
    outcome = asyncio.run(_assemble(settings_of(context), variables, book=book, verify=verify))
    tell(outcome, as_json=as_json)
    if (found := outcome.get("verification")) is not None and not found["holds"]:
        raise typer.Exit(ExitCode.UNAVAILABLE if found["holds"] is None else ExitCode.REFUSED)


async def _assemble(settings: Settings, variables: dict[str, Any], *, book: bool, verify: bool) -> dict[str, Any]:
    if book:
        settings = settings.model_copy(update={"mutation_seconds": variables["deadlineMs"] / 1000})
    more: dict[str, Any] = {"solver_processes": 1}
    if verify:
        more["explanation_seconds"] = max(settings.explanation_seconds, variables["deadlineMs"] / 1000)
    # What is to be verified is the certificate of the search in the index, as a service gives it.
    async with open_service(settings.model_copy(update=more), searching=verify) as service:
        if book:
            return await book_team(service, {"taskId": variables["taskId"], "demand": variables["demand"]})
        return (await ask(service, _PROPOSE, variables | {"verify": verify}))["outcome"]


async def book_team(service: ApiService, asked: dict[str, Any]) -> dict[str, Any]:
    """Assemble by an AssembleSwarmInput and return the outcome."""
    return (await ask(service, _BOOK, {"input": asked}))["outcome"]


def tell(outcome: dict[str, Any], *, as_json: bool = False) -> None:
    """Print an outcome; where it is a refusal, end with exit code 1."""
    proposal = outcome.get("proposal") or (outcome if "seats" in outcome else None)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode())
    elif proposal is not None:
        print_proposal(proposal, _headline(outcome))
    else:
        typer.echo(refusal_text(outcome))
    if proposal is None:
        raise typer.Exit(ExitCode.REFUSED)


def _headline(outcome: dict[str, Any]) -> str:
    swarm = outcome.get("swarm")
    if swarm is None:
        return "The best team; nothing is booked."
    task = swarm["task"]
    return f"Booked {swarm['id']} for “{task['title']}” ({task['id']}), {swarm['startsOn']} to {swarm['endsOn']}."

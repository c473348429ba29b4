"""A demand as the command line takes it: options laid over a JSON object, in the shape of SwarmDemandInput."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from graph_api.kernel.errors import BadUserInput

STANDARD_INPUT: Final = Path("-")
_SKILL_PARTS: Final = ("skillId", "minimumLevel", "seats", "weight")
_CRITICAL: Final = "critical"
_DAY: Final = ["%Y-%m-%d"]

SkillOption = Annotated[
    list[str] | None,
    typer.Option("--skill", metavar="ID[,LEVEL[,SEATS[,WEIGHT[,critical]]]]", help="A demanded skill; repeat it."),
]
HeadcountOption = Annotated[int | None, typer.Option(help="Number of people, 1 to 8.")]
ShareOption = Annotated[float | None, typer.Option(help="Share of each day, above 0, at most 1.")]
FirstDayOption = Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First UTC day; needs --until.")]
LastDayOption = Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="Last UTC day, included.")]
WindowOption = Annotated[
    str | None, typer.Option("--zone", metavar="ZONE,HOURS", help="Clocks within so many hours of an IANA zone.")
]
CitiesOption = Annotated[int | None, typer.Option("--cities", help="Least number of cities.")]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="At least one member works there, ISO 3166 alpha-2.")
]
PinOption = Annotated[list[str] | None, typer.Option("--pin", help="A person who must be a member; repeat it.")]
ExcludeOption = Annotated[list[str] | None, typer.Option("--exclude", help="A person who may not be; repeat it.")]
SeparateOption = Annotated[
    list[str] | None, typer.Option("--separate", metavar="ID,ID", help="Two who may not be together; repeat it.")
]
DemandOption = Annotated[
    Path | None,
    typer.Option("--demand", help="File with the demand as JSON (SwarmDemandInput); - reads it from input."),
]


def demand_from(path: Path | None, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON object of a file with what the options say laid over it; None where nothing is given."""
    given = {name: value for name, value in options.items() if value is not None and value != []}
    if path is None:
        return given or None
    return _read(path) | given


def _read(path: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
        return msgspec.json.decode(text, type=dict[str, Any])
    except OSError as fault:
        raise BadUserInput(f"{path} cannot be read: {fault.strerror}.", place=("--demand",)) from fault
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise BadUserInput(f"{path} holds no JSON object: {fault}.", place=("--demand",)) from fault


def skills_of(texts: list[str] | None) -> list[dict[str, Any]] | None:
    """Read `ID,LEVEL,SEATS,WEIGHT,critical`, of which all but the id may be left out."""
    return None if not texts else [_skill(text) for text in texts]


def _skill(text: str) -> dict[str, Any]:
    name, *numbers = text.split(",")
    is_critical = bool(numbers) and numbers[-1] == _CRITICAL
    try:
        counts = [int(number) for number in numbers[: len(numbers) - is_critical]]
        parts = dict(zip(_SKILL_PARTS[1:], counts, strict=False)) if len(counts) < len(_SKILL_PARTS) else None
    except ValueError:
        parts = None
    if parts is None:
        raise BadUserInput(
            f"{text!r} is no demand for a skill.",
            suggestion="Write ID,LEVEL,SEATS,WEIGHT, and ,critical at the end where it is; all but ID may be left out.",
            place=("--skill",),
        )
    return {"skillId": name, **parts, **({_CRITICAL: True} if is_critical else {})}


def days_of(first: datetime | None, last: datetime | None) -> dict[str, str] | None:
    """Return the days from first to last; raises BadUserInput where only one is given."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise BadUserInput("Days have a first and a last.", suggestion="Give both --from and --until.")
    return {"startsOn": first.date().isoformat(), "endsOn": last.date().isoformat()}


def window_of(text: str | None) -> dict[str, Any] | None:
    """Read `ZONE,HOURS`."""
    if text is None:
        return None
    zone, _, hours = text.rpartition(",")
    try:
        return {"timezone": zone, "maximumOffsetHours": float(hours)}
    except ValueError as fault:
        raise BadUserInput(
            f"{text!r} is no window of zones.", suggestion="Write for example America/Mexico_City,4.", place=("--zone",)
        ) from fault


def pairs_of(texts: list[str] | None) -> list[dict[str, str]] | None:
    """Read `ID,ID`, once a pair."""
    return None if not texts else [_pair(text) for text in texts]


def _pair(text: str) -> dict[str, str]:
    first, separator, second = text.partition(",")
    if not separator:
        raise BadUserInput(f"{text!r} is no pair.", suggestion="Write ID,ID.", place=("--separate",))
    return {"firstId": first, "secondId": second}

"""What can be wrong with an input: the codes of problems, for programs, each with what it means and what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

ProblemCode: TypeAlias = Literal[
    "BEGUN",
    "CLOSED",
    "CONTRADICTION",
    "CYCLE",
    "DERIVED",
    "DUPLICATE",
    "EMPTY",
    "EXISTS",
    "EXPIRED",
    "INVALID_AMOUNT",
    "INVALID_COUNTRY",
    "INVALID_CURRENCY",
    "INVALID_DAYS",
    "INVALID_ID",
    "INVALID_INSTANT",
    "INVALID_REGULATION",
    "INVALID_TEXT",
    "INVALID_TIMEZONE",
    "INVALID_TUPLE",
    "NOT_ACTIVE",
    "NOT_A_MEMBER",
    "NOT_PROPOSED",
    "OUT_OF_RANGE",
    "PRECONDITION",
    "REQUIRED",
    "STAFFED",
    "TOO_LONG",
    "TOO_MANY",
    "UNKNOWN_REFERENCE",
]

PROBLEM_CODES: Final[Mapping[ProblemCode, tuple[str, str]]] = MappingProxyType(
    {
        "BEGUN": ("The swarm has begun.", "Follow the suggestion: dissolve it, or keep its first day."),
        "CLOSED": ("The task is closed.", "Open a new one."),
        "CONTRADICTION": ("Two parts of the input cannot both hold.", "Alter one of them, as the suggestion says."),
        "CYCLE": ("An entity would be above or part of itself.", "Alter one reference of the circle."),
        "DERIVED": ("The tuple follows from the organization.", "Change the organization: the tuple changes with it."),
        "DUPLICATE": ("The same thing is named twice.", "Name it once."),
        "EMPTY": ("An empty text says nothing.", "Send null to clear the field."),
        "EXISTS": ("The id of a new entity is taken.", "Take another id, or leave it out."),
        "EXPIRED": ("The instant at which it would end is over.", "Give a later instant, or none."),
        "INVALID_AMOUNT": ("A negative amount, or one of too many digits.", "Follow the message."),
        "INVALID_COUNTRY": ("No country code of two capital letters.", "Send ISO 3166 alpha-2, for example MX."),
        "INVALID_CURRENCY": ("No currency code.", "Send ISO 4217, for example CNY."),
        "INVALID_DAYS": ("The last day is before the first.", "Swap them."),
        "INVALID_ID": ("No id of the form type:key, or one of another type.", "Follow the suggestion."),
        "INVALID_INSTANT": ("The instant has no offset from UTC.", "End it with Z or an offset such as +08:00."),
        "INVALID_REGULATION": ("No rule of the form authority:name.", "Send for example SAT:import."),
        "INVALID_TEXT": ("The text holds a character that cannot be stored.", "Take it out."),
        "INVALID_TIMEZONE": ("No IANA time zone.", "Send for example Asia/Shanghai."),
        "INVALID_TUPLE": ("The live authorization model does not allow the tuple.", "Follow the suggestion."),
        "NOT_ACTIVE": ("The swarm is not at work.", "Take one in a state that the suggestion names."),
        "NOT_A_MEMBER": ("The person is not in the swarm, or leaves it already.", "Name one of its members."),
        "NOT_PROPOSED": (
            "The reorganization was decided, or what it rests on is gone.",
            "Take one that is PROPOSED.",
        ),
        "OUT_OF_RANGE": ("A number beyond its bounds.", "Stay within the bounds that the message tells."),
        "PRECONDITION": ("What the request presumes of a tuple does not hold.", "Read the tuples anew, then decide."),
        "REQUIRED": ("Something that must be there is left out or empty.", "Send it."),
        "STAFFED": ("A swarm works on the task already.", "Take another task: one swarm works on one at a time."),
        "TOO_LONG": ("The text has more characters than are kept.", "Shorten it to what the message tells."),
        "TOO_MANY": ("More than can be asked for at once.", "Ask for fewer."),
        "UNKNOWN_REFERENCE": ("There is no entity of that id.", "Follow the suggestion, or save the entity first."),
    }
)

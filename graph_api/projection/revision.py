"""Revisions: opaque, monotonic tokens that name a state of one log."""

from typing import Final

from graph_api.kernel.errors import BadUserInput, RevisionGone

_LOG_PREFIX: Final = 8
_DIGITS: Final = 12
_DIGITS_MAX: Final = 18
"""What the database's integers hold; Python refuses to read numbers of thousands of digits."""


def token(log_id: str, number: int) -> str:
    """Return the token of a revision; tokens of one log sort as their revisions do."""
    return f"{log_id[:_LOG_PREFIX]}-{number:0{_DIGITS}d}"


def number_of(revision: str, log_id: str) -> int:
    """Return the number in a token; raises BadUserInput where it is none, RevisionGone where it is of another log."""
    prefix, _, digits = revision.partition("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX):
        raise BadUserInput(f"{revision[:40]!r} is no revision.", suggestion="Send back one that an answer carried.")
    if prefix != log_id[:_LOG_PREFIX]:
        raise RevisionGone("This revision belongs to another log.", suggestion="Read again without it.")
    return int(digits)


def canonical(revision: str, current: str) -> str:
    """Return a token as `token` writes it; raises what `number_of` raises unless it is of the log of `current`."""
    log_id = current.partition("-")[0]
    return token(log_id, number_of(revision, log_id))

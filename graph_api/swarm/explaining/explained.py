"""Explanations of one proposal: each is an exact solve of a variation, made where it is asked for and at most once."""

import asyncio

from graph_api.kernel.errors import NotFound, TimedOut
from graph_api.swarm.clock import Deadline
from graph_api.swarm.explaining.variation import Again, Variation
from graph_api.swarm.explaining.verifying import Verification
from graph_api.swarm.problem import CertificateStatus, Seat, Solution
from graph_api.swarm.solver import Proposal, Short

_TRY_AGAIN = "Ask for fewer explanations at once, or propose with a longer deadline."


class Explained:
    """Explains one proposal; all of its explanations together take so many seconds at most, beginning with the first.

    Each raises NotFound where the question is not there any more, TimedOut where the proposal or an explanation is not
    proved in time, and RateLimited.
    """

    def __init__(self, proposal: Proposal, again: Again | None, seconds: float) -> None:
        self._proposal = proposal
        self._again = again
        self._seconds = seconds
        self._deadline: Deadline | None = None
        self._turn = asyncio.Lock()
        self._found: dict[Variation, Solution | None] = {}
        self._checked: Verification | None = None

    async def without(self, person_id: str) -> Solution | None:
        """Return the best team without a member; None where there is none."""
        return await self._best(Variation(without=person_id))

    async def marginal_value(self, person_id: str) -> int | None:
        """Return by how many milli-points the team is worth more than the best one without a member."""
        return self._less(await self.without(person_id))

    async def skill_price(self, skill_id: str) -> int | None:
        """Return by how many milli-points the team is worth more than the best one with a seat of a skill fewer."""
        return self._less(await self._best(Variation(fewer_seats_of=skill_id)))

    async def member_price(self) -> int | None:
        """Return by how many milli-points the team is worth more than the best one with a member fewer."""
        if len(self._proposal.team.seats) == 1:
            return None
        return self._less(await self._best(Variation(fewer_members=1)))

    async def verification(self) -> Verification:
        """Check the certificate in another way."""
        async with self._turn:
            if self._checked is None:
                if self._again is None:
                    raise _told_again()
                self._deadline = self._deadline or Deadline(self._seconds)
                self._checked = await self._again.verify(self._proposal.team, self._deadline.remaining_seconds)
            return self._checked

    def _less(self, other: Solution | None) -> int | None:
        return None if other is None else self._proposal.team.objective - other.objective

    async def _best(self, variation: Variation) -> Solution | None:
        # One after the other: a proposal of eight must not take all the threads there are.
        async with self._turn:
            if variation not in self._found:
                self._found[variation] = await self._solve(variation)
            return self._found[variation]

    async def _solve(self, variation: Variation) -> Solution | None:
        if self._again is None:
            raise _told_again()
        if self._proposal.certificate.status is not CertificateStatus.PROVED:
            raise TimedOut("The team is not proved, so nothing is measured against it.", suggestion=_TRY_AGAIN)
        self._deadline = self._deadline or Deadline(self._seconds)
        found = await self._again.solve(variation, self._deadline.remaining_seconds)
        if isinstance(found, Short):
            return None
        if not isinstance(found, Proposal) or found.certificate.status is not CertificateStatus.PROVED:
            raise TimedOut("The explanation was not proved in time.", suggestion=_TRY_AGAIN)
        return found.team


def _told_again() -> NotFound:
    message = "What the team was compared with is known only to the request that found it."
    return NotFound(message, suggestion="Propose it again.")


def substitute_of(team: Solution, rest: Solution | None, person_id: str) -> str | None:
    """Return who comes into the best team without a member (`rest`); None where nobody does.

    Of several it is the one who takes the first of the member's roles that any of them takes, else the first by id.
    """
    if rest is None:
        return None
    members = {seat.person_id: seat for seat in team.seats}
    coming = [seat for seat in rest.seats if seat.person_id not in members]
    taking = (seat for role in members[person_id].roles for seat in coming if role in seat.roles)
    chosen: Seat | None = next(taking, coming[0] if coming else None)
    return chosen.person_id if chosen else None

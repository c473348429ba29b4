"""The assembly problem as a CP-SAT model over some of its candidates, and one run of the solver on it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from math import inf
from typing import Final

from ortools.sat.python import cp_model

from graph_api.swarm.problem import POINTS_A_LEVEL, AssemblyProblem, Candidate

SEED: Final = 1


class RunState(StrEnum):
    """OPTIMAL and INFEASIBLE are proved of the model; BEST_SO_FAR and NOTHING are what a limit left."""

    OPTIMAL = "OPTIMAL"
    BEST_SO_FAR = "BEST_SO_FAR"
    INFEASIBLE = "INFEASIBLE"
    NOTHING = "NOTHING"


@dataclass(frozen=True)
class Run:
    """How a run ended: the team found (indices of candidates), and an upper bound of the model's teams."""

    state: RunState
    team: tuple[int, ...] = ()
    upper: int | None = None


@dataclass(frozen=True)
class Limits:
    """When a run gives up: real seconds, and the solver's own repeatable measure of work (about seconds)."""

    seconds: float
    work: float = inf


def _total(terms: Sequence[cp_model.LinearExprT]) -> cp_model.LinearExpr:
    total: cp_model.LinearExpr = cp_model.LinearExpr.sum(terms)  # pyright: ignore[reportUnknownMemberType]  # typed in part
    return total


class TeamModel:
    """Variables: a member (one a candidate), his primary seats, his use of an open slot, a tie inside the team.

    Seats of one skill are interchangeable, so there is one variable a candidate and skill. A tie's variable is
    bounded from above only, which is enough as bonuses are positive and points are made as great as possible.
    """

    def __init__(self, problem: AssemblyProblem, chosen: Iterable[int]) -> None:
        self._problem = problem
        self._model = cp_model.CpModel()
        self._members = {index: self._model.new_bool_var("") for index in sorted(chosen)}
        self._points: list[cp_model.LinearExprT] = []
        self._add_seats()
        self._add_sizes()
        self._add_people()
        self._add_places()

    def forbid(self, team: Collection[int]) -> None:
        """Let this very set of people not be found."""
        inside = _total([self._members[index] for index in team if index in self._members])
        outside = _total([member for index, member in self._members.items() if index not in team])
        self._model.add(inside - outside <= len(team) - 1)

    def run(self, limits: Limits, *, above: int | None = None) -> Run:
        """Find the best team, worth more than `above` where given."""
        self._add_worth()
        worth = _total(self._points)
        if above is not None:
            self._model.add(worth >= above + 1)
        self._model.maximize(worth)
        return self._run(limits)

    def run_for_any(self, limits: Limits) -> Run:
        """Find any team, whatever it is worth."""
        return self._run(limits)

    def _add_seats(self) -> None:
        problem, model = self._problem, self._model
        used: dict[int, list[cp_model.IntVar]] = {index: [] for index in self._members}
        for seating in problem.seatings:
            primaries: list[cp_model.IntVar] = []
            for index, member in self._members.items():
                level = problem.candidates[index].levels_as_primary[seating.skill]
                if level >= seating.level:
                    primary = model.new_bool_var("")
                    model.add_implication(primary, member)
                    primaries.append(primary)
                    used[index].append(primary)
                    self._points.append(POINTS_A_LEVEL * seating.weight * level * primary)
            model.add(_total(primaries) == seating.seats)
        self._add_roles(used)

    def _add_roles(self, used: dict[int, list[cp_model.IntVar]]) -> None:
        """Make each member primary of something, be it an open slot."""
        opened: list[cp_model.IntVar] = []
        for index, member in self._members.items():
            if self._problem.open_slots:
                opened.append(self._model.new_bool_var(""))
                used[index].append(opened[-1])
            self._model.add_bool_or([*used[index], member.negated()])
        if opened:
            self._model.add(_total(opened) <= self._problem.open_slots)

    def _add_sizes(self) -> None:
        size = _total(list(self._members.values()))
        self._model.add_linear_constraint(size, self._problem.headcount_least, self._problem.headcount)
        for depth in self._problem.depths:
            self._at_least(depth.members, lambda person, depth=depth: person.levels[depth.skill] >= depth.level)

    def _at_least(self, count: int, counts: Callable[[Candidate], bool]) -> None:
        candidates = self._problem.candidates
        counted = [member for index, member in self._members.items() if counts(candidates[index])]
        self._model.add(_total(counted) >= count)

    def _add_people(self) -> None:
        positions = self._problem.positions
        for person_id in self._problem.pinned_ids:
            pinned = self._members.get(positions.get(person_id, -1))
            self._model.add_bool_or([] if pinned is None else [pinned])
        for pair in self._problem.separated_pairs:
            both = [self._members[positions[one]] for one in pair if positions.get(one) in self._members]
            if len(both) == len(pair):
                self._model.add_at_most_one(both)

    def _add_places(self) -> None:
        problem, model = self._problem, self._model
        if problem.member_in_country is not None:
            self._at_least(1, lambda person: person.country == problem.member_in_country)
        if problem.minimum_cities > 1:
            reached: list[cp_model.IntVar] = []
            for _, members in groupby(self._by_city(), key=lambda entry: entry[0]):
                reached.append(model.new_bool_var(""))
                model.add_bool_or([*(member for _, member in members), reached[-1].negated()])
            model.add(_total(reached) >= problem.minimum_cities)
        elif problem.minimum_cities:
            self._at_least(1, lambda person: person.city is not None)

    def _by_city(self) -> Sequence[tuple[str, cp_model.IntVar]]:
        placed = [(self._problem.candidates[index].city, member) for index, member in self._members.items()]
        return sorted(((city, member) for city, member in placed if city is not None), key=lambda entry: entry[0])

    def _add_worth(self) -> None:
        for index, member in self._members.items():
            self._points.append(-self._problem.candidates[index].penalty * member)
        ties: dict[int, list[cp_model.IntVar]] = {index: [] for index in self._members}
        for first, second, bonus in self._problem.pairs:
            if first in self._members and second in self._members:
                tied = self._model.new_bool_var("")
                for end in (first, second):
                    self._model.add_implication(tied, self._members[end])
                    ties[end].append(tied)
                self._points.append(bonus * tied)
        self._limit_ties(ties)

    def _limit_ties(self, ties: dict[int, list[cp_model.IntVar]]) -> None:
        """Let nobody have more ties than the team has others: true anyway, but it makes the linear bound close."""
        others = self._problem.headcount - 1
        for index, tied in ties.items():
            if len(tied) > others:
                self._model.add(_total(tied) <= others * self._members[index])

    def _run(self, limits: Limits) -> Run:
        solver = cp_model.CpSolver()
        # One worker with a fixed seed repeats itself; only the clock could make it differ, and then nothing is proved.
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        # Implications and ties bound the points only where they are part of the linear relaxation.
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = limits.seconds
        solver.parameters.max_deterministic_time = limits.work
        status = solver.solve(self._model)
        if status == cp_model.INFEASIBLE:
            return Run(RunState.INFEASIBLE)
        if status == cp_model.UNKNOWN:
            # Its bound may be 0 where the clock struck before the search began: that says nothing.
            return Run(RunState.NOTHING)
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            team = tuple(index for index, member in self._members.items() if solver.boolean_value(member))
            upper = round(solver.best_objective_bound) if self._model.has_objective() else None
            return Run(RunState.OPTIMAL if status == cp_model.OPTIMAL else RunState.BEST_SO_FAR, team, upper)
        raise RuntimeError(f"CP-SAT says {solver.status_name(status)} of a model of ours")

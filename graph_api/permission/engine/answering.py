"""Questions about one user under one compiled model: check, and the evaluation of a plan for several objects."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from graph_api.permission.answers import ALLOWED, DENIED, Conditional, Decision
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.evaluating import Entangled, Query
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.plans import Plan
from graph_api.permission.engine.settling import settled
from graph_api.permission.engine.solving import Program, Solution, solve
from graph_api.permission.engine.subjects import ABSENT, Subject
from graph_api.permission.engine.values import Value
from graph_api.permission.errors import Code
from graph_api.permission.tuples import (
    WILDCARD,
    UserKind,
    find_relation,
    object_type,
    split_userset,
    unknown_relation,
    unknown_type,
    user_kind,
)

SUBJECTS_KEPT_MAX: Final = 1 << 20
ENTANGLED_TRIED_MAX: Final = 8
"""After so many circles met in one list the solver gets all the rest at once."""


class Asking:
    """Answers about the tuples of a store, under one model."""

    def __init__(self, compiled: Compiled, clock: Callable[[], datetime]) -> None:
        self.compiled = compiled
        self.names = compiled.store.names
        self._clock = clock
        self._subjects: dict[str, Subject] = {}

    def plan(self, type_name: str, relation: str, *codes: Code) -> Plan:
        """Return the plan of a relation; raise 2000 (or the codes given) where the model has none."""
        plan = self.compiled.plans.get((type_name, relation))
        if plan is None:
            find_relation(self.compiled.model, type_name, relation, *(codes or (Code.VALIDATION_ERROR,) * 2))
            raise AssertionError("every relation has a plan")
        return plan

    def subject(self, user: str) -> Subject:
        """Return the user of a question; raise 2000 where it is none."""
        found = self._subjects.get(user)
        if found is None:
            found = self._new_subject(user)
            if found.number != NOBODY:
                if len(self._subjects) >= SUBJECTS_KEPT_MAX:
                    self._subjects.clear()
                self._subjects[user] = found
        return found

    def _new_subject(self, user: str) -> Subject:
        kind = self._user_kind(user)
        if kind.relation in (None, WILDCARD):
            return Subject(self.names.find(user), kind)
        target, relation = split_userset(user)
        owner = self.names.find(target)
        if owner == NOBODY:
            return Subject(NOBODY, kind)
        return Subject(self.names.userset((kind.type, relation), owner), kind, owner, relation)

    def _user_kind(self, user: str) -> UserKind:
        kind = user_kind(user)
        found = self.compiled.model.types.get(kind.type)
        if found is None:
            raise unknown_type(self.compiled.model, kind.type, Code.VALIDATION_ERROR)
        if kind.relation not in (None, WILDCARD, *found.relations):
            raise unknown_relation(found, kind.relation or "", Code.VALIDATION_ERROR)
        return kind

    def check(self, user: str, relation: str, target: str, context: Mapping[str, Any], at: datetime | None) -> Decision:
        """Decide whether a user has a relation to an object; the clock is looked at where an expiry may matter."""
        place = self.names.numbers.get(target, NOBODY)
        if place == NOBODY or "#" in target or target[-1] == WILDCARD:
            type_name = object_type(target)
        else:  # a name that tuples hold is well formed
            type_name = target[: target.index(":")]
        plan = self.compiled.plans.get((type_name, relation)) or self.plan(type_name, relation)
        subject = self._subjects.get(user) or self.subject(user)
        if place == NOBODY:
            place = ABSENT
            subject = own_userset(subject, user, target)
        return decision(self.value(plan, subject, place, context, at))

    def value(self, plan: Plan, subject: Subject, place: int, context: Mapping[str, Any], at: datetime | None) -> Value:
        """Evaluate a plan for an object."""
        compiled = self.compiled
        closure = compiled.closures.of(subject.number, subject.kind)
        found = settled(compiled, plan, place, subject, closure)
        if found is not None:
            return found
        query = Query(compiled, subject, closure, context, self._clock() if at is None else at)
        try:
            return query.worked_out(plan, place)
        except Entangled:
            return solve(query, plan, [place])[0]

    def solution(
        self,
        user: str,
        relation: str,
        target: str,
        context: Mapping[str, Any],
        at: datetime,
        *,
        nodes_max: int | None = None,
    ) -> Solution:
        """Solve a check with all that it rests on; with `nodes_max`, also over usersets that the user is not in."""
        plan = self.plan(object_type(target), relation)
        subject = self.subject(user)
        place = self.names.find(target)
        if place == NOBODY:
            place = ABSENT
            subject = own_userset(subject, user, target)
        closure = self.compiled.closures.of(subject.number, subject.kind)
        query = Query(self.compiled, subject, closure, context, at)
        return Solution(Program(query, plan, [place], nodes_max=nodes_max))

    def values(
        self, plan: Plan, subject: Subject, places: Iterable[int], context: Mapping[str, Any], at: datetime
    ) -> dict[int, Value]:
        """Evaluate a plan for several objects, working out once what they share."""
        query = Query(self.compiled, subject, self.compiled.closures.of(subject.number, subject.kind), context, at)
        values: dict[int, Value] = {}
        entangled: list[int] = []
        for place in places:
            try:
                if len(entangled) < ENTANGLED_TRIED_MAX:
                    values[place] = query.value(plan, place)
                    continue
            except Entangled:
                pass
            entangled.append(place)
        if entangled:
            values.update(zip(entangled, solve(query, plan, entangled), strict=True))
        return values


def own_userset(subject: Subject, user: str, target: str) -> Subject:
    """Return a userset of an object that no tuple names as what it is: one of the very object asked about."""
    owner, _, relation = user.partition("#")
    return Subject(NOBODY, subject.kind, ABSENT, relation) if relation and owner == target else subject


def decision(value: Value) -> Decision:
    """Turn a value into an answer; raise the error that it depends on."""
    if value is True:
        return ALLOWED
    if value is False:
        return DENIED
    if value.error is not None:
        raise value.error
    return Conditional(missing=tuple(sorted(value.missing)))

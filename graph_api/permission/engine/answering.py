"""Questions of one compiled model: check, and the two lists."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pyroaring import BitMap

from graph_api.permission.answers import ALLOWED, DENIED, Conditional, Decision, ListedUsers
from graph_api.permission.engine.closures import Climbing, Nodes
from graph_api.permission.engine.compiled import Compiled
from graph_api.permission.engine.evaluating import ABSENT, OTHER, Entangled, Query, Subject, climb, hit
from graph_api.permission.engine.names import NOBODY
from graph_api.permission.engine.plans import Plan
from graph_api.permission.engine.solving import Program, Solution, solve
from graph_api.permission.engine.values import Value
from graph_api.permission.errors import Code, PermissionGraphError
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
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Asking:
    """Answers about the tuples of a store, under one model."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._names = compiled.store.names
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
            return Subject(self._names.find(user), kind)
        target, relation = split_userset(user)
        owner = self._names.find(target)
        if owner == NOBODY:
            return Subject(NOBODY, kind)
        return Subject(self._names.userset((kind.type, relation), owner), kind, owner, relation)

    def _user_kind(self, user: str) -> UserKind:
        kind = user_kind(user)
        found = self.compiled.model.types.get(kind.type)
        if found is None:
            raise unknown_type(self.compiled.model, kind.type, Code.VALIDATION_ERROR)
        if kind.relation not in (None, WILDCARD, *found.relations):
            raise unknown_relation(found, kind.relation or "", Code.VALIDATION_ERROR)
        return kind

    def check(self, user: str, relation: str, target: str, context: Mapping[str, Any], at: datetime) -> Decision:
        """Decide whether a user has a relation to an object."""
        place = self._names.find(target)
        plan = self.plan(self._type_of(target, place), relation)
        subject = self.subject(user)
        if place == NOBODY:
            place = ABSENT
            subject = own_userset(subject, user, target)
        return decision(self.value(plan, subject, place, context, at))

    def _type_of(self, target: str, place: int) -> str:
        """Return the type of an object; a name that tuples hold is well formed, but may be that of a user."""
        if place == NOBODY or "#" in target or target.endswith(WILDCARD):
            return object_type(target)
        return target[: target.find(":")]

    def value(self, plan: Plan, subject: Subject, place: int, context: Mapping[str, Any], at: datetime) -> Value:
        """Evaluate a plan for an object."""
        compiled = self.compiled
        closure = compiled.closures.of(subject.number, subject.kind)
        bound = compiled.bound(plan, subject.kind)
        if hit(bound, place, subject, closure.sure):
            return True
        if bound.leaf and not closure.unsure:
            return False
        if not compiled.is_rough(plan):
            if climb(compiled, bound, place, subject, closure.sure):
                return True
            if not closure.unsure:
                return False
        query = Query(compiled, subject, closure, context, at)
        try:
            return query.value(plan, place)
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
        place = self._names.find(target)
        if place == NOBODY:
            place = ABSENT
            subject = own_userset(subject, user, target)
        closure = self.compiled.closures.of(subject.number, subject.kind)
        query = Query(self.compiled, subject, closure, context, at)
        return Solution(Program(query, plan, [place], nodes_max=nodes_max))

    def list_objects(
        self, user: str, relation: str, type_name: str, context: Mapping[str, Any], at: datetime
    ) -> list[str]:
        """List the objects of a type to which a user has a relation, sorted."""
        plan = self.plan(type_name, relation, Code.TYPE_NOT_FOUND, Code.RELATION_NOT_FOUND)
        subject = self.subject(user)
        closures = self.compiled.closures
        within = closures.relevant_to((type_name, relation))
        sure = _reached(closures.sure, subject, within, plan)
        unsure = _reached(closures.all, subject, within, plan) - sure
        found = sure | self._allowed(plan, subject, unsure, context, at)
        return sorted([*(self._names.texts[place] for place in found), *self._own_object(plan, subject, user)])

    def _own_object(self, plan: Plan, subject: Subject, user: str) -> Iterator[str]:
        """Yield the object of a userset where no tuple names it and the userset has the relation by itself."""
        if subject.owner == OTHER and subject.kind.type == plan.type and "#" in user:
            target, _ = split_userset(user)
            if self.value(plan, own_userset(subject, user, target), ABSENT, {}, EPOCH) is True:
                yield target

    def _allowed(
        self, plan: Plan, subject: Subject, places: BitMap, context: Mapping[str, Any], at: datetime
    ) -> BitMap:
        """Return the places where a plan is true; raises 2000."""
        return BitMap(
            place for place, value in self.values(plan, subject, places, context, at).items() if listed(value)
        )

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

    def list_users(
        self, target: str, relation: str, filters: Iterable[str], context: Mapping[str, Any], at: datetime
    ) -> ListedUsers:
        """List the users of some kinds that have a relation to an object, and whom `type:*` leaves out, sorted."""
        type_name = object_type(target)
        plan = self.plan(type_name, relation, Code.TYPE_NOT_FOUND, Code.RELATION_NOT_FOUND)
        kinds = {self._filter_kind(each) for each in filters}
        if not kinds:
            raise PermissionGraphError(Code.VALIDATION_ERROR, "No kind of users is asked for.", suggestion="Give one.")
        place = self._names.find(target)
        if place == NOBODY:
            return ListedUsers(sorted(self._usersets_of_absent(plan, target, kinds)), {})
        node = (type_name, relation)
        found = self.compiled.descending(sure=True).named(node, place, kinds)
        named = self.compiled.descending(sure=False).named(node, place, kinds) - found
        texts = self._names.texts
        for number in named:
            if listed(self.value(plan, self.subject(texts[number]), place, context, at)):
                found.add(number)
        users = sorted(texts[number] for number in found)
        return ListedUsers(users, _left_out(users, sorted(texts[number] for number in named - found)))

    def _usersets_of_absent(self, plan: Plan, target: str, kinds: set[UserKind]) -> Iterator[str]:
        """Yield the usersets of an object that no tuple names which have a relation to it by themselves."""
        for kind in kinds:
            if kind.type == plan.type and kind.relation is not None:
                subject = Subject(NOBODY, kind, ABSENT, kind.relation)
                if self.value(plan, subject, ABSENT, {}, EPOCH) is True:
                    yield f"{target}#{kind.relation}"

    def _filter_kind(self, text: str) -> UserKind:
        type_name, _, relation = text.partition("#")
        found = self.compiled.model.types.get(type_name)
        if found is None:
            raise unknown_type(self.compiled.model, type_name)
        if "#" in text and relation not in found.relations:
            raise unknown_relation(found, relation)
        return UserKind(type_name, relation or None)


def _reached(climbing: Climbing, subject: Subject, within: set[tuple[str, str]], plan: Plan) -> BitMap:
    nodes: Nodes = climbing.ascend(climbing.begin(subject.number, subject.kind), within)
    return nodes.get((plan.type, plan.name), BitMap())


def _left_out(users: Iterable[str], others: list[str]) -> dict[str, list[str]]:
    """Return, by each `type:*` among some users, the plain users of the type among others."""
    everybody = [user for user in users if user.endswith(f":{WILDCARD}")]
    return {
        each: [user for user in others if "#" not in user and user.startswith(each[:-1]) and user != each]
        for each in everybody
    }


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


def listed(value: Value) -> bool:
    """Tell whether a list holds what has this value; raise 2000 where that depends on missing context."""
    if isinstance(value, bool):
        return value
    if value.error is not None:
        raise value.error
    names = ", ".join(sorted(value.missing))
    raise PermissionGraphError(
        Code.VALIDATION_ERROR,
        f"The list depends on context that is missing: {names}.",
        suggestion=f"Give {names} in the context.",
    )

"""Small operations with which tests drive the write path."""

from typing import Any

import msgspec

from graph_api.kernel.commands import Accepted, Command, Context, Decision, InputRejected, Operation, Refused
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import removal, upsert
from graph_api.organization.model import Skill
from graph_api.projection.records import pending_reaction


class Done(msgspec.Struct, frozen=True):
    count: int


class Put(Command, frozen=True, kw_only=True):
    records: tuple[Any, ...]


class Drop(Command, frozen=True, kw_only=True):
    records: tuple[Any, ...]


class Increment(Command, frozen=True, kw_only=True):
    skill_id: str


class Refuse(Command, frozen=True, kw_only=True):
    message: str = "never"


class Cause(Command, frozen=True, kw_only=True):
    reaction: str
    subject: str


def decide_put(view: GraphView, command: Put, context: Context) -> Decision:
    changed = [record for record in command.records if view.record(record.key) != record]
    return Accepted(tuple(upsert(record) for record in changed), Done(len(changed)))


def decide_drop(view: GraphView, command: Drop, context: Context) -> Decision:
    return Accepted(tuple(removal(record) for record in command.records), Done(len(command.records)))


def decide_increment(view: GraphView, command: Increment, context: Context) -> Decision:
    skill = view.node(Skill, command.skill_id)
    count = int(skill.name) + 1 if skill else 1
    return Accepted((upsert(Skill(id=command.skill_id, name=str(count))),), Done(count))


def decide_refuse(view: GraphView, command: Refuse, context: Context) -> Decision:
    return Refused(InputRejected(message=command.message, problems=()))


def decide_cause(view: GraphView, command: Cause, context: Context) -> Decision:
    reaction = pending_reaction(command.reaction, command.subject, context.revision)
    return Accepted((upsert(reaction),), Done(1))


def decide_fault(view: GraphView, command: Refuse, context: Context) -> Decision:
    raise ZeroDivisionError(command.message)


PUT = Operation("put", Put, decide_put, Done)
DROP = Operation("drop", Drop, decide_drop, Done)
INCREMENT = Operation("increment", Increment, decide_increment, Done)
REFUSE = Operation("refuse", Refuse, decide_refuse, Done)
CAUSE = Operation("cause", Cause, decide_cause, Done)
FAULT = Operation("fault", Refuse, decide_fault, Done)

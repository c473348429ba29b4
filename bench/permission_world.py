"""The bench instance of permissions: users in nested groups and small swarms, documents in nested folders.

50,000 users, each in 3 of 5,000 groups; a group is in one of the 800 before it. 20,000 swarms of 5. 200,000 documents,
each with an owner and one more editor (a swarm, or with 0.1 a group), a quarter of them in one of 5,000 folders, 2 %
with somebody blocked. A folder is in any folder before it and opens to one group. The model is permission_world.fga.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from graph_api.permission import PermissionGraph, RelationshipTuple
from graph_api.permission.model import AuthorizationModel
from graph_api.permission.parsing import parse_model

MODEL: Final = Path(__file__).with_name("permission_world.fga")
USERS, GROUPS, SWARMS, FOLDERS, DOCUMENTS = 50_000, 5_000, 20_000, 5_000, 200_000
GROUPS_A_USER, USERS_A_SWARM, GROUPS_APART_MAX = 3, 5, 800
EDITED_BY_GROUP, IN_FOLDER, BLOCKED = 0.1, 0.25, 0.02
TUPLES_A_WRITE: Final = 1000
LONG: Final = range(900, 1101)
"""How many ids a list holds that is called one of some 1,000."""

Question: TypeAlias = tuple[str, str, str]


READER: Final = "define reader: viewer but not blocked", "define reader: viewer"
SHARE: Final = "define can_share: owner", "define can_share: owner but not blocked"
"""Lines of the model, each with what it is changed to."""


def model(changed: tuple[str, str] | None = None) -> AuthorizationModel:
    """Return the model, or the same with one line changed."""
    text = MODEL.read_text(encoding="utf-8")
    if changed is not None:
        assert text.count(changed[0]) == 1, "the model has the line that is changed"
        text = text.replace(*changed)
    return parse_model(text).model


class PermissionWorld:
    """Numbers of who is where; tuples and questions are made of them. The same arguments give the same world."""

    def __init__(self, scale: float = 1.0, seed: int = 1) -> None:
        chance = self.chance = Random(seed)
        self.users, self.groups, self.swarms, self.folders, self.documents = (
            max(20, round(count * scale)) for count in (USERS, GROUPS, SWARMS, FOLDERS, DOCUMENTS)
        )
        self.group_above = [chance.randrange(max(0, each - GROUPS_APART_MAX), each) for each in range(1, self.groups)]
        self.groups_of = [chance.sample(range(self.groups), GROUPS_A_USER) for _ in range(self.users)]
        self.members = [chance.sample(range(self.users), USERS_A_SWARM) for _ in range(self.swarms)]
        self.folder_above = [chance.randrange(each) for each in range(1, self.folders)]
        self.group_of_folder = [chance.randrange(self.groups) for _ in range(self.folders)]
        self.owners = [chance.randrange(self.users) for _ in range(self.documents)]
        self.editors = [self._editor() for _ in range(self.documents)]
        self.folder_of = {
            each: chance.randrange(self.folders) for each in range(self.documents) if chance.random() < IN_FOLDER
        }
        self.users_of: dict[int, list[int]] = {}
        for user, groups in enumerate(self.groups_of):
            for group in groups:
                self.users_of.setdefault(group, []).append(user)

    def _editor(self) -> str:
        if self.chance.random() < EDITED_BY_GROUP:
            return f"group:{self.chance.randrange(self.groups)}"
        return f"swarm:{self.chance.randrange(self.swarms)}"

    def user(self) -> str:
        """Return any user."""
        return f"user:{self.chance.randrange(self.users)}"

    def document(self) -> str:
        """Return any document."""
        return f"document:{self.chance.randrange(self.documents)}"

    def tuples(self) -> Iterator[RelationshipTuple]:
        """Yield some 720,000 tuples."""
        for number, above in enumerate(self.group_above, start=1):
            yield RelationshipTuple(f"group:{number}#member", "member", f"group:{above}")
        for number, groups in enumerate(self.groups_of):
            yield from (RelationshipTuple(f"user:{number}", "member", f"group:{each}") for each in groups)
        for number, members in enumerate(self.members):
            yield from (RelationshipTuple(f"user:{each}", "member", f"swarm:{number}") for each in members)
        for number, above in enumerate(self.folder_above, start=1):
            yield RelationshipTuple(f"folder:{above}", "parent", f"folder:{number}")
        for number, group in enumerate(self.group_of_folder):
            yield RelationshipTuple(f"group:{group}#member", "viewer", f"folder:{number}")
        yield from self._document_tuples()

    def _document_tuples(self) -> Iterator[RelationshipTuple]:
        chance = Random(2)
        for number, (owner, editor) in enumerate(zip(self.owners, self.editors, strict=True)):
            document = f"document:{number}"
            yield RelationshipTuple(f"user:{owner}", "owner", document)
            yield RelationshipTuple(f"{editor}#member", "editor", document)
            if number in self.folder_of:
                yield RelationshipTuple(f"folder:{self.folder_of[number]}", "parent", document)
            if chance.random() < BLOCKED:
                yield RelationshipTuple(f"user:{chance.randrange(self.users)}", "blocked", document)

    def more_tuples(self, count: int) -> Iterator[RelationshipTuple]:
        """Yield so many further tuples, no two of one key: swarms that may view documents."""
        for number in range(count):
            swarm = (number * 7919) % self.swarms
            document = (number + number // self.documents) % self.documents
            yield RelationshipTuple(f"swarm:{swarm}#member", "viewer", f"document:{document}")

    def questions(self, count: int) -> list[Question]:
        """Ask who reads what: half of it of anybody, half of owners, editors and readers of folders in turn."""
        known = [self._owned, self._edited, self._filed]
        return [
            known[number // 2 % 3]() if number % 2 else (self.user(), "reader", self.document())
            for number in range(count)
        ]

    def _owned(self) -> Question:
        number = self.chance.randrange(self.documents)
        return f"user:{self.owners[number]}", "reader", f"document:{number}"

    def _edited(self) -> Question:
        number = self.chance.randrange(self.documents)
        kind, _, editor = self.editors[number].partition(":")
        users = self.members[int(editor)] if kind == "swarm" else self.users_of.get(int(editor), [0])
        return f"user:{self.chance.choice(users)}", "reader", f"document:{number}"

    def _filed(self) -> Question:
        """Ask for a member of the group of a folder that is up to two folders above the document."""
        number = self.chance.choice(list(islice(self.folder_of, 1000)))
        folder = self.folder_of[number]
        for _ in range(self.chance.randrange(3)):
            folder = self.folder_above[folder - 1] if folder else folder
        users = self.users_of.get(self.group_of_folder[folder], [0])
        return f"user:{self.chance.choice(users)}", "reader", f"document:{number}"


def batches(tuples: Iterable[RelationshipTuple], size: int = TUPLES_A_WRITE) -> Iterator[list[RelationshipTuple]]:
    """Yield lists of so many tuples."""
    waiting = iter(tuples)
    while batch := list(islice(waiting, size)):
        yield batch


def users_with_long_lists(world: PermissionWorld, graph: PermissionGraph, count: int) -> list[str]:
    """Return users who may view some 1,000 documents, at most so many."""
    users = map("user:{}".format, range(world.users))
    long = (user for user in users if len(graph.list_objects(user, "viewer", "document")) in LONG)
    return list(islice(long, count))

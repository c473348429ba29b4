"""What the log must say of commands that were acknowledged: each one there once, whole, under the revision told."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.kernel.records import RecordKey
from graph_api.ops.settings import Settings
from graph_api.projection.commit import Commit
from graph_api.projection.records import Remembered, remembered_id
from graph_api.projection.state import differences
from graph_api.projection.verify import commits_from
from graph_api.store.database import open_database
from tests.soak.clients import Acknowledged
from tests.soak.services import CODEC, LastWords, loaded, words_of
from tests.support.command_line import commands_on, told
from tests.support.folds import Fold
from tests.support.replicas import Site


class Written(msgspec.Struct, frozen=True):
    """One command as the log has it: where, and every record that it wrote but its remembered outcome."""

    operation: str
    revision: int
    records: frozenset[RecordKey]


async def written_under(commits: AsyncIterator[Commit]) -> Mapping[str, list[Written]]:
    """Return what the log has of each idempotency key, by the id of the outcome remembered under it."""
    found: dict[str, list[Written]] = defaultdict(list)
    async for commit in commits:
        for operation, keys in commands_of(commit):
            remembered = [key[1] for key in keys if key[0] == Remembered.__name__]
            records = frozenset(key for key in keys if key[0] != Remembered.__name__)
            for remembered_as in remembered:
                found[remembered_as].append(Written(operation, commit.revision, records))
    return found


def commands_of(commit: Commit) -> list[tuple[str, list[RecordKey]]]:
    """Return the commands of a commit with the keys of what each of them changed."""
    commands: list[tuple[str, list[RecordKey]]] = []
    for entry in commit.entries:
        if entry.command is not None:
            commands.append((entry.command.operation, []))
        elif entry.change is not None:
            commands[-1][1].append(entry.change.key)
    return commands


def judge(acknowledged: Sequence[Acknowledged], found: Mapping[str, list[Written]]) -> None:
    """See that the log has each acknowledged command exactly once, whole and where it was told, and no other."""
    expected = {
        remembered_id(LOCAL_ADMINISTRATOR.id, one.operation, one.key): Written(one.operation, one.revision, one.records)
        for one in acknowledged
    }
    assert len(expected) == len(acknowledged)
    wrong = {key: (found.get(key), one) for key, one in expected.items() if found.get(key) != [one]}
    assert dict(list(wrong.items())[:3]) == {}, f"{len(wrong)} of {len(expected)}"
    assert found.keys() == expected.keys()


async def judge_all(
    site: Site, settings: Settings, acknowledged: Sequence[Acknowledged], words: Sequence[LastWords]
) -> None:
    """See that log, graph and memories agree, and that they hold what was acknowledged."""
    with commands_on(site):
        verified = await told("log", "verify")
    async with open_database(site.address, settings) as database:
        state = await loaded(database)
        folded = await Fold(database).up_to(state.revision)
        assert differences(state.graph, folded.graph) == {}
        assert [*words, words_of(folded)] == [words_of(state)] * 3
        assert (verified["commits"], verified["hash"]) == (state.revision, state.hash)
        judge(acknowledged, await written_under(commits_from(database, CODEC, 1)))

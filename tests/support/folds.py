"""The state as the log alone tells it."""

from graph_api.projection.commit import FIRST_HASH, CommitCodec
from graph_api.projection.state import State
from graph_api.projection.verify import commits_from
from graph_api.store.database import Database
from graph_api.store.log import HeadRow, read_head
from tests.support.replicas import REGISTRY

CODEC = CommitCodec(REGISTRY)


class Fold:
    """The fold of a log from its first commit on, as far as it was asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state: State | None = None

    async def up_to(self, revision: int) -> State:
        """Return the state at a revision, which is not before the last one asked for."""
        state = self._state = self._state or await self._first()
        async for commit in commits_from(self._database, CODEC, state.revision + 1):
            if commit.revision > revision:
                break
            state.evolve(commit)
        assert state.revision == revision
        return state

    async def _first(self) -> State:
        async with self._database.transaction(write=False) as transaction:
            head = await read_head(transaction)
        assert head is not None
        return State(HeadRow(head.log_id, head.format, 0, FIRST_HASH, head.at, []))

"""A command as a process of its own that sends itself a signal when it has made so many commits of an import.

Arguments: the signal's number, the number of commits, and the command's own arguments.
"""

import os
import signal
import sys

from graph_api.cli.main import run
from graph_api.projection.deciding import Work
from graph_api.projection.replica import Replica


def stop_after(commits: int, signal_number: int) -> None:
    """Let the replicas of this process count their commits of imports."""
    commit, left = Replica.commit, iter(range(commits - 1, -1, -1))

    async def counted(self: Replica, work: Work) -> int:
        revision = await commit(self, work)
        if work.import_id is not None and next(left, None) == 0:
            os.kill(os.getpid(), signal_number)
        return revision

    Replica.commit = counted


if __name__ == "__main__":
    # A shell lets what it starts in the background ignore Ctrl-C, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_after(int(sys.argv[2]), int(sys.argv[1]))
    sys.exit(run(sys.argv[3:]))

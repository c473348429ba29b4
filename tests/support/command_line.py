"""The command line in tests: run in this process, or as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, Final

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from tests.support.replicas import Site

DEADLINE_SECONDS: Final = 300.0


def variables(site: Site) -> dict[str, str]:
    """Return the environment in which commands find a server and a folder of their own."""
    named = {"NEO4J_URI": site.address.uri, "SWARMGRAPH_DATA_DIR": str(site.folder)}
    if site.address.password is not None:
        named |= {"NEO4J_USERNAME": site.address.username, "NEO4J_PASSWORD": site.address.password}
    return named


@contextmanager
def commands_on(site: Site) -> Generator[None]:
    """Let commands of this process find the server, as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(site).items():
            patch.setenv(name, value)
        yield


async def told(*arguments: str) -> Any:
    """Run a command that must succeed and return the JSON that it prints."""
    return await asyncio.to_thread(_told, [*arguments, "--json"])


def _told(arguments: list[str]) -> Any:
    printed = StringIO()
    with redirect_stdout(printed):
        code = run(arguments)
    assert code == ExitCode.DONE, printed.getvalue()
    return json.loads(printed.getvalue())


class Told:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands that begin with some words and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *group: str) -> None:
        self._capsys = capsys
        self._group = group

    def __call__(self, *words: str) -> Told:
        self._capsys.readouterr()
        code = run([*self._group, *words])
        told = self._capsys.readouterr()
        return Told(code, told.out, told.err)


async def stopped(site: Site, how: signal.Signals, commits: int, *arguments: str) -> int:
    """Run a command that gets a signal after so many commits of an import, and return how its process ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.stopping_command", str(how.value), str(commits), *arguments,
        env=os.environ | variables(site),
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

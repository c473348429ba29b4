"""The command line in tests: run in this process, or as a process of its own."""

import asyncio
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import pytest

from graph_api.cli.main import run
from graph_api.cli.outcome import ExitCode
from tests.support.replicas import Site


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


async def started(site: Site, *arguments: str, **more: str) -> asyncio.subprocess.Process:
    """Start a command as a process of its own, with more variables; what it prints is thrown away."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "graph_api.cli", *arguments,
        env=os.environ | variables(site) | more, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

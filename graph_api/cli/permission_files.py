"""`swarmgraph permission import` and `export`: tuples as files, all or nothing, as the local administrator."""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.cli.composition import PERMISSION_DECLARED, open_site, settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.paths import prove_file, writing
from graph_api.cli.permission import limits_of
from graph_api.cli.permission_options import JsonOption, pretty
from graph_api.cli.progress import counting
from graph_api.kernel.commands import InputRejected, Problem
from graph_api.kernel.errors import BadUserInput
from graph_api.ops.settings import Settings
from graph_api.permission import PermissionGraphError, RelationshipTuple, TupleSource
from graph_api.permission.errors import ModelProblem
from graph_api.permission.files.folder import content, read_store_at
from graph_api.permission.files.source import FileLimits
from graph_api.permission.files.store import Store
from graph_api.permission.files.store_writing import write_store
from graph_api.permission.files.tuple_reading import TupleFormat, format_of, read_tuples
from graph_api.permission.files.tuple_writing import write_tuples
from graph_api.permission.importing import TuplesImported
from graph_api.permission.live_model import live_model
from graph_api.permission.service import Permissions, open_permissions
from graph_api.permission.tuples import StoredTuple, TupleKey, TupleRules

_STORE_ENDINGS: Final = (".fga.yaml", ".fga.yml", ".fga", ".mod")
_SHOWN_MAX: Final = 100


class FileFormat(StrEnum):
    """How tuples are written."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"
    STORE = "store"


class ImportedFiles(msgspec.Struct, frozen=True, rename="camel"):
    """What became of an import: counts where it was made, else all that stands against it."""

    imported: bool = False
    added: int = 0
    unchanged: int = 0
    expired: int = 0
    revision: str | None = None
    problems: tuple[str, ...] = ()


def import_command(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Tuples (.csv, .json, .jsonl, .yaml) or store files (.fga.yaml)."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Import the tuples of files, all or none; those that are over are left out, importing twice changes nothing."""
    settings = settings_of(context)
    report = asyncio.run(_import(settings, files))
    typer.echo(pretty(report) if as_json else "\n".join(_told(report)))
    if not report.imported:
        raise typer.Exit(ExitCode.REFUSED)


async def _import(settings: Settings, files: Sequence[Path]) -> ImportedFiles:
    limits = limits_of(settings)
    async with open_site(settings) as replica, open_permissions(replica, PERMISSION_DECLARED, settings) as permissions:
        try:
            tuples = await asyncio.to_thread(_joined, files, limits, live_model(replica.graph).rules)
        except PermissionGraphError as error:
            return ImportedFiles(problems=tuple(_problems(error)))
        with counting("Importing") as show:
            outcome = await permissions.importing.run(
                tuples, actor=LOCAL_ADMINISTRATOR.id, at=permissions.now(), progress=show
            )
    return _reported(outcome)


def _joined(files: Iterable[Path], limits: FileLimits, rules: TupleRules) -> list[RelationshipTuple]:
    """Read files; equal tuples are one. Raises PermissionGraphError with all problems of the first bad file."""
    found: dict[TupleKey, tuple[RelationshipTuple, Path]] = {}
    for path in files:
        for each in _tuples_in(path, limits, rules):
            before, where = found.setdefault(each.key, (each, path))
            if before != each:
                raise BadUserInput(
                    f"{each.user} {each.relation} {each.object} stands in {where} and, with another condition or end, "
                    f"in {path}.",
                    suggestion="Remove one of them.",
                    place=("FILE",),
                )
    return [each for each, _ in found.values()]


def _tuples_in(path: Path, limits: FileLimits, rules: TupleRules) -> tuple[RelationshipTuple, ...]:
    with reading(path):
        if path.name.endswith(_STORE_ENDINGS):
            return read_store_at(path, limits=limits).store.tuples
        form = format_of(path.as_posix())
        data = content(path, limits.file_max_bytes)
        return read_tuples(data, form, path.as_posix(), limits=limits, rules=rules)


def _reported(outcome: TuplesImported | InputRejected) -> ImportedFiles:
    if isinstance(outcome, InputRejected):
        return ImportedFiles(problems=tuple(map(_words, outcome.problems)))
    return ImportedFiles(
        imported=True,
        added=outcome.added,
        unchanged=outcome.unchanged,
        expired=outcome.expired,
        revision=outcome.revision,
    )


def _words(problem: Problem) -> str:
    return f"{': '.join(problem.path)}: {problem.message} {problem.suggestion or ''}".rstrip()


def _problems(error: PermissionGraphError) -> Iterable[str]:
    return map(str, error.problems or (ModelProblem("invalid-file", error.message, error.suggestion),))


def _told(report: ImportedFiles) -> Iterable[str]:
    if not report.imported:
        count = len(report.problems)
        yield f"{count} problem{'s' * (count != 1)}; nothing was imported."
        yield from (f"  {problem}" for problem in report.problems[:_SHOWN_MAX])
        if count > _SHOWN_MAX:
            yield f"  and {count - _SHOWN_MAX} more."
        return
    over = f", {report.expired} were over and are left out" if report.expired else ""
    yield f"Imported {report.added} tuples, {report.unchanged} stood already{over}; revision {report.revision}."


def export_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; an older one is replaced.")],
    form: Annotated[
        FileFormat | None, typer.Option("--format", help="How to write it; left out: as the end of its name says.")
    ] = None,
    with_invalid: Annotated[
        bool, typer.Option("--with-invalid", help="Also tuples that the live model does not let count.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export the tuples that were written, not those that follow from the organization, for an import."""
    wanted = form or _format_named(file)
    prove_file(file, "FILE")
    text, written, left_out = asyncio.run(_export(settings_of(context), wanted, with_invalid=with_invalid))
    with writing(file, "FILE"):
        file.write_text(text, encoding="utf-8", newline="")
    if as_json:
        typer.echo(pretty({"file": str(file), "format": wanted.value, "written": written, "leftOut": left_out}))
        return
    typer.echo(f"Wrote {written} tuples to {file}.")
    if left_out:
        typer.echo(f"{left_out} that the live model does not let count are left out; --with-invalid writes them too.")


def _format_named(path: Path) -> FileFormat:
    if path.name.endswith(_STORE_ENDINGS):
        return FileFormat.STORE
    try:
        return FileFormat(format_of(path.name).value)
    except PermissionGraphError as error:
        raise BadUserInput(
            f"The name {path.name!r} says no format.", suggestion="Give --format, or another name.", place=("FILE",)
        ) from error


async def _export(settings: Settings, form: FileFormat, *, with_invalid: bool) -> tuple[str, int, int]:
    """Return the text, and how many tuples are in it and left out."""
    async with open_site(settings) as replica, open_permissions(replica, PERMISSION_DECLARED, settings) as permissions:
        stored = _living(permissions)
        kept = [each.tuple for each in stored if each.valid or with_invalid]
        return _text(permissions, kept, form), len(kept), len(stored) - len(kept)


def _living(permissions: Permissions) -> list[StoredTuple]:
    now = permissions.now()
    explicit = (each for each in permissions.graph.read() if each.source is TupleSource.EXPLICIT)
    return [each for each in explicit if each.tuple.expires_at is None or each.tuple.expires_at > now]


def _text(permissions: Permissions, tuples: Sequence[RelationshipTuple], form: FileFormat) -> str:
    try:
        if form is FileFormat.STORE:
            return write_store(Store(permissions.graph.model, tuples=tuple(sorted(tuples, key=lambda each: each.key))))
        text = write_tuples(tuples, TupleFormat(form.value))
    except PermissionGraphError as error:
        raise BadUserInput(error.message, suggestion="Write CSV, JSON or JSONL.", place=("--format",)) from error
    if form is FileFormat.YAML and (size := len(text.encode())) > (most := FileLimits().yaml_max_bytes):
        raise BadUserInput(
            f"As YAML the tuples have {size:,} bytes, and files of more than {most:,} are not read.",
            suggestion="Write CSV, JSON or JSONL.",
            place=("--format",),
        )
    return text


@contextmanager
def reading(path: Path) -> Generator[None]:
    """Tell what keeps a file from being read; raises BadUserInput."""
    try:
        yield
    except OSError as fault:
        raise BadUserInput(
            f"{path} cannot be read: {fault.strerror or fault}.", suggestion="Name a file that can be.", place=("FILE",)
        ) from fault


def told_of(error: PermissionGraphError, path: Path) -> BadUserInput:
    """Return the error of a file that cannot be understood: all its problems in one paragraph."""
    named = "" if error.problems else f"{path} cannot be used: "
    return BadUserInput(f"{named}{' '.join(_problems(error))}", place=("FILE",))

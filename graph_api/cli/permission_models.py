"""`swarmgraph permission model`: show the live authorization model, write another one, or look what that would do."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from graph_api.cli.composition import settings_of
from graph_api.cli.outcome import ExitCode
from graph_api.cli.permission_files import reading, told_of
from graph_api.cli.permission_options import JsonOption, answer_to, pretty
from graph_api.kernel.errors import NotFound
from graph_api.permission import PermissionGraphError
from graph_api.permission.files.folder import content, fetching
from graph_api.permission.files.model_files import MODEL_FILE_MAX_BYTES
from graph_api.permission.files.model_source import read_model_source
from graph_api.permission.files.source import FileLimits

model = typer.Typer(no_args_is_help=True, help="Show, write or try an authorization model.")

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A model: DSL (.fga), OpenFGA's JSON (.json), or fga.mod with modules.")
]
_CHANGES_SHOWN: Final = 20
_PROBLEMS: Final = "{ line column code message suggestion }"
_SHOW: Final = "query Model($id: ID) { authorizationModel(id: $id) { %s } }"
_WRITE: Final = f"""mutation Write($input: WriteAuthorizationModelInput!) {{
  outcome: writeAuthorizationModel(input: $input) {{
    __typename
    ... on AuthorizationModelWritten {{ model {{ id live createdAt }} invalidTuples warnings {_PROBLEMS} revision }}
    ... on AuthorizationModelRejected {{ message problems {_PROBLEMS} }}
  }}
}}"""
_PREVIEW: Final = f"""query Preview($source: ModelSourceInput!) {{
  outcome: previewAuthorizationModel(source: $source) {{
    __typename
    ... on AccessPreview {{
      gains losses invalidTuples warnings {_PROBLEMS} revision
      changes {{ user relation object before after }}
    }}
    ... on AuthorizationModelRejected {{ message problems {_PROBLEMS} }}
  }}
}}"""


@model.command()
def show(
    context: typer.Context,
    model_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A model that was written before; left out: the live one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as OpenFGA's JSON.")] = False,
) -> None:
    """Print a model in the modelling language, or as OpenFGA's JSON."""
    # Only what is shown: there are models that the modelling language cannot say.
    asked = _SHOW % ("json" if as_json else "dsl")
    found = answer_to(settings_of(context), asked, {"id": model_id})["authorizationModel"]
    if found is None:
        raise NotFound(f"There is no model {model_id!r}.", suggestion="Leave the id out for the live one.")
    typer.echo(pretty(found["json"]) if as_json else found["dsl"].rstrip("\n"))


@model.command()
def write(context: typer.Context, file: FileArgument, as_json: JsonOption = False) -> None:
    """Write a model and make it live; exit code 1 where it cannot be live. Types of the core module are added."""
    outcome = answer_to(settings_of(context), _WRITE, {"input": {"source": _source(file)}})["outcome"]
    _tell(outcome, file, _written, as_json=as_json)


@model.command()
def preview(context: typer.Context, file: FileArgument, as_json: JsonOption = False) -> None:
    """Say whose access a model would alter, all tuples as they are; nothing is changed."""
    outcome = answer_to(settings_of(context), _PREVIEW, {"source": _source(file)})["outcome"]
    _tell(outcome, file, _previewed, as_json=as_json)


def _source(path: Path) -> dict[str, Any]:
    with reading(path):
        data = content(path, MODEL_FILE_MAX_BYTES)
        try:
            found = read_model_source(data, path.as_posix(), fetching(path.parent, FileLimits()))
        except PermissionGraphError as error:
            raise told_of(error, path) from error
    return {name: value for name, value in msgspec.to_builtins(found).items() if value is not None}


def _tell(outcome: dict[str, Any], file: Path, lines: Any, *, as_json: bool) -> None:
    """Print what became of a model; where it was refused, end with exit code 1."""
    refused = outcome["__typename"] == "AuthorizationModelRejected"
    if as_json:
        typer.echo(pretty(outcome))
    else:
        told = (outcome["message"], *_problems(outcome["problems"], file)) if refused else lines(outcome, file)
        typer.echo("\n".join(told))
    if refused:
        raise typer.Exit(ExitCode.REFUSED)


def _written(outcome: dict[str, Any], file: Path) -> Iterator[str]:
    written = outcome["model"]
    yield f"{written['id']} {'is live' if written['live'] else 'was written, and another one after it'}."
    yield from _doubts(outcome, file)


def _previewed(outcome: dict[str, Any], file: Path) -> Iterator[str]:
    changes: Sequence[dict[str, Any]] = outcome["changes"]
    yield f"{outcome['gains']} accesses would be gained, {outcome['losses']} lost."
    for each in changes[:_CHANGES_SHOWN]:
        yield f"  {each['user']} {each['relation']} {each['object']}: {each['before']} -> {each['after']}"
    if len(changes) > _CHANGES_SHOWN:
        yield f"  and {outcome['gains'] + outcome['losses'] - _CHANGES_SHOWN} more; --json lists the first 1,000."
    yield from _doubts(outcome, file)


def _doubts(outcome: dict[str, Any], file: Path) -> Iterator[str]:
    if outcome["invalidTuples"]:
        yield f"{outcome['invalidTuples']} tuples do not count under it; `permission tuples --invalid` lists those."
    yield from (f"  warning: {problem.strip()}" for problem in _problems(outcome["warnings"], file))


def _problems(problems: Iterable[dict[str, Any]], file: Path) -> Iterator[str]:
    for problem in problems:
        place = f"{file.as_posix()}:{problem['line']}:{problem['column']}: " if problem["line"] else ""
        yield f"  {place}{problem['message']} {problem['suggestion'] or ''}".rstrip()

"""Print docs/settings.md from the settings themselves: `python -m graph_api.ops.settings_page`."""

import sys
from typing import Final

from pydantic.fields import FieldInfo

from graph_api.ops.settings import Settings, variable_of

_HEAD: Final = """# Settings

Every setting is an environment variable; a name ends in its unit. An unknown variable with the prefix `SWARMGRAPH_`, or
a value that cannot be used, is refused by every command, never ignored. This page is printed from the code by `make
docs`, and a test compares the two.

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the page: one row a setting, in the order of the code."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{variable_of(name)}` | {_default(field)} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's folder"
    return "none" if field.default is None else f"`{field.default}`"


if __name__ == "__main__":
    sys.stdout.write(settings_page())

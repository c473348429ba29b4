"""Files that ship beside the code: query files, the printed schema and the seed organization."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def project_path(name: str) -> Path:
    """Return a shipped file or folder, in a source checkout or in an installed wheel."""
    installed = _PACKAGE / "_files" / name
    return installed if installed.exists() else _PACKAGE.parent / name

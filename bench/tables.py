"""The tables of bench/README.md: each benchmark replaces its own, with machine, date and commit."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

README = Path(__file__).with_name("README.md")


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def publish(name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """Print a table and put it between its markers in the page."""
    table = markdown(columns, rows)
    print(f"\n{name}\n{table}\n{note}", flush=True)
    stamp = f"Last run: {datetime.now(UTC):%Y-%m-%d}, commit {commit()}, {machine()}."
    block = f"<!-- {name} -->\n{table}\n\n{note + ' ' if note else ''}{stamp}\n<!-- end {name} -->"
    pattern = re.compile(rf"<!-- {re.escape(name)} -->.*?<!-- end {re.escape(name)} -->", re.DOTALL)
    page = README.read_text(encoding="utf-8")
    found = pattern.search(page)
    page = page.replace(found[0], block) if found else f"{page.rstrip()}\n\n{block}\n"
    README.write_text(page, encoding="utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"

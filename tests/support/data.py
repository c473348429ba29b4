"""The real data sets, which are never part of the product: beside the checkout, or where SWARMGRAPH_DATA says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(name: str) -> Path:
    """Return the folder of a real set, or skip the test."""
    root = Path(os.environ.get("SWARMGRAPH_DATA") or _BESIDE)
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"the real data set {name} is not there; SWARMGRAPH_DATA names the folder that holds it")
    return folder


def truths(name: str) -> dict[str, Any]:
    """Return the answers that come with a real set, by the id of the question."""
    text = (shared_data(name) / "truths.json").read_text(encoding="utf-8")
    return {truth["id"]: truth["answer"] for truth in json.loads(text)}

"""One made-up organization of the default scale for all tests of this folder."""

from datetime import date
from typing import Any

import pytest

from graph_api.generate.scale import Scale
from graph_api.generate.seller import Generated, build
from graph_api.kernel.records import Record

SEED = 7
TODAY = date(2026, 6, 30)


@pytest.fixture(scope="session")
def generated() -> Generated:
    return build(Scale(), SEED, TODAY)


@pytest.fixture(scope="session")
def records(generated: Generated) -> list[Record]:
    return generated.records


@pytest.fixture(scope="session")
def planted(generated: Generated) -> dict[str, Any]:
    return generated.truths

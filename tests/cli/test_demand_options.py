"""A demand told by options, by JSON, and by both."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from graph_api.cli.demand import days_of, demand_from, pairs_of, skills_of, window_of
from graph_api.kernel.errors import BadUserInput

FULL = {"skillId": "skill:tax", "minimumLevel": 3, "seats": 2, "weight": 1}


def test_skill_is_told_by_its_parts_and_the_rest_is_left_to_the_service() -> None:
    assert skills_of(["skill:tax", "skill:tax,3,2,1", "skill:tax,3,2,1,critical", "skill:tax,critical"]) == [
        {"skillId": "skill:tax"},
        FULL,
        FULL | {"critical": True},
        {"skillId": "skill:tax", "critical": True},
    ]
    assert skills_of([]) is None


@pytest.mark.parametrize("text", ["skill:tax,three", "skill:tax,1,2,3,4", "skill:tax,critical,3", "skill:tax,"])
def test_unreadable_skill_is_told_with_the_form_to_write(text: str) -> None:
    with pytest.raises(BadUserInput, match="ID,LEVEL,SEATS,WEIGHT"):
        skills_of([text])


def test_days_come_in_twos() -> None:
    first, last = datetime(2026, 3, 2), datetime(2026, 3, 9)  # noqa: DTZ001  # as the option gives them
    assert days_of(first, last) == {"startsOn": "2026-03-02", "endsOn": "2026-03-09"}
    assert days_of(None, None) is None
    for given in ((first, None), (None, last)):
        with pytest.raises(BadUserInput, match="--until"):
            days_of(*given)


def test_window_is_a_zone_and_hours() -> None:
    assert window_of("America/Mexico_City,4.5") == {"timezone": "America/Mexico_City", "maximumOffsetHours": 4.5}
    with pytest.raises(BadUserInput, match="no window of zones"):
        window_of("America/Mexico_City")


def test_pair_is_two_people() -> None:
    assert pairs_of(["person:a,person:b"]) == [{"firstId": "person:a", "secondId": "person:b"}]
    with pytest.raises(BadUserInput, match="no pair"):
        pairs_of(["person:a"])


def test_options_are_laid_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "demand.json"
    path.write_text(json.dumps({"headcount": 3, "share": 0.5}), encoding="utf-8")
    assert demand_from(path, {"headcount": 4, "pinnedIds": [], "days": None}) == {"headcount": 4, "share": 0.5}
    assert demand_from(None, {"headcount": None}) is None


@pytest.mark.parametrize("text", ["[1]", "{", "\xff"])
def test_file_that_holds_no_object_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "demand.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadUserInput, match="holds no JSON object"):
        demand_from(path, {})


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadUserInput, match="cannot be read"):
        demand_from(tmp_path / "none.json", {})

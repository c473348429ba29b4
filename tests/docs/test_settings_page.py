"""docs/settings.md is what the code prints, and names every setting."""

from pathlib import Path

from graph_api.ops.settings import Settings, variable_of
from graph_api.ops.settings_page import settings_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_settings_page_is_the_printed_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), "run `make docs`"


def test_every_setting_stands_on_the_page_with_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert f"`{variable_of(name)}`" in settings_page()
        assert field.description

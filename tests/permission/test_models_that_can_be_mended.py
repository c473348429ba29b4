"""A model under which the administrator for good could write no other one is refused."""

import pytest

from graph_api.permission.commands import ModelSource
from graph_api.permission.core import shipped_core
from graph_api.permission.errors import PermissionGraphError
from tests.permission.world import CORE

ADMINISTRATOR = "define administrator: [admin, person, integration, unit#member]"
WRITES = "define can_write_models: administrator"
MENDING = (
    "`can_write_models` of the type `organization` must follow from `administrator`, without exception: else nobody "
    "could mend the model."
)
LOCKED_OUT = {
    "by an exception": (WRITES, "define banned: [person]\n    define can_write_models: administrator but not banned"),
    "by another role": (WRITES, "define can_write_models: integrator"),
    "by a condition on both": (WRITES, "define can_write_models: administrator and integrator"),
    "by an exception of the role": (
        ADMINISTRATOR,
        "define banned: [person]\n    define administrator: [admin, person, integration, unit#member] but not banned",
    ),
}


def problems(*replaced: str) -> list[str]:
    old, new = replaced
    text = shipped_core()
    assert text.count(old) == 1
    try:
        CORE.complete(ModelSource(dsl=text.replace(old, new)))
    except PermissionGraphError as fault:
        return [problem.message for problem in fault.problems]
    return []


@pytest.mark.parametrize("how", LOCKED_OUT)
def test_the_administrator_for_good_cannot_be_locked_out(how: str) -> None:
    assert problems(*LOCKED_OUT[how]) == [MENDING]


def test_the_administrator_for_good_cannot_be_left_out() -> None:
    (told,) = problems(ADMINISTRATOR, ADMINISTRATOR.replace("admin, ", ""))
    assert told.startswith("`administrator` of the type `organization` must be assignable to [admin]")


def test_others_may_write_models_as_well() -> None:
    assert problems(WRITES, f"{WRITES} or integrator") == []

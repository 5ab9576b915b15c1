"""The exception tree, and the one JSON form of every problem."""

from __future__ import annotations

import json

import pytest

from models import errors
from models.errors import DocumentError, OquError, Problem, ShapeError, WiringError

CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OquError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_stands_in_the_tree_of_the_modules_docstring(kind: type[OquError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__doc__


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_the_same_json_form(kind: type[OquError]) -> None:
    error = kind("some.key", "It is wrong.", hint="Mend it.", path=("a", 0), layer="conv_1", expected=3)
    assert json.loads(error.problem.model_dump_json()) == {
        "error": kind.__name__,
        "key": "error.some.key",
        "params": {"expected": 3},
        "detail": "It is wrong.",
        "where": {"path": ["a", 0], "layer": "conv_1", "row": None, "column": None},
        "hint": "Mend it.",
    }
    assert str(error) == "a.0: It is wrong. Mend it."


def test_several_problems_travel_as_one_error_with_the_first_as_its_face() -> None:
    problems: list[Problem] = [
        WiringError("one", "First.", path=("x",)).problem,
        ShapeError("two", "Second.").problem,
    ]
    error = DocumentError.of(problems)
    assert error.problem == problems[0]
    assert error.problems == tuple(problems)
    assert str(error) == "x: First."

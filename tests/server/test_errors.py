"""Every failure has a status, and says so in the tree at the top of its module."""

import re
from collections.abc import Iterator

import pytest

from models import errors as model_errors
from models.errors import DocumentError, OquError, Problem
from server import errors
from server.errors import FencedError, ServerError, failure_of, status_of


def family(base: type[OquError]) -> Iterator[type[OquError]]:
    for child in base.__subclasses__():
        yield child
        yield from family(child)


OURS = [kind for kind in family(ServerError) if kind.__module__ == errors.__name__]
THEIRS = [kind for kind in family(OquError) if kind.__module__ == model_errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_the_tree_in_the_docstring_names_every_error_with_its_status(kind):
    assert re.search(rf"{kind.__name__}\s+{kind.status} ", errors.__doc__)


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.__name__)
def test_what_goes_wrong_in_models_can_be_mended_by_the_caller(kind):
    assert 400 <= status_of(kind("test", "Wrong.")) < 500


def test_an_error_that_came_from_another_process_is_known_by_its_name():
    carried = OquError("test", "Late.")
    carried.problem = Problem(error="BusyError", key="error.test", detail="Late.")
    assert status_of(carried) == 503


def test_an_answer_carries_all_problems_and_the_first_is_its_face():
    problems = [Problem(error="ShapeError", key=f"error.{n}", detail=str(n)) for n in range(3)]
    answer = failure_of(DocumentError.of(problems), "abc")
    assert (answer.key, answer.request_id) == ("error.0", "abc")
    assert [problem.key for problem in answer.problems] == ["error.0", "error.1", "error.2"]


def test_a_single_error_is_its_own_only_problem():
    answer = failure_of(FencedError("run.fenced", "Late.", attempt=2))
    assert [problem.params for problem in answer.problems] == [{"attempt": 2}]

"""When a run looks up from learning."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from models.agenda import TIMELINE, Agenda, timeline
from models.learners.supervised import Supervised


def test_the_time_line_is_dense_at_first_ends_with_the_last_step_and_is_bounded() -> None:
    steps = timeline(10**7, TIMELINE)
    assert steps[0] == 1 and steps[-1] == 10**7 and len(steps) <= TIMELINE
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert gaps == sorted(gaps)
    assert timeline(0, TIMELINE) == timeline(5, 0) == []


AGENDA = Agenda(Supervised(epochs=1000), 10, 5, [1, 40, 900], 25)


@pytest.mark.parametrize(("step", "then"), [(0, 1), (1, 25), (25, 40), (40, 50), (899, 900), (950, 975)])
def test_the_next_stop_is_a_snapshot_or_a_report(step: int, then: int) -> None:
    assert AGENDA.next_step(step) == then


def test_with_nothing_to_do_the_next_stop_is_an_epoch_on() -> None:
    assert replace(AGENDA, timeline=[], report_every=0).next_step(7) == 17
    assert not replace(AGENDA, report_every=0).reports(25) and AGENDA.reports(25)


def test_the_first_epochs_are_measured_then_each_period_and_the_last() -> None:
    measured = [epoch for epoch in range(1, 1001) if AGENDA.evaluates(epoch)]
    assert measured[:100] == list(range(1, 101)) and measured[100:] == list(range(105, 1001, 5))
    learner = Supervised(epochs=7, evaluate_every=5)
    assert [e for e in range(1, 8) if replace(AGENDA, learner=learner).evaluates(e)] == [5, 7]

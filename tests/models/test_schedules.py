"""Schedules: pure functions that say what torch's schedulers remember."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.kinds import kinds
from models.schedules import MAX_PREVIEW, ConstantLR, CosineAnnealingLR, MultiStepLR, Schedule, StepLR
from tests.models.learning import experiment, rows, said

SETTINGS: dict[str, dict[str, Any]] = {
    "ConstantLR": {},
    "StepLR": {"step_size": 7, "gamma": 0.5},
    "MultiStepLR": {"milestones": [3, 12], "gamma": 0.3},
    "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingLR": {"T_max": 11, "eta_min": 0.01},
    "LinearLR": {"start_factor": 0.25, "end_factor": 0.5, "total_iters": 6},
}


@pytest.mark.parametrize("name", kinds(Schedule))
def test_rates_are_those_of_torch(name: str) -> None:
    ours = kinds(Schedule)[name](per="step", **SETTINGS[name])
    assert type(ours).model_validate_json(ours.model_dump_json()) == ours and type(ours).help()
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
    extra = {"factor": 1.0} if name == "ConstantLR" else {}
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **SETTINGS[name], **extra)
    expected = []
    for _ in range(30):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert ours.preview(30, lr=0.2, steps_per_epoch=1) == pytest.approx(expected, rel=1e-6)


def test_epochs_are_counted_where_epochs_are_asked_for() -> None:
    preview = StepLR(step_size=2, gamma=0.1).preview(12, lr=1.0, steps_per_epoch=3)
    assert preview == pytest.approx([1.0] * 6 + [0.1] * 6)


def test_a_warm_up_climbs_from_near_0_to_the_full_rate() -> None:
    preview = ConstantLR(warmup_steps=4).preview(6, lr=0.4, steps_per_epoch=2)
    assert preview == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_a_preview_of_a_long_run_is_thinned() -> None:
    preview = CosineAnnealingLR(T_max=100).preview(1_000_000, lr=1.0, steps_per_epoch=10_000)
    assert 0 < len(preview) <= MAX_PREVIEW


def test_a_run_learns_at_the_rate_of_its_schedule() -> None:
    schedule = MultiStepLR(milestones=[2, 5], gamma=0.1)
    run = said(experiment({"schedule": schedule.model_dump(), "optimizer": {"type": "SGD", "lr": 1.0}}))
    rates = [row.columns["learning_rate"][0] for row in rows(run)]
    assert rates == pytest.approx([1.0, 1.0, 1.0, 0.1, 0.1, 0.1] + [0.01] * 7)

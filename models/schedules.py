"""Schedules with torch's names: the learning rate as a pure function of epoch and step.

Torch's schedulers remember; these calculate, so that a resumed run has the same rate without a memory,
and the browser can draw the curve before anything learns.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from models.kinds import Kind, union

MAX_PREVIEW = 10_000


class Schedule(Kind):
    """Base of all schedules."""

    family: ClassVar[str] = "schedule"

    type: str
    per: Literal["epoch", "step"] = Field("epoch", title="Counts", description="What the schedule counts")
    warmup_steps: int = Field(
        0,
        ge=0,
        le=10_000_000,
        title="Warm-up",
        description="Steps over which the rate climbs from 0",
        json_schema_extra={"unit": "steps"},
    )

    def factor(self, lr: float, t: int) -> float:
        """What the rate is multiplied by when `t` epochs (or steps) are done."""
        raise NotImplementedError

    def rate(self, lr: float, epoch: int, step: int) -> float:
        """The learning rate of the next step, when `epoch` epochs and `step` steps are done."""
        rate = lr * self.factor(lr, epoch if self.per == "epoch" else step)
        return rate * (step + 1) / self.warmup_steps if step < self.warmup_steps else rate

    def preview(self, steps: int, *, lr: float, steps_per_epoch: int) -> list[float]:
        """The rate of each step, thinned to at most 10,000 values."""
        stride = max(1, math.ceil(steps / MAX_PREVIEW))
        return [self.rate(lr, step // max(1, steps_per_epoch), step) for step in range(0, steps, stride)]


class ConstantLR(Schedule):
    """The same rate all the time; with a warm-up, after it."""

    type: Literal["ConstantLR"] = "ConstantLR"

    def factor(self, lr: float, t: int) -> float:
        """1."""
        return 1.0


class StepLR(Schedule):
    """Multiplies the rate by gamma at regular distances."""

    type: Literal["StepLR"] = "StepLR"
    step_size: int = Field(30, ge=1, le=10_000_000, title="Distance")
    gamma: float = Field(0.1, gt=0, le=10, title="Gamma")

    def factor(self, lr: float, t: int) -> float:
        """gamma ** (t // step_size)"""
        return float(self.gamma ** (t // self.step_size))


class MultiStepLR(Schedule):
    """Multiplies the rate by gamma at each milestone."""

    type: Literal["MultiStepLR"] = "MultiStepLR"
    milestones: list[Annotated[int, Field(ge=1, le=10_000_000)]] = Field(
        [30, 80], min_length=1, max_length=100, title="Milestones"
    )
    gamma: float = Field(0.1, gt=0, le=10, title="Gamma")

    def factor(self, lr: float, t: int) -> float:
        """gamma to the number of milestones passed."""
        return float(self.gamma ** sum(t >= milestone for milestone in self.milestones))


class ExponentialLR(Schedule):
    """Multiplies the rate by gamma each time."""

    type: Literal["ExponentialLR"] = "ExponentialLR"
    gamma: float = Field(0.95, gt=0, le=2, title="Gamma")

    def factor(self, lr: float, t: int) -> float:
        """gamma ** t, held below what a float can carry."""
        return float(math.exp(min(600.0, t * math.log(self.gamma))))


class CosineAnnealingLR(Schedule):
    """Half a cosine from the full rate down to `eta_min` over `T_max`, and up again (SGDR, 2017)."""

    type: Literal["CosineAnnealingLR"] = "CosineAnnealingLR"
    T_max: int = Field(50, ge=1, le=10_000_000, title="Half period")
    eta_min: float = Field(0.0, ge=0, le=1e12, title="Lowest rate")

    def factor(self, lr: float, t: int) -> float:
        """The cosine; `eta_min` is a rate, not a factor."""
        if lr == 0:
            return 1.0
        low = self.eta_min / lr
        return low + (1 - low) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class LinearLR(Schedule):
    """A straight line between two factors over `total_iters`: warm-up, or a slow end."""

    type: Literal["LinearLR"] = "LinearLR"
    start_factor: float = Field(1 / 3, gt=0, le=1, title="First factor")
    end_factor: float = Field(1.0, ge=0, le=1, title="Last factor")
    total_iters: int = Field(5, ge=1, le=10_000_000, title="Length")

    def factor(self, lr: float, t: int) -> float:
        """The line, and its end after it."""
        share = min(t, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share


if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = union(Schedule)

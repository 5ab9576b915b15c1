"""A wave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation
from models.lazy import torch


class Sine(Activation):
    """The sine of each number: units that repeat, good for curves that do.

    `(N, ...)` -> `(N, ...)`. Sitzmann et al. 2020.
    """

    type: Literal["Sine"] = "Sine"
    omega: float = Field(1.0, gt=0, le=1000, title="Frequency", description="Factor before the sine is taken")

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Sine of each number."""
        return torch.sin(self.omega * inputs[0])

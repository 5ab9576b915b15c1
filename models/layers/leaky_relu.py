"""ReLU that lets a little through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation
from models.lazy import F, torch


class LeakyReLU(Activation):
    """Keeps positive numbers and shrinks negative ones, so that no unit dies.

    `(N, ...)` -> `(N, ...)`. Maas et al. 2013.
    """

    type: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: float = Field(
        0.01, ge=0, le=1, title="Negative slope", description="Factor for negative numbers"
    )

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """LeakyReLU of each number."""
        return F.leaky_relu(inputs[0], self.negative_slope)

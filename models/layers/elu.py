"""ReLU with a smooth negative side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation
from models.lazy import F, torch


class ELU(Activation):
    """Keeps positive numbers; negative ones fall smoothly towards -alpha: alpha (exp(x) - 1).

    `(N, ...)` -> `(N, ...)`. Clevert et al. 2015.
    """

    type: Literal["ELU"] = "ELU"
    alpha: float = Field(1.0, gt=0, le=100, title="Alpha", description="How far down the negative side goes")

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """ELU of each number."""
        return F.elu(inputs[0], self.alpha)

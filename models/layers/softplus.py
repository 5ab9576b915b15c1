"""ReLU without the corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation
from models.lazy import F, torch


class Softplus(Activation):
    """A rounded ReLU, always above 0: log(1 + exp(beta x)) / beta.

    `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Softplus"] = "Softplus"
    beta: float = Field(1.0, gt=0, le=100, title="Beta", description="How sharp the bend is")

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Softplus of each number."""
        return F.softplus(inputs[0], beta=self.beta)

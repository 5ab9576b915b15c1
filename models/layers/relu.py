"""The bend at zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import F, torch


class ReLU(Activation):
    """Keeps positive numbers and makes negative ones 0: simple, fast, and its gradient does not fade.

    `(N, ...)` -> `(N, ...)`. Nair and Hinton 2010.
    """

    type: Literal["ReLU"] = "ReLU"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """ReLU of each number."""
        return F.relu(inputs[0])

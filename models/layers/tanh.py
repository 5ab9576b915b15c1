"""The S-curve from -1 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import torch


class Tanh(Activation):
    """Squashes each number into -1 to 1, with the middle at 0.

    `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Tanh"] = "Tanh"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Tanh of each number."""
        return torch.tanh(inputs[0])

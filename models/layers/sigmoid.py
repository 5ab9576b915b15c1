"""The S-curve from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import torch


class Sigmoid(Activation):
    """Squashes each number into 0 to 1: 1 / (1 + exp(-x)). Far from 0 it is flat, so gradients fade.

    `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Sigmoid"] = "Sigmoid"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Sigmoid of each number."""
        return torch.sigmoid(inputs[0])

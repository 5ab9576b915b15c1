"""The threshold of the first artificial neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import torch


class Step(Activation):
    """1 where the number is 0 or more, else 0: the threshold of the perceptron. Its gradient is 0, so nothing learns
    through it by descent.

    `(N, ...)` -> `(N, ...)`. McCulloch and Pitts 1943, Rosenblatt 1958.
    """

    type: Literal["Step"] = "Step"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Made of signs, which have a gradient of 0, where a comparison would have none."""
        return (torch.sign(torch.sign(inputs[0]) + 0.5) + 1) / 2

"""The mean of each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Shape
from models.layers.pooling import Pooling2d
from models.lazy import nn


class AvgPool2d(Pooling2d):
    """Keeps the mean of each window: the image shrinks and is smoothed.

    `(N, C, H, W)` -> `(N, C, H', W')` with H' = floor((H + 2 padding - kernel_size) / stride) + 1.
    """

    type: Literal["AvgPool2d"] = "AvgPool2d"

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.AvgPool2d."""
        return nn.AvgPool2d(self.kernel_size, self.stride, self.padding)

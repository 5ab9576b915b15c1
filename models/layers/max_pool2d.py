"""The largest value of each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Shape
from models.layers.pooling import Pooling2d
from models.lazy import nn


class MaxPool2d(Pooling2d):
    """Keeps the strongest response of each window: the image shrinks, and small shifts matter less.

    `(N, C, H, W)` -> `(N, C, H', W')` with H' = floor((H + 2 padding - kernel_size) / stride) + 1.
    """

    type: Literal["MaxPool2d"] = "MaxPool2d"

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.MaxPool2d."""
        return nn.MaxPool2d(self.kernel_size, self.stride, self.padding)

"""The mean of each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Margins, Shape, Spans
from models.layers.convolution import ADVANCED
from models.layers.pooling import Pooling
from models.lazy import nn


class AvgPool2d(Pooling):
    """Keeps the mean of each window: the image shrinks and is smoothed.

    `(N, C, H, W)` -> `(N, C, H', W')` with H' = floor((H + 2 padding - kernel_size) / stride) + 1.
    """

    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["AvgPool2d"] = "AvgPool2d"
    kernel_size: Spans = Field(2, title="Window", description="Height and width")
    stride: Spans | None = Field(None, title="Stride", description="The window's size when absent")
    padding: Margins = Field(0, title="Padding", json_schema_extra=ADVANCED)

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.AvgPool2d."""
        return nn.AvgPool2d(self.kernel_size, self.stride, self.padding)

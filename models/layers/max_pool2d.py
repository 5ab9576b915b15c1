"""The largest value of each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Margins, Shape, Spans
from models.layers.convolution import ADVANCED
from models.layers.pooling import Pooling
from models.lazy import nn


class MaxPool2d(Pooling):
    """Keeps the strongest response of each window: the image shrinks, and small shifts matter less.

    `(N, C, H, W)` -> `(N, C, H', W')` with H' = floor((H + 2 padding - kernel_size) / stride) + 1.
    """

    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["MaxPool2d"] = "MaxPool2d"
    kernel_size: Spans = Field(2, title="Window", description="Height and width")
    stride: Spans | None = Field(None, title="Stride", description="The window's size when absent")
    padding: Margins = Field(0, title="Padding", json_schema_extra=ADVANCED)

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.MaxPool2d."""
        return nn.MaxPool2d(self.kernel_size, self.stride, self.padding)

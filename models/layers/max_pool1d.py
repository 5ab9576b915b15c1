"""The largest value of each window of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Margin, Shape, Span
from models.layers.convolution import ADVANCED
from models.layers.pooling import Pooling
from models.lazy import nn


class MaxPool1d(Pooling):
    """Keeps the strongest response of each window: the sequence shrinks, and small shifts matter less.

    `(N, C, L)` -> `(N, C, L')` with L' = floor((L + 2 padding - kernel_size) / stride) + 1.
    """

    ranks: ClassVar[tuple[int, ...]] = (2,)

    type: Literal["MaxPool1d"] = "MaxPool1d"
    kernel_size: Span = Field(2, title="Window", description="Length")
    stride: Span | None = Field(None, title="Stride", description="The window's size when absent")
    padding: Margin = Field(0, title="Padding", json_schema_extra=ADVANCED)

    def check(self, inputs: Sequence[Shape]) -> None:
        """The window must fit."""
        super().check(inputs)
        self.check_pool(inputs[0], self.kernel_size, self.padding)

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.MaxPool1d."""
        return nn.MaxPool1d(self.kernel_size, self.stride, self.padding)

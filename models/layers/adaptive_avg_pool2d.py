"""Images of any size brought to one size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Shape, Spans
from models.layers.pooling import Pooling
from models.lazy import nn


class AdaptiveAvgPool2d(Pooling):
    """Means over windows as large as needed for the size asked for; 1 makes one number of each map.

    `(N, C, H, W)` -> `(N, C, output_size, output_size)`.
    """

    title: ClassVar[str] = "Adaptive AvgPool2d"
    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["AdaptiveAvgPool2d"] = "AdaptiveAvgPool2d"
    output_size: Spans = Field(1, title="Size", description="Height and width of the result")

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.AdaptiveAvgPool2d."""
        return nn.AdaptiveAvgPool2d(self.output_size)

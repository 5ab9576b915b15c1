"""What the pooling layers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from models.layers.base import Layer, Margins, Shape, Spans, pair
from models.layers.convolution import ADVANCED, check_window


class Pooling(Layer):
    """Base of the layers that make one number of each window."""

    category: ClassVar[str] = "pooling"

    def check_pool(self, shape: Shape, kernel: Spans, padding: Margins) -> None:
        """The window must fit, and hold something besides padding."""
        check_window(self, shape, kernel, padding, 1)
        if any(2 * margin > span for margin, span in zip(pair(padding), pair(kernel), strict=True)):
            raise self.misfit(
                "has padding larger than half its window", "Choose padding of at most half the kernel_size."
            )


class Pooling2d(Pooling):
    """Base of those that slide a window over an image."""

    ranks: ClassVar[tuple[int, ...]] = (3,)

    kernel_size: Spans = Field(2, title="Window", description="Height and width")
    stride: Spans | None = Field(None, title="Stride", description="The window's size when absent")
    padding: Margins = Field(0, title="Padding", json_schema_extra=ADVANCED)

    def check(self, inputs: Sequence[Shape]) -> None:
        """The window must fit."""
        super().check(inputs)
        self.check_pool(inputs[0], self.kernel_size, self.padding)

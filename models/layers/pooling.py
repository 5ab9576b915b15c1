"""What the pooling layers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from models.layers.base import Layer, Margins, Shape, Spans, pair
from models.layers.convolution import check_window


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

    def check(self, inputs: Sequence[Shape]) -> None:
        """The window must fit."""
        super().check(inputs)
        kernel = getattr(self, "kernel_size", None)
        if kernel is not None:
            self.check_pool(inputs[0], kernel, getattr(self, "padding", 0))

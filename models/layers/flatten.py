"""All numbers in one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from models.layers.base import Layer, Shape
from models.lazy import nn


class Flatten(Layer):
    """Writes all numbers of an image into one row, so that a Linear layer can take them.

    `(N, C, H, W)` -> `(N, C * H * W)`.
    """

    category: ClassVar[str] = "shape"
    example_shapes: ClassVar[tuple[Shape, ...]] = ((2, 4, 4),)

    type: Literal["Flatten"] = "Flatten"

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Flatten."""
        return nn.Flatten()

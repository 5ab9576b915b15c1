"""Images made larger without learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Layer, Shape
from models.lazy import nn


class Upsample(Layer):
    """Makes an image larger by a whole factor: each pixel repeated, or smoothly in between.

    `(N, C, H, W)` -> `(N, C, H * scale_factor, W * scale_factor)`.
    """

    category: ClassVar[str] = "shape"
    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["Upsample"] = "Upsample"
    scale_factor: int = Field(2, ge=1, le=64, title="Factor")
    mode: Literal["nearest", "bilinear"] = Field("nearest", title="In between")

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Upsample."""
        return nn.Upsample(scale_factor=self.scale_factor, mode=self.mode)

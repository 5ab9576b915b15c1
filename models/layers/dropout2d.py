"""Dropout of whole feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Elementwise
from models.lazy import torch


class Dropout2d(Elementwise):
    """Zeroes whole feature maps at random while training: neighbouring pixels say nearly the same.

    `(N, C, H, W)` -> `(N, C, H, W)`; the rest is scaled by 1 / (1 - p). Tompson et al. 2015.
    """

    category: ClassVar[str] = "regularisation"
    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["Dropout2d"] = "Dropout2d"
    p: float = Field(0.2, ge=0, lt=1, title="Probability", description="Share of the maps set to zero")

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Drawn as a comparison, one number for each map."""
        (x,) = inputs
        if not training:
            return x
        keep = 1 - self.p
        return x * (torch.rand_like(x[:, :, :1, :1]) < keep) / keep

"""Dropout of single numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Elementwise
from models.lazy import torch


class Dropout(Elementwise):
    """Zeroes a random part of the numbers while training, so that no unit can rely on another one.

    `(N, ...)` -> `(N, ...)`; the rest is scaled by 1 / (1 - p). Srivastava et al. 2014.
    """

    category: ClassVar[str] = "regularisation"

    type: Literal["Dropout"] = "Dropout"
    p: float = Field(0.5, ge=0, lt=1, title="Probability", description="Share of the numbers set to zero")

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Drawn as a comparison: nn.Dropout is miscompiled when a whole step is traced."""
        (x,) = inputs
        if not training:
            return x
        keep = 1 - self.p
        return x * (torch.rand_like(x) < keep) / keep

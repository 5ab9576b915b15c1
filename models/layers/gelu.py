"""A smooth bend: x times the normal distribution's share below x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation
from models.lazy import F, torch


class GELU(Activation):
    """Like ReLU with a smooth bend, as used in transformers: x times the chance that a normal number is below x.

    `(N, ...)` -> `(N, ...)`. Hendrycks and Gimpel 2016.
    """

    type: Literal["GELU"] = "GELU"
    approximate: Literal["none", "tanh"] = Field(
        "none", title="Approximation", json_schema_extra={"advanced": True}
    )

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """GELU of each number."""
        return F.gelu(inputs[0], approximate=self.approximate)

"""Numbers turned into probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Activation, Shape
from models.lazy import torch


class Softmax(Activation):
    """Turns the numbers of each example into probabilities that add up to 1; the largest gets the most.

    `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Softmax"] = "Softmax"
    dim: int = Field(
        1,
        ge=1,
        le=4,
        title="Dimension",
        description="1: over features or channels",
        json_schema_extra={"advanced": True},
    )

    def check(self, inputs: Sequence[Shape]) -> None:
        """The dimension must be there."""
        super().check(inputs)
        if self.dim > len(inputs[0]):
            raise self.misfit(
                f"works along dimension {self.dim}, but gets {inputs[0]}",
                "Choose dim 1, the features or channels.",
                actual=inputs[0],
            )

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Softmax over one dimension."""
        return torch.softmax(inputs[0], dim=self.dim)

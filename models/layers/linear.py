"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Literal

from pydantic import Field

from models.layers.base import Shape, Size, Weighted
from models.lazy import nn


class Linear(Weighted):
    """Every output is a weighted sum of all inputs plus a bias: y = W x + b.

    `(N, features)` -> `(N, out_features)`; of a sequence `(N, T, features)`, each step for itself.
    """

    category: ClassVar[str] = "dense"
    ranks: ClassVar[tuple[int, ...]] = (1, 2)
    example: ClassVar[dict[str, Any]] = {"out_features": 8}

    type: Literal["Linear"] = "Linear"
    out_features: Size | None = Field(
        None, title="Units", description="How many outputs; the last one's follow from the target when absent"
    )
    bias: bool = Field(True, title="Bias")

    def sized(self, output: Shape) -> Linear:
        """As many units as the output has numbers."""
        return self if self.out_features else self.model_copy(update={"out_features": prod(output)})

    def check(self, inputs: Sequence[Shape]) -> None:
        """The size must be known by now."""
        super().check(inputs)
        if self.out_features is None:
            raise self.needs("out_features")

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Linear."""
        assert self.out_features is not None  # check
        return nn.Linear(inputs[0][-1], self.out_features, bias=self.bias)

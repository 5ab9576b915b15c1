"""Branches joined by their product."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Literal

from models.layers.base import Shape
from models.layers.merge import Merge, check_alike
from models.lazy import torch


class Multiply(Merge):
    """Multiplies its inputs, number by number: with a sigmoid's output, a gate that opens and closes.

    `(N, ...)`, `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Multiply"] = "Multiply"

    def check(self, inputs: Sequence[Shape]) -> None:
        """One shape for all."""
        check_alike(self, inputs)

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """The product."""
        return reduce(mul, inputs)

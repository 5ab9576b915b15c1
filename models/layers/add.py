"""Branches joined by their sum."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Literal

from models.layers.base import Shape
from models.layers.merge import Merge, check_alike
from models.lazy import torch


class Add(Merge):
    """Adds its inputs, number by number: with the input of a block itself, a residual connection.

    `(N, ...)`, `(N, ...)` -> `(N, ...)`. He et al. 2015.
    """

    type: Literal["Add"] = "Add"

    def check(self, inputs: Sequence[Shape]) -> None:
        """One shape for all."""
        check_alike(self, inputs)

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """The sum."""
        return reduce(add, inputs)

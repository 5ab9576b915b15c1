"""Normalisation of groups of channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Shape, Size
from models.layers.normalisation import Normalises
from models.lazy import nn


class GroupNorm(Normalises):
    """Brings groups of channels of each example to mean 0 and variance 1: works with small batches too.

    `(N, C, ...)` -> `(N, C, ...)`. Wu and He 2018.
    """

    example_shapes: ClassVar[tuple[Shape, ...]] = ((4, 5, 5),)

    type: Literal["GroupNorm"] = "GroupNorm"
    num_groups: Size = Field(2, title="Groups", description="Must divide the number of channels")
    affine: bool = Field(True, title="Learn scale and shift", json_schema_extra={"advanced": True})

    def check(self, inputs: Sequence[Shape]) -> None:
        """The groups must divide the channels."""
        super().check(inputs)
        if inputs[0][0] % self.num_groups:
            raise self.misfit(
                f"makes {self.num_groups} groups, but {inputs[0][0]} channels reach it",
                f"Choose num_groups that divides {inputs[0][0]}.",
                actual=inputs[0],
            )
        if prod(inputs[0]) == self.num_groups:
            raise self.misfit(
                "makes groups of a single number, which always becomes 0",
                "Choose fewer groups, or BatchNorm instead.",
                actual=inputs[0],
            )

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.GroupNorm."""
        return nn.GroupNorm(self.num_groups, inputs[0][0], eps=self.eps, affine=self.affine)

"""Branches laid side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from models.layers.base import Shape
from models.layers.merge import Merge
from models.lazy import torch


class Concatenate(Merge):
    """Lays its inputs side by side: features after features, or channels after channels.

    `(N, A)`, `(N, B)` -> `(N, A + B)`; all other sizes must be equal.
    """

    type: Literal["Concatenate"] = "Concatenate"
    dim: int = Field(
        1,
        ge=1,
        le=4,
        title="Dimension",
        description="1: features or channels",
        json_schema_extra={"advanced": True},
    )

    def check(self, inputs: Sequence[Shape]) -> None:
        """All sizes but the one along `dim` must be equal."""
        rest = {(len(shape), shape[: self.dim - 1], shape[self.dim :]) for shape in inputs}
        if len(rest) > 1 or self.dim > len(inputs[0]):
            shapes = " and ".join(str(shape) for shape in inputs)
            raise self.misfit(
                f"lays inputs side by side along dimension {self.dim} but gets {shapes}",
                "All other sizes must be equal: flatten the branches, or pool them to one size.",
                actual=list(inputs),
            )

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """One tensor of all."""
        return torch.cat(list(inputs), dim=self.dim)

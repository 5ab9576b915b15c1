"""What the normalising layers share."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from pydantic import Field

from models.layers.base import Shape, Weighted


class Normalises(Weighted):
    """Base of the layers that bring numbers to mean 0 and variance 1, then scale and shift as learnt."""

    category: ClassVar[str] = "normalisation"

    eps: float = Field(
        1e-5,
        gt=0,
        le=1,
        title="Epsilon",
        description="Added to the variance, so that nothing is divided by 0",
        json_schema_extra={"advanced": True},
    )

    def wants(self, output: Shape) -> Shape | None:
        """The same shape."""
        return output


class BatchNorm(Normalises):
    """Base of the batch normalisations."""

    momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        title="Momentum",
        description="How fast the running mean and variance, used after training, follow the batches",
        json_schema_extra={"advanced": True},
    )
    affine: bool = Field(True, title="Learn scale and shift", json_schema_extra={"advanced": True})

    def check_batch(self, inputs: Sequence[Shape], rows: int) -> None:
        """One number has no variance."""
        if rows * prod(inputs[0][1:]) < 2:
            raise self.misfit(
                "takes its figures from the batch, but batches have one row",
                "Choose a larger batch_size, or LayerNorm instead.",
                actual=rows,
            )

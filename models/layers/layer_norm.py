"""Normalisation of each example for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.layers.base import Shape, Size
from models.layers.normalisation import Normalises
from models.lazy import nn


class LayerNorm(Normalises):
    """Brings the numbers of each example to mean 0 and variance 1, whatever the rest of the batch.

    `(N, ...)` -> `(N, ...)`. Ba, Kiros and Hinton 2016.
    """

    example_shapes: ClassVar[tuple[Shape, ...]] = ((6,),)

    type: Literal["LayerNorm"] = "LayerNorm"
    normalized_shape: Annotated[list[Size], Field(min_length=1, max_length=4)] | None = Field(
        None,
        title="Shape",
        description="The last dimensions, taken together; all when absent",
        json_schema_extra={"advanced": True},
    )
    elementwise_affine: bool = Field(
        True, title="Learn scale and shift", json_schema_extra={"advanced": True}
    )

    def check(self, inputs: Sequence[Shape]) -> None:
        """The shape must be the end of the input's."""
        super().check(inputs)
        shape = tuple(self.normalized_shape or inputs[0])
        if inputs[0][-len(shape) :] != shape:
            raise self.misfit(
                f"normalises {shape} but gets {inputs[0]}",
                "Leave normalized_shape out to take all dimensions together.",
                expected=shape,
                actual=inputs[0],
            )

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.LayerNorm."""
        shape = list(self.normalized_shape or inputs[0])
        return nn.LayerNorm(shape, eps=self.eps, elementwise_affine=self.elementwise_affine)

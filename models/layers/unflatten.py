"""A row of numbers given the shape of an image."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from models.layers.base import Layer, Shape, Size
from models.lazy import nn


class Unflatten(Layer):
    """Reads a row of numbers as an image: the other way round than Flatten.

    `(N, C * H * W)` -> `(N, C, H, W)`.
    """

    category: ClassVar[str] = "shape"
    ranks: ClassVar[tuple[int, ...]] = (1,)
    example: ClassVar[dict[str, Any]] = {"unflattened_size": [1, 8, 8]}
    example_shapes: ClassVar[tuple[Shape, ...]] = ((64,),)

    type: Literal["Unflatten"] = "Unflatten"
    unflattened_size: Annotated[list[Size], Field(min_length=1, max_length=4)] | None = Field(
        None,
        title="Shape",
        description="Channels, height, width; the last layer's follows from the target when absent",
    )

    def sized(self, output: Shape) -> Unflatten:
        """The output's shape."""
        return self if self.unflattened_size else self.model_copy(update={"unflattened_size": list(output)})

    def wants(self, output: Shape) -> Shape | None:
        """As many numbers in one row."""
        return (prod(output),)

    def check(self, inputs: Sequence[Shape]) -> None:
        """The row must hold exactly as many numbers."""
        super().check(inputs)
        if self.unflattened_size is None:
            raise self.misfit(
                "needs unflattened_size",
                "Give the shape, such as [1, 8, 8]. Only the last layer gets it from the target.",
                setting="unflattened_size",
            )
        count = prod(self.unflattened_size)
        if inputs[0] != (count,):
            raise self.misfit(
                f"makes {tuple(self.unflattened_size)} of {count} numbers but gets {inputs[0][0]}",
                f"Choose a shape of {inputs[0][0]} numbers, or put a Linear with out_features {count} in front of it.",
                expected=(count,),
                actual=inputs[0],
            )

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Unflatten."""
        assert self.unflattened_size is not None  # check
        return nn.Unflatten(1, tuple(self.unflattened_size))

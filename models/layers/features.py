"""What a network may be given of a point in the plane besides its coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.layers.base import Layer, Shape
from models.lazy import torch

Feature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]


class Features(Layer):
    """Makes features of a point (x1, x2): squares, the product, sines. The right ones make a problem easy.

    `(N, 2)` -> `(N, features)`, in the order chosen. The features of TensorFlow Playground.
    """

    category: ClassVar[str] = "features"
    ranks: ClassVar[tuple[int, ...]] = (1,)
    example_shapes: ClassVar[tuple[Shape, ...]] = ((2,),)

    type: Literal["Features"] = "Features"
    features: Annotated[list[Feature], Field(min_length=1, max_length=7)] = Field(
        ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"],
        title="Features",
        json_schema_extra={"uniqueItems": True},
    )

    def check(self, inputs: Sequence[Shape]) -> None:
        """Points have two coordinates."""
        super().check(inputs)
        if inputs[0] != (2,):
            raise self.misfit(
                f"needs points (2,) but gets {inputs[0]}",
                "Put it first in a network that learns points in the plane.",
                expected=(2,),
                actual=inputs[0],
            )

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """One column for each feature."""
        x1, x2 = inputs[0].unbind(1)
        made = {
            "x1": lambda: x1,
            "x2": lambda: x2,
            "x1^2": lambda: x1 * x1,
            "x2^2": lambda: x2 * x2,
            "x1*x2": lambda: x1 * x2,
            "sin(x1)": lambda: torch.sin(x1),
            "sin(x2)": lambda: torch.sin(x2),
        }
        return torch.stack([made[name]() for name in self.features], dim=1)

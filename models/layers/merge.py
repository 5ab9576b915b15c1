"""What the layers that join branches share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from models.layers.base import Layer, Shape


class Merge(Layer):
    """Base of the layers that take several inputs."""

    category: ClassVar[str] = "merge"
    arity: ClassVar[tuple[int, int]] = (2, 64)


def check_alike(layer: Layer, inputs: Sequence[Shape]) -> None:
    """Raise where shapes cannot be joined number by number; a size of 1 is repeated."""
    for dimension in zip(*inputs, strict=False):
        if len(set(dimension) - {1}) > 1 or len({len(shape) for shape in inputs}) > 1:
            shapes = " and ".join(str(shape) for shape in inputs)
            raise layer.misfit(
                f"needs inputs of one shape but gets {shapes}",
                "Bring them to one shape first: Linear with equal out_features, or Conv2d with equal out_channels.",
                actual=list(inputs),
            )

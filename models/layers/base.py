"""What a layer kind is: settings, the shapes it takes, and how it is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from models.initializers import AnyInitializer
from models.kinds import Kind
from models.lazy import nn

Shape = tuple[int, ...]
"""Sizes without the batch: `(features,)`, `(C, L)`, `(C, H, W)`."""

Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Reference = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")]
"""A layer's id, `"input"`, or a named second input such as `"input.label"`."""

MAX_SIZE = 1_000_000
"""The largest single size a layer may have; what is built is bounded by the cost estimate besides."""


class Layer(Kind):
    """Base of all layer kinds. A layer takes one or more tensors and yields one."""

    family: ClassVar[str] = "layer"
    arity: ClassVar[tuple[int, int]] = (1, 1)
    """Fewest and most inputs."""

    type: str
    id: Identifier | None = Field(None, title="Name", description="Made up when absent")
    inputs: list[Reference] | None = Field(
        None, min_length=1, max_length=64, title="Inputs", description="The layer before it when absent"
    )
    init: AnyInitializer | None = Field(
        None, title="Initial weights", description="torch's own for this layer when absent"
    )

    def sized(self, output: Shape) -> Layer:
        """This layer as the last of a network whose output must have this shape. Fills what was left out."""
        return self

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """The module. `inputs` are the shapes that reach it, without the batch.

        Raises ShapeError where they do not fit, in words a beginner understands.
        """
        raise NotImplementedError

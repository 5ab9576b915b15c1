"""What a layer kind is: settings, the shapes it takes, and how it is built.

    class Sine(Elementwise):
        \"\"\"The sine of each value: a wave instead of a bend.\"\"\"

        type: Literal["Sine"] = "Sine"

        def compute(self, inputs, training):
            return torch.sin(inputs[0])

A layer without weights says what it computes; one with weights builds a module of torch.nn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.errors import ShapeError
from models.initializers import AnyInitializer
from models.kinds import Kind
from models.lazy import nn, torch

Shape = tuple[int, ...]
"""Sizes without the batch: `(features,)`, `(C, L)`, `(C, H, W)`."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=rf"^{_NAME}$")]
Reference = Annotated[str, Field(min_length=1, max_length=80, pattern=rf"^{_NAME}(\.{_NAME})?$")]
"""A layer's id, `"input"`, or a named second input such as `"input.label"`."""

MAX_SIZE = 1_000_000
"""The largest single size a layer may have; what is built is bounded by the cost estimate besides."""

FORMS = {1: "a vector (features,)", 2: "a sequence (C, L)", 3: "an image (C, H, W)"}
"""What a shape of so many dimensions is called."""

_FLATTEN = "Add Flatten in front of it."
_MENDING = {
    (3, 1): "Put it before Flatten, or add Unflatten in front of it.",
    (2, 1): "Put it before Flatten, or add Unflatten in front of it.",
    (1, 3): _FLATTEN,
    (1, 2): _FLATTEN,
    (2, 3): "Use the layer for images, with 2d in its name, or add Flatten and Unflatten in front of it.",
    (3, 2): "Use the layer for sequences, with 1d in its name, or add Flatten and Unflatten in front of it.",
}


class Layer(Kind):
    """Base of all layer kinds. A layer takes one or more tensors and yields one."""

    family: ClassVar[str] = "layer"
    arity: ClassVar[tuple[int, int]] = (1, 1)
    """Fewest and most inputs."""
    ranks: ClassVar[tuple[int, ...]] = ()
    """How many dimensions an input may have, without the batch; any when empty."""
    example: ClassVar[dict[str, Any]] = {}
    """Settings that a new layer of this kind begins with; those left out keep their defaults."""
    example_shapes: ClassVar[tuple[Shape, ...]] = ()
    """Shapes that the example takes; made from `ranks` and `arity` when empty."""

    type: str
    id: Identifier | None = Field(None, title="Name", description="Made up when absent")
    inputs: list[Reference] | None = Field(
        None, min_length=1, max_length=64, title="Inputs", description="The layer before it when absent"
    )

    @classmethod
    def entry(cls) -> dict[str, Any]:
        """The catalogue's line, with what the canvas needs to draw and connect it."""
        example = {"type": cls.model_fields["type"].default, **cls.example}
        entry = super().entry() | {"arity": cls.arity, "ranks": cls.ranks, "example": example}
        settings = entry["schema"]["properties"]
        for common in ("id", "inputs", "init"):  # a form shows a layer's own settings first
            if common in settings:
                settings[common] = settings.pop(common)
        return entry

    def sized(self, output: Shape) -> Layer:
        """This layer as one that must yield this shape: what was left out is filled in."""
        return self

    def wants(self, output: Shape) -> Shape | None:
        """The shape that must reach it for this output, or None where that cannot be told."""
        return None

    def check(self, inputs: Sequence[Shape]) -> None:
        """Raise ShapeError where the shapes that reach it do not fit, in words a beginner understands."""
        for shape in inputs:
            if self.ranks and len(shape) not in self.ranks:
                expected = " or ".join(FORMS.get(rank, f"{rank} dimensions") for rank in self.ranks)
                hint = _MENDING.get((self.ranks[0], len(shape)), "")
                mend = {"add": "Flatten"} if hint == _FLATTEN else {}  # the page offers to do it
                raise self.misfit(
                    f"needs {expected} but gets {shape}", hint, expected=expected, actual=shape, **mend
                )

    def check_batch(self, inputs: Sequence[Shape], rows: int) -> None:
        """Raise ShapeError where it cannot learn from batches of so many rows."""

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """The module. `inputs` are the shapes that reach it, without the batch; `check` has passed them."""
        from models.modules import Computed

        return Computed(self)

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """What a layer without weights yields. A function of tensors only, so that it can be traced."""
        raise NotImplementedError

    def misfit(self, words: str, hint: str = "", **params: Any) -> ShapeError:
        """The error for shapes that do not fit: the layer's name, then `words`."""
        detail = f"{self.type} {self.id}" if self.id else self.type
        return ShapeError("shape", f"{detail} {words}.", hint=hint, layer=self.id, kind=self.type, **params)


class Weighted(Layer):
    """Base of the layers that have weights to begin with."""

    init: AnyInitializer | None = Field(
        None, title="Initial weights", description="torch's own for this layer when absent"
    )

    def needs(self, setting: str) -> ShapeError:
        """The error for a size that was left out where nothing tells it."""
        return self.misfit(
            f"needs {setting}",
            f"Give {setting} a number. Only the last layer gets its size from the target.",
            setting=setting,
        )


class Elementwise(Layer):
    """Base of the layers that leave the shape as it is."""

    def wants(self, output: Shape) -> Shape | None:
        """The same shape."""
        return output


class Activation(Elementwise):
    """Base of the activations."""

    category: ClassVar[str] = "activation"


Size = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Span = Annotated[int, Field(ge=1, le=1024)]
"""Of a kernel, a stride, a dilation."""
Margin = Annotated[int, Field(ge=0, le=1024)]
Spans = Span | tuple[Span, Span]
"""One number, or height and width apart."""
Margins = Margin | tuple[Margin, Margin]


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width from one number, or from two."""
    return (value, value) if isinstance(value, int) else value

"""What all convolutions share: channels, groups, and the check that the kernel fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from models.layers.base import Layer, Margins, Shape, Size, Spans, Weighted, pair

ADVANCED: dict[str, Any] = {"advanced": True}
"""Marks a setting that the form folds away."""


class Convolves(Weighted):
    """Base of everything that slides kernels."""

    category: ClassVar[str] = "convolution"
    example: ClassVar[dict[str, Any]] = {"out_channels": 8, "kernel_size": 3}

    out_channels: Size | None = Field(
        None, title="Channels", description="How many kernels, each making one feature map"
    )
    groups: Size = Field(
        1, title="Groups", description="Channels in so many separate parts", json_schema_extra=ADVANCED
    )
    bias: bool = Field(True, title="Bias", json_schema_extra=ADVANCED)

    def sized(self, output: Shape) -> Convolves:
        """As many channels as the output has."""
        return self if self.out_channels else self.model_copy(update={"out_channels": output[0]})

    def check(self, inputs: Sequence[Shape]) -> None:
        """Channels must divide into the groups."""
        super().check(inputs)
        if self.out_channels is None:
            raise self.needs("out_channels")
        for name, channels in (("channels that reach it", inputs[0][0]), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise self.misfit(
                    f"has groups = {self.groups}, but the {name} are {channels}",
                    "Choose groups that divides both numbers of channels.",
                )


class Convolution(Convolves):
    """Base of the forward convolutions: padding by words, and a kernel that must fit."""

    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = Field(
        "zeros", title="Border", description="What stands beyond the border", json_schema_extra=ADVANCED
    )

    @model_validator(mode="after")
    def _same_needs_stride_one(self) -> Self:
        if getattr(self, "padding", 0) == "same" and set(pair(getattr(self, "stride", 1))) != {1}:
            raise ValueError("padding 'same' keeps the size, so it needs stride 1")
        return self


def check_window(
    layer: Layer,
    shape: Shape,
    kernel: Spans,
    padding: Literal["valid", "same"] | Margins,
    dilation: Spans,
) -> None:
    """Raise where a kernel is larger than the padded sizes `(..., H, W)` over which it must slide."""
    if padding == "same":
        return
    margins = (0, 0) if padding == "valid" else pair(padding)
    sizes = shape[1:]
    for size, span, margin, gap in zip(sizes, pair(kernel), margins, pair(dilation), strict=False):
        reach = gap * (span - 1) + 1
        if size + 2 * margin < reach:
            raise layer.misfit(
                f"has a window of {reach}, larger than the {size + 2 * margin} it slides over (input {shape})",
                "Choose a smaller kernel_size, add padding, or pool less before it.",
                actual=shape,
            )


def uneven(kernel: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """Padding before and after, last dimension first, where an even kernel cannot keep the size evenly; else []."""
    totals = [gap * (span - 1) for span, gap in zip(kernel, dilation, strict=True)]
    if not any(total % 2 for total in totals):
        return []
    return [side for total in reversed(totals) for side in (total // 2, total - total // 2)]

"""Convolution backwards: small images made larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from models.layers.base import Margins, Shape, Spans, pair
from models.layers.convolution import ADVANCED, Convolves
from models.lazy import nn


class ConvTranspose2d(Convolves):
    """Paints its kernels onto a larger image, one for each pixel that reaches it: learnt enlarging.

    `(N, C, H, W)` -> `(N, out_channels, H', W')` with
    H' = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1. Zeiler et al. 2010.
    """

    title: ClassVar[str] = "Transposed Conv2d"
    ranks: ClassVar[tuple[int, ...]] = (3,)
    example: ClassVar[dict[str, Any]] = {"out_channels": 8, "kernel_size": 4, "stride": 2, "padding": 1}

    type: Literal["ConvTranspose2d"] = "ConvTranspose2d"
    kernel_size: Spans = Field(4, title="Kernel size", description="Height and width of a kernel")
    stride: Spans = Field(2, title="Stride", description="How many times larger the image becomes")
    padding: Margins = Field(1, title="Padding", description="Pixels cut off at each border")
    output_padding: Margins = Field(
        0, title="Output padding", description="Pixels added at one border", json_schema_extra=ADVANCED
    )
    dilation: Spans = Field(1, title="Dilation", description="Gaps in the kernel", json_schema_extra=ADVANCED)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Something must be left after the padding is cut off."""
        super().check(inputs)
        settings = (self.stride, self.padding, self.dilation, self.kernel_size, self.output_padding)
        for i, size in enumerate(inputs[0][1:]):
            stride, padding, dilation, kernel, extra = (pair(setting)[i] for setting in settings)
            if extra >= max(stride, dilation):
                raise self.misfit(
                    "has output_padding not below its stride", "Choose a smaller output_padding."
                )
            if (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1 < 1:
                raise self.misfit("cuts off the whole image", "Choose a smaller padding.", actual=inputs[0])

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.ConvTranspose2d."""
        assert self.out_channels is not None  # check
        return nn.ConvTranspose2d(
            inputs[0][0],
            self.out_channels,
            pair(self.kernel_size),
            stride=pair(self.stride),
            padding=pair(self.padding),
            output_padding=pair(self.output_padding),
            groups=self.groups,
            bias=self.bias,
            dilation=pair(self.dilation),
        )

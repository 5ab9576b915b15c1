"""Convolution over images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Margins, Shape, Spans, pair
from models.layers.convolution import ADVANCED, Convolution, check_window, uneven
from models.lazy import nn


class Conv2d(Convolution):
    """Slides small kernels over an image; each kernel looks for one pattern everywhere.

    `(N, C, H, W)` -> `(N, out_channels, H', W')` with
    H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1. LeCun et al. 1989.
    """

    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["Conv2d"] = "Conv2d"
    kernel_size: Spans = Field(3, title="Kernel size", description="Height and width of a kernel")
    stride: Spans = Field(1, title="Stride", description="Pixels from one place of the kernel to the next")
    padding: Margins | Literal["valid", "same"] = Field(
        0, title="Padding", description="Pixels added at each border; 'same' keeps the size"
    )
    dilation: Spans = Field(1, title="Dilation", description="Gaps in the kernel", json_schema_extra=ADVANCED)

    def check(self, inputs: Sequence[Shape]) -> None:
        """The kernel must fit into the image."""
        super().check(inputs)
        check_window(self, inputs[0], self.kernel_size, self.padding, self.dilation)

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Conv2d."""
        from models.modules import PaddedConv2d

        assert self.out_channels is not None  # check
        pads = (
            uneven(pair(self.kernel_size), pair(self.dilation))
            if self.padding == "same" and self.padding_mode == "zeros"
            else []
        )
        module = (PaddedConv2d if pads else nn.Conv2d)(
            inputs[0][0],
            self.out_channels,
            self.kernel_size,
            stride=self.stride,
            padding=0 if pads else self.padding,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
            padding_mode=self.padding_mode,
        )
        if isinstance(module, PaddedConv2d):
            module.pads = pads
        return module

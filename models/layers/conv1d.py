"""Convolution over sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from models.layers.base import Margin, Shape, Span
from models.layers.convolution import ADVANCED, Convolution, check_window, uneven
from models.lazy import nn


class Conv1d(Convolution):
    """Slides small kernels along a sequence; each kernel looks for one pattern everywhere.

    `(N, C, L)` -> `(N, out_channels, L')` with
    L' = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.
    """

    ranks: ClassVar[tuple[int, ...]] = (2,)

    type: Literal["Conv1d"] = "Conv1d"
    kernel_size: Span = Field(3, title="Kernel size", description="Length of a kernel")
    stride: Span = Field(1, title="Stride", description="Steps from one place of the kernel to the next")
    padding: Margin | Literal["valid", "same"] = Field(
        0, title="Padding", description="Steps added at each end; 'same' keeps the length"
    )
    dilation: Span = Field(1, title="Dilation", description="Gaps in the kernel", json_schema_extra=ADVANCED)

    def check(self, inputs: Sequence[Shape]) -> None:
        """The kernel must fit into the sequence."""
        super().check(inputs)
        check_window(self, inputs[0], self.kernel_size, self.padding, self.dilation)

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.Conv1d."""
        from models.modules import PaddedConv1d

        assert self.out_channels is not None  # check
        pads = (
            uneven([self.kernel_size], [self.dilation])
            if self.padding == "same" and self.padding_mode == "zeros"
            else []
        )
        module = (PaddedConv1d if pads else nn.Conv1d)(
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
        if isinstance(module, PaddedConv1d):
            module.pads = pads
        return module

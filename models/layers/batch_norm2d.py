"""Batch normalisation of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from models.layers.base import Shape
from models.layers.normalisation import BatchNorm
from models.lazy import nn


class BatchNorm2d(BatchNorm):
    """Brings each channel to mean 0 and variance 1 over the batch: deep networks learn faster and more surely.

    `(N, C, H, W)` -> `(N, C, H, W)`. A last batch of a single row is measured with the running figures.
    Ioffe and Szegedy 2015.
    """

    ranks: ClassVar[tuple[int, ...]] = (3,)

    type: Literal["BatchNorm2d"] = "BatchNorm2d"

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.BatchNorm2d, patient with a last batch of one row."""
        from models.modules import BatchNorm2d as Module

        return Module(inputs[0][0], eps=self.eps, momentum=self.momentum, affine=self.affine)

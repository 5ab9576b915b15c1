"""Batch normalisation of vectors and sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from models.layers.base import Shape
from models.layers.normalisation import BatchNorm
from models.lazy import nn


class BatchNorm1d(BatchNorm):
    """Brings each feature to mean 0 and variance 1 over the batch: deep networks learn faster and more surely.

    `(N, F)` -> `(N, F)`, or `(N, C, L)` -> `(N, C, L)`.
    A last batch of a single row is measured with the running figures.
    Ioffe and Szegedy 2015.
    """

    ranks: ClassVar[tuple[int, ...]] = (1, 2)

    type: Literal["BatchNorm1d"] = "BatchNorm1d"

    def build(self, inputs: Sequence[Shape]) -> nn.Module:
        """nn.BatchNorm1d, patient with a last batch of one row."""
        from models.modules import BatchNorm1d as Module

        return Module(inputs[0][0], eps=self.eps, momentum=self.momentum, affine=self.affine)

"""Nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import torch


class Identity(Activation):
    """Passes everything on unchanged: a named place in the network, or what depth is without activations.

    `(N, ...)` -> `(N, ...)`.
    """

    type: Literal["Identity"] = "Identity"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """Identity of each number."""
        return inputs[0]

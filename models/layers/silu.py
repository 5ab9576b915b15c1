"""A smooth bend: x times its sigmoid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.layers.base import Activation
from models.lazy import F, torch


class SiLU(Activation):
    """Like ReLU with a smooth bend: x times sigmoid(x). Also called swish.

    `(N, ...)` -> `(N, ...)`. Elfwing et al. 2017.
    """

    type: Literal["SiLU"] = "SiLU"

    def compute(self, inputs: Sequence[torch.Tensor], training: bool) -> torch.Tensor:
        """SiLU of each number."""
        return F.silu(inputs[0])

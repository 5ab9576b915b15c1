"""What a preprocessing kind is: fitted on training rows only, then applied to every row."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo
from models.kinds import Kind

Floats = NDArray[np.float32]
State = dict[str, NDArray[Any]]
"""What was fitted: named arrays, stored in every snapshot."""


class Preprocess(Kind):
    """Base of all preprocessing kinds. Steps are applied in the order of the document."""

    family: ClassVar[str] = "preprocess"

    type: str = Field()

    def fit(self, inputs: Floats, info: DataInfo) -> State:
        """What must be remembered of the training rows. `inputs` (N, *info.shape)."""
        return {}

    def info(self, info: DataInfo) -> DataInfo:
        """The facts after this step: the shape and the features may have changed. Needs no data."""
        return info

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """Rows after this step; `info` is as before it."""
        raise NotImplementedError

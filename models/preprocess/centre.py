"""Mean 0."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.data.base import DataInfo
from models.preprocess.base import Floats, Preprocess, State
from models.preprocess.numbers import moments, numeric, spread


class Centre(Preprocess):
    """Takes away the mean of the training rows, and leaves the spread as it is.

    Of images: one mean per channel, or, with `per_pixel`, the mean image.
    """

    title: ClassVar[str] = "Centre"
    category: ClassVar[str] = "Numbers"

    type: Literal["centre"] = "centre"
    per_pixel: bool = Field(
        False, title="Mean of each pixel", description="For images: take away the mean image"
    )

    def fit(self, inputs: Floats, info: DataInfo) -> State:
        """`mean` per column, channel or pixel."""
        if self.per_pixel and len(info.shape) > 1:
            mean, _ = moments(inputs.reshape(len(inputs), -1))
            return {"mean": mean.astype(np.float32).reshape(1, *info.shape)}
        mean, _ = moments(inputs)
        return {"mean": spread(np.where(numeric(info), mean, 0).astype(np.float32), inputs)}

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """x - mean."""
        out: Floats = inputs - state["mean"]
        return out

"""Stretched to a range, or by a fixed factor."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from models.data.base import DataInfo
from models.preprocess.base import Floats, Preprocess, State
from models.preprocess.numbers import extremes, numeric, spread


class Scale(Preprocess):
    """Stretches each column to a range, by the smallest and largest training value; of images, each channel.

    Or, with a factor, multiplies everything by it. A column that never changes becomes the lower end.
    Values outside of what the training rows had go beyond the range.
    """

    title: ClassVar[str] = "Scale"
    category: ClassVar[str] = "Numbers"

    type: Literal["scale"] = "scale"
    low: float = Field(0.0, ge=-1e6, le=1e6, title="Lower end")
    high: float = Field(1.0, ge=-1e6, le=1e6, title="Upper end")
    factor: float | None = Field(
        None,
        ge=-1e6,
        le=1e6,
        title="Factor",
        description="Instead of a range; 0.01 turns per cent into shares",
    )

    @model_validator(mode="after")
    def _the_range_is_one(self) -> "Scale":
        if self.low >= self.high:
            raise ValueError("the lower end must be below the upper end")
        return self

    def fit(self, inputs: Floats, info: DataInfo) -> State:
        """`factor` and `shift` per column or channel: x becomes x · factor + shift."""
        number = numeric(info)
        if self.factor is not None:
            factor = np.full(len(number), self.factor)
            shift = np.zeros(len(number))
        else:
            least, most = extremes(inputs)
            width = most - least
            factor = np.where(width > 0, (self.high - self.low) / np.where(width > 0, width, 1), 1.0)
            shift = self.low - least * factor
        return {
            "factor": np.where(number, factor, 1).astype(np.float32),
            "shift": np.where(number, shift, 0).astype(np.float32),
        }

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """x · factor + shift."""
        out: Floats = inputs * spread(state["factor"], inputs) + spread(state["shift"], inputs)
        return out

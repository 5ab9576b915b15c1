"""Mean 0, spread 1."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import DataInfo
from models.preprocess.base import Floats, Preprocess, State
from models.preprocess.numbers import moments, numeric, spread


class Standardise(Preprocess):
    """Shifts and stretches each column to mean 0 and standard deviation 1; of images, each channel.

    Mean and deviation are those of the training rows. Categories are left alone, missing values stay
    missing, and a column that never changes becomes 0.
    """

    title: ClassVar[str] = "Standardise"
    category: ClassVar[str] = "Numbers"

    type: Literal["standardise"] = "standardise"

    def fit(self, inputs: Floats, info: DataInfo) -> State:
        """`mean` and `std` per column or channel."""
        mean, std = moments(inputs)
        number = numeric(info)
        flat = std <= 1e-9 * np.abs(mean)  # constant, up to rounding
        return {
            "mean": np.where(number, mean, 0).astype(np.float32),
            "std": np.where(number & ~flat, std, 1).astype(np.float32),
        }

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """(x - mean) / std."""
        out: Floats = (inputs - spread(state["mean"], inputs)) / spread(state["std"], inputs)
        return out

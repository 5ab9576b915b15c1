"""Two clouds."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.plane import Doubles, Plane, halves


class Gauss(Plane):
    """Two normally distributed clouds: the easiest of the point sets, a straight line will do.

    As in TensorFlow Playground: centres (2, 2) and (-2, -2), variance 0.5 without noise, 4 with the most.
    """

    title: ClassVar[str] = "Two clouds"

    type: Literal["gauss"] = "gauss"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Class 1 around (2, 2), class 0 around (-2, -2)."""
        labels = np.repeat([1, 0], halves(self.samples))
        centres = np.where(labels == 1, 2.0, -2.0)[:, None]
        variance = 0.5 + self.noise / 0.5 * 3.5
        return random.normal(centres, np.sqrt(variance), (self.samples, 2)), labels

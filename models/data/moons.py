"""Two half moons."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.plane import Doubles, Plane, halves


class Moons(Plane):
    """Two half moons that reach into each other.

    As scikit-learn's `make_moons`, moved and stretched to the plane of the others: 3.5 units to 1 of theirs.
    """

    title: ClassVar[str] = "Moons"

    type: Literal["moons"] = "moons"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Class 0 the upper, class 1 the lower moon."""
        upper, lower = (np.linspace(0, np.pi, count) for count in halves(self.samples))
        moons = np.concatenate(
            [
                np.stack([np.cos(upper), np.sin(upper)], axis=1),
                np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
            ]
        )
        moons += random.normal(0, self.noise, moons.shape)
        return (moons - [0.5, 0.25]) * 3.5, np.repeat([0, 1], halves(self.samples))

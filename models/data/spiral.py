"""Two arms that wind around each other."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.plane import FULL_TURN, Doubles, Plane, halves, polar


class Spiral(Plane):
    """Two arms that wind around each other: the hardest of the point sets.

    As in TensorFlow Playground: radius 0 to 5, 1.75 turns, each point moved by up to `noise` units.
    """

    title: ClassVar[str] = "Spiral"

    type: Literal["spiral"] = "spiral"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Class 1 starts upwards, class 0 downwards."""
        arms = []
        for label, count in zip((1, 0), halves(self.samples), strict=True):
            along = np.arange(count) / count
            start = 0.0 if label else np.pi
            arms.append(polar(5 * along, 1.75 * FULL_TURN * along + start))
        points = np.concatenate(arms)
        labels = np.repeat([1, 0], halves(self.samples))
        return points + random.uniform(-1, 1, points.shape) * self.noise, labels

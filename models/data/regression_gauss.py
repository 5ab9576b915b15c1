"""Hills and hollows."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import Task
from models.data.plane import RADIUS, Doubles, Plane, blur

PEAKS = np.array([[-4, 2.5], [0, 2.5], [4, 2.5], [-4, -2.5], [0, -2.5], [4, -2.5]])
SIGNS = np.array([1, -1, 1, -1, 1, -1])
REACH = 2.0


class RegressionGauss(Plane):
    """Three hills and three hollows on a flat plain.

    As in TensorFlow Playground: height 1 at a peak, falling to 0 at a distance of 2.
    """

    title: ClassVar[str] = "Hills and hollows"
    category: ClassVar[str] = "Surfaces and curves"
    task: ClassVar[Task] = "regression"

    type: Literal["regression_gauss"] = "regression_gauss"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, Doubles]:
        """Uniform in the square; each point takes the height of the nearest peak."""
        points = random.uniform(-RADIUS, RADIUS, (self.samples, 2))
        seen = blur(random, points, RADIUS, self.noise)
        distance = np.linalg.norm(seen[:, None] - PEAKS, axis=2)
        nearest = distance.argmin(axis=1)
        height = np.clip(1 - distance.min(axis=1) / REACH, 0, 1)
        return points, SIGNS[nearest] * height

"""A tilted plane."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import Task
from models.data.plane import RADIUS, Doubles, Plane, blur


class RegressionPlane(Plane):
    """A tilted plane: one neuron without an activation learns it.

    As in TensorFlow Playground: the value is (x + y) / 10, noise moves the point before it is read off.
    """

    title: ClassVar[str] = "Plane"
    category: ClassVar[str] = "Surfaces and curves"
    task: ClassVar[Task] = "regression"

    type: Literal["regression_plane"] = "regression_plane"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, Doubles]:
        """Uniform in the square."""
        points = random.uniform(-RADIUS, RADIUS, (self.samples, 2))
        return points, blur(random, points, RADIUS, self.noise).sum(axis=1) / 10

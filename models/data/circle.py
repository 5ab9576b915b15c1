"""A disc within a ring."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.plane import FULL_TURN, Doubles, Plane, blur, halves, polar

OUTER = 5.0


class Circle(Plane):
    """A disc (class 1) within a ring (class 0): no straight line separates them.

    As in TensorFlow Playground: noise moves the point before its class is read off, not the point itself.
    """

    title: ClassVar[str] = "Circle"

    type: Literal["circle"] = "circle"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Half of the points within 0.5 radii, half between 0.7 and 1."""
        inside, outside = halves(self.samples)
        radius = np.concatenate(
            [random.uniform(0, 0.5 * OUTER, inside), random.uniform(0.7 * OUTER, OUTER, outside)]
        )
        points = polar(radius, random.uniform(0, FULL_TURN, self.samples))
        seen = blur(random, points, OUTER, self.noise)
        return points, (np.hypot(seen[:, 0], seen[:, 1]) < 0.5 * OUTER).astype(np.int64)

"""Four squares, opposite ones alike."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.plane import Doubles, Plane, blur

SIDE = 5.0
GAP = 0.3


class Xor(Plane):
    """Four squares, of which opposite ones belong together: what one neuron cannot learn.

    As in TensorFlow Playground: class 1 where x and y have the same sign.
    """

    title: ClassVar[str] = "Exclusive or"

    type: Literal["xor"] = "xor"

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Uniform in the square, with a gap along the axes."""
        points = random.uniform(-SIDE, SIDE, (self.samples, 2))
        points += np.where(points > 0, GAP, -GAP)
        seen = blur(random, points, SIDE, self.noise)
        return points, (seen[:, 0] * seen[:, 1] >= 0).astype(np.int64)

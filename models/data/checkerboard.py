"""Black and white fields."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.plane import RADIUS, Doubles, Plane, blur


class Checkerboard(Plane):
    """The fields of a checkerboard, in two classes: exclusive or, made harder at will."""

    title: ClassVar[str] = "Checkerboard"

    type: Literal["checkerboard"] = "checkerboard"
    fields: int = Field(4, ge=2, le=12, title="Fields per side")

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Uniform on the board; noise moves a point by up to one field before its class is read off."""
        points = random.uniform(-RADIUS, RADIUS, (self.samples, 2))
        side = 2 * RADIUS / self.fields
        field = np.floor((blur(random, points, 2 * side, self.noise) + RADIUS) / side).astype(np.int64)
        return points, field.sum(axis=1) % 2

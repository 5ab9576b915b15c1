"""Several clouds on a ring."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.plane import FULL_TURN, Doubles, Plane, polar


class Blobs(Plane):
    """Two to eight clouds on a ring, one class each: the simplest task with more than two classes."""

    title: ClassVar[str] = "Blobs"

    type: Literal["blobs"] = "blobs"
    classes: int = Field(4, ge=2, le=8, title="Classes")

    def names(self) -> tuple[str, ...]:
        """The classes, numbered clockwise from the top."""
        return tuple(str(i) for i in range(self.classes))

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64]]:
        """Centres at radius 4; the spread is 0.4 without noise and 2.4 with the most."""
        labels = np.arange(self.samples) % self.classes
        centres = polar(np.full(self.samples, 4.0), FULL_TURN * labels / self.classes)
        return centres + random.normal(0, 0.4 + 4 * self.noise, centres.shape), labels

"""Points in the plane: what the 2-D toys share. The axes run from -6 to 6, as in TensorFlow Playground."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataDoor, DataInfo, Dataset, DataSource, Feature, Task

RADIUS = 6.0
AXES = (Feature(name="x"), Feature(name="y"))
Doubles = NDArray[np.float64]


class Plane(DataSource):
    """Base of the point sets: how many points, and how much they are blurred."""

    category: ClassVar[str] = "Points in the plane"
    task: ClassVar[Task] = "classification"

    samples: int = Field(500, ge=2, le=100_000, title="Points")
    noise: float = Field(
        0.1, ge=0, le=0.5, title="Noise", description="0: clean; 0.5: classes run into each other"
    )
    validation_fraction: float = Field(0.5, ge=0, lt=1, title="Validation part")

    def names(self) -> tuple[str, ...]:
        """The classes; none for a regression."""
        return ("0", "1") if self.task == "classification" else ()

    def draw(self, random: np.random.Generator) -> tuple[Doubles, NDArray[np.int64] | Doubles]:
        """Points (N, 2), and their classes (N,) or values (N,)."""
        raise NotImplementedError

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All points in a random order."""
        random = np.random.default_rng(seed)
        points, labels = self.draw(random)
        order = random.permutation(len(points))
        inputs = points[order].astype(np.float32)
        if self.task == "classification":
            return Dataset(self.describe(door), inputs, labels[order].astype(np.int64))
        return Dataset(self.describe(door), inputs, labels[order].astype(np.float32)[:, None])

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts; nothing is drawn for them."""
        return DataInfo(
            task=self.task,
            form="points",
            shape=(2,),
            classes=self.names(),
            targets=() if self.task == "classification" else ("value",),
            features=AXES,
            rows=self.samples,
        )


def halves(samples: int) -> tuple[int, int]:
    """Points of the first and of the second class."""
    return samples - samples // 2, samples // 2


def polar(radius: Doubles, angle: Doubles) -> Doubles:
    """Points (N, 2) from radius and angle, which is measured from the y axis, clockwise."""
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


def blur(random: np.random.Generator, points: Doubles, radius: float, noise: float) -> Doubles:
    """Where the points appear to be when their label is read: each moved by up to `noise` radii."""
    return points + random.uniform(-radius, radius, points.shape) * noise


FULL_TURN = 2 * math.pi

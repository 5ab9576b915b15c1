"""A sine curve."""

import math
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.data.base import DataDoor, DataInfo, Dataset, DataSource, Feature


class Sine(DataSource):
    """A sine curve to be found again from noisy points: y = sin(frequency · x), x from -π to π."""

    title: ClassVar[str] = "Sine"
    category: ClassVar[str] = "Surfaces and curves"

    type: Literal["sine"] = "sine"
    samples: int = Field(200, ge=2, le=100_000, title="Points")
    noise: float = Field(0.1, ge=0, le=1, title="Noise", description="Standard deviation, added to y")
    frequency: float = Field(1.0, gt=0, le=20, title="Frequency", description="Waves from -π to π")

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """Points at random places."""
        random = np.random.default_rng(seed)
        x = random.uniform(-math.pi, math.pi, (self.samples, 1))
        y = np.sin(self.frequency * x) + random.normal(0, self.noise, x.shape)
        return Dataset(self.describe(door), x.astype(np.float32), y.astype(np.float32))

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts."""
        return DataInfo(
            task="regression",
            form="points",
            shape=(1,),
            targets=("y",),
            features=(Feature(name="x"),),
            rows=self.samples,
        )

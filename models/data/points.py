"""Points that somebody drew."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.plane import AXES

Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, le=7)]]


class Points(DataSource):
    """Points drawn by hand: x, y and the class, 0 to 7."""

    title: ClassVar[str] = "Drawn by hand"
    category: ClassVar[str] = "Points in the plane"

    type: Literal["points"] = "points"
    points: list[Point] = Field(
        [(-2.0, -2.0, 0), (-1.5, -2.5, 0), (-2.5, -1.0, 0), (2.0, 2.0, 1), (1.5, 2.5, 1), (2.5, 1.0, 1)],
        max_length=10_000,
        title="Points",
        description="Each as [x, y, class]",
    )

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """The points as they were drawn."""
        points = np.array(self.points, dtype=np.float64).reshape(-1, 3)
        return Dataset(self.describe(door), points[:, :2].astype(np.float32), points[:, 2].astype(np.int64))

    def describe(self, door: DataDoor) -> DataInfo:
        """As many classes as the highest one drawn asks for."""
        return DataInfo(
            task="classification",
            form="points",
            shape=(2,),
            classes=tuple(str(i) for i in range(max((label for *_, label in self.points), default=0) + 1)),
            features=AXES,
            rows=len(self.points),
        )

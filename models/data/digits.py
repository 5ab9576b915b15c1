"""Handwritten digits, 8 by 8."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.bundled import table


class Digits(DataSource):
    """1,797 handwritten digits, 8 by 8 pixels in grey, from scikit-learn (UCI, 1998).

    Pixels are 0 to 255 like those of every other picture here (the original's 0 to 16, stretched), so a
    network sees 0 to 1, a drawn digit and an imported one mean the same, and `Flatten` makes a vector of it.
    """

    title: ClassVar[str] = "Digits 8 x 8"
    category: ClassVar[str] = "Images"

    type: Literal["digits"] = "digits"

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All 1,797 images."""
        rows = table("digits.csv.gz")
        images = np.rint(rows[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
        return Dataset(self.describe(door), images, rows[:, 64].astype(np.int64))

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts."""
        return DataInfo(
            task="classification",
            form="image",
            shape=(1, 8, 8),
            dtype="uint8",
            classes=tuple("0123456789"),
            rows=1797,
        )

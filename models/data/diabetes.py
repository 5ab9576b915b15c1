"""How diabetes went on."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import DataDoor, DataInfo, Dataset, DataSource, Feature
from models.data.bundled import table

NAMES = (
    "age",
    "sex",
    "body mass index",
    "blood pressure",
    "total cholesterol",
    "LDL",
    "HDL",
    "cholesterol / HDL",
    "log triglycerides",
    "blood sugar",
)


class Diabetes(DataSource):
    """442 patients by ten measurements; to foretell is how far their diabetes has gone on after a year.

    From scikit-learn (Efron et al., 2004), as measured, not scaled.
    """

    title: ClassVar[str] = "Diabetes"
    category: ClassVar[str] = "Tables"

    type: Literal["diabetes"] = "diabetes"

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All rows, in the order of the file."""
        inputs = table("diabetes_data_raw.csv.gz", delimiter=None).astype(np.float32)
        targets = table("diabetes_target.csv.gz", delimiter=None).astype(np.float32)
        return Dataset(self.describe(door), inputs, targets)

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts. Sex is a number in the file, 1 or 2."""
        return DataInfo(
            task="regression",
            form="table",
            shape=(10,),
            targets=("progression",),
            features=tuple(Feature(name=name) for name in NAMES),
            rows=442,
        )

"""Wines and who grew them."""

from typing import ClassVar, Literal

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.bundled import classified, columns, table

FEATURES = columns(
    "alcohol",
    "malic acid",
    "ash",
    "alcalinity of ash",
    "magnesium",
    "total phenols",
    "flavanoids",
    "nonflavanoid phenols",
    "proanthocyanins",
    "color intensity",
    "hue",
    "od280/od315 of diluted wines",
    "proline",
)
CLASSES = ("grower 1", "grower 2", "grower 3")


class Wine(DataSource):
    """178 Italian wines of three growers by 13 chemical measurements, from scikit-learn (UCI, 1991)."""

    title: ClassVar[str] = "Wine"
    category: ClassVar[str] = "Tables"

    type: Literal["wine"] = "wine"

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All rows, in the order of the file."""
        return classified(table("wine_data.csv", skip_header=1), self.describe(door))

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts."""
        return DataInfo(
            task="classification", form="table", shape=(13,), classes=CLASSES, features=FEATURES, rows=178
        )

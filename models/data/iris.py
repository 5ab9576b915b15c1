"""Fisher's irises."""

from typing import ClassVar, Literal

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.bundled import classified, columns, table

FEATURES = columns("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
CLASSES = ("setosa", "versicolor", "virginica")


class Iris(DataSource):
    """150 irises of three species by length and width of sepals and petals, from scikit-learn (Fisher, 1936)."""

    title: ClassVar[str] = "Iris"
    category: ClassVar[str] = "Tables"

    type: Literal["iris"] = "iris"

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All rows, in the order of the file."""
        return classified(table("iris.csv", skip_header=1), self.describe(door))

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts."""
        return DataInfo(
            task="classification", form="table", shape=(4,), classes=CLASSES, features=FEATURES, rows=150
        )

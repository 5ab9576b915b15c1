"""Tumours, malignant or benign."""

from typing import ClassVar, Literal

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.data.bundled import classified, columns, table

FEATURES = columns(
    "mean radius",
    "mean texture",
    "mean perimeter",
    "mean area",
    "mean smoothness",
    "mean compactness",
    "mean concavity",
    "mean concave points",
    "mean symmetry",
    "mean fractal dimension",
    "radius error",
    "texture error",
    "perimeter error",
    "area error",
    "smoothness error",
    "compactness error",
    "concavity error",
    "concave points error",
    "symmetry error",
    "fractal dimension error",
    "worst radius",
    "worst texture",
    "worst perimeter",
    "worst area",
    "worst smoothness",
    "worst compactness",
    "worst concavity",
    "worst concave points",
    "worst symmetry",
    "worst fractal dimension",
)
CLASSES = ("malignant", "benign")


class BreastCancer(DataSource):
    """569 tumours, malignant or benign, by 30 measurements of cell nuclei, from scikit-learn (UCI, 1995)."""

    title: ClassVar[str] = "Breast cancer"
    category: ClassVar[str] = "Tables"

    type: Literal["breast_cancer"] = "breast_cancer"

    def load(self, seed: int, door: DataDoor) -> Dataset:
        """All rows, in the order of the file."""
        return classified(table("breast_cancer.csv", skip_header=1), self.describe(door))

    def describe(self, door: DataDoor) -> DataInfo:
        """The facts."""
        return DataInfo(
            task="classification", form="table", shape=(30,), classes=CLASSES, features=FEATURES, rows=569
        )

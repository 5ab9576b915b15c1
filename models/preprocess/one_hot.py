"""Categories as columns of their own."""

from typing import ClassVar, Literal

import numpy as np

from models.data.base import DataInfo, Feature
from models.errors import DataError
from models.preprocess.base import Floats, Preprocess, State
from models.preprocess.columns import chosen, chosen_field

MOST_COLUMNS = 10_000


class OneHot(Preprocess):
    """Turns a column of categories into one column per category: 1 where it is that one, 0 elsewhere.

    A missing value is 0 in all of them. Numbers stay as they are, in their order.
    """

    title: ClassVar[str] = "One-hot"
    category: ClassVar[str] = "Tables"

    type: Literal["one_hot"] = "one_hot"
    columns: list[str] | None = chosen_field("All columns of categories when absent")

    def info(self, info: DataInfo) -> DataInfo:
        """`colour` becomes `colour = red`, `colour = blue` …"""
        which = set(self._which(info))
        features: list[Feature] = []
        for i, feature in enumerate(info.features):
            if i in which:
                features += [Feature(name=f"{feature.name} = {category}") for category in feature.categories]
            else:
                features.append(feature)
        if not which:
            return info
        if len(features) > MOST_COLUMNS:
            raise DataError(
                "preprocess.too_many_columns",
                f"That makes {len(features)} columns; {MOST_COLUMNS} are the most.",
                hint="Choose columns with fewer categories.",
                path=("preprocess",),
            )
        return info.model_copy(
            update={"features": tuple(features), "shape": (len(features),), "form": "table"}
        )

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """The columns in their order, each category's in its place."""
        which = set(self._which(info))
        if not which:
            return inputs
        parts = []
        for i, feature in enumerate(info.features):
            column = inputs[:, i : i + 1]
            if i in which:
                column = (column == np.arange(len(feature.categories), dtype=np.float32)).astype(np.float32)
            parts.append(column)
        return np.concatenate(parts, axis=1)

    def _which(self, info: DataInfo) -> list[int]:
        return chosen(self.columns, info, "category")

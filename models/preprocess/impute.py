"""Something in place of what is missing."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from models.data.base import DataInfo, Feature
from models.errors import DataError
from models.preprocess.base import Floats, Preprocess, State
from models.preprocess.columns import chosen, chosen_field


class Impute(Preprocess):
    """Fills in missing values: with the column's mean, median or most frequent value, or with a constant.

    Taken from the training rows. Categories get the most frequent one, whatever is chosen for numbers.
    """

    title: ClassVar[str] = "Fill in"
    category: ClassVar[str] = "Tables"

    type: Literal["impute"] = "impute"
    strategy: Literal["mean", "median", "most_frequent", "constant"] = Field("mean", title="With")
    value: float = Field(0.0, ge=-1e6, le=1e6, title="Constant", description="For the strategy `constant`")
    columns: list[str] | None = chosen_field("All columns with missing values when absent")
    indicator: bool = Field(
        False, title="Mark what was missing", description="Adds a column of 0 and 1 for each column filled in"
    )

    def fit(self, inputs: Floats, info: DataInfo) -> State:
        """`fill`: what stands in, per column; NaN where nothing is filled in."""
        fill = np.full(inputs.shape[1] if inputs.ndim == 2 else 0, np.nan, dtype=np.float32)
        for i in self._which(info):
            fill[i] = self._stand_in(inputs[:, i], info.features[i])
        return {"fill": fill}

    def info(self, info: DataInfo) -> DataInfo:
        """With `indicator`, a column `… missing` for each column that has missing values."""
        which = set(self._which(info))
        features = [
            feature.model_copy(update={"missing": 0}) if i in which else feature
            for i, feature in enumerate(info.features)
        ]
        marked = [Feature(name=f"{info.features[i].name} missing") for i in self._marked(info)]
        info = info.model_copy(update={"features": (*features, *marked)})
        if not marked:
            return info
        return info.model_copy(update={"shape": (len(info.features),), "form": "table"})

    def apply(self, inputs: Floats, info: DataInfo, state: State) -> Floats:
        """The rows without holes."""
        if not info.features:
            return inputs
        hole = np.isnan(inputs)
        out = np.where(hole, state["fill"], inputs)
        marked = self._marked(info)
        return np.concatenate([out, hole[:, marked].astype(np.float32)], axis=1) if marked else out

    def _which(self, info: DataInfo) -> list[int]:
        return chosen(self.columns, info)

    def _marked(self, info: DataInfo) -> list[int]:
        return [i for i in self._which(info) if info.features[i].missing] if self.indicator else []

    def _stand_in(self, column: Floats, feature: Feature) -> float:
        there = column[~np.isnan(column)]
        strategy = "most_frequent" if feature.kind == "category" else self.strategy
        if strategy == "constant":
            return self.value
        if not len(there):
            raise DataError(
                "preprocess.all_missing",
                f"Column {feature.name!r} has no value in any training row.",
                hint='Leave the column out, or fill it in with the strategy "constant".',
                path=("preprocess",),
                column=feature.name,
            )
        if strategy == "most_frequent":
            values, counts = np.unique(there, return_counts=True)
            return float(values[counts.argmax()])
        return float(there.mean(dtype=np.float64) if strategy == "mean" else np.median(there))

"""Fewer rows of a data set: some of its classes, or so many of its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.data.base import DataInfo, Dataset
from models.errors import DataError


def only_classes(data: Dataset, classes: Sequence[str] | None) -> Dataset:
    """The rows of these classes, which are numbered anew in the order given."""
    if classes is None:
        return data
    info = with_classes(data.info, classes)
    new_code = np.full(len(data.info.classes), -1, dtype=np.int64)
    new_code[[data.info.classes.index(name) for name in classes]] = np.arange(len(classes))
    codes = new_code[np.asarray(data.targets)]
    rows = np.flatnonzero(codes >= 0)
    return Dataset(info.model_copy(update={"rows": len(rows)}), data.inputs[rows], codes[rows])


def with_classes(info: DataInfo, classes: Sequence[str]) -> DataInfo:
    """The facts with these classes only. Raises DataError where one is not there."""
    if info.task != "classification":
        raise DataError(
            "data.no_classes",
            "The data set has no classes: its targets are numbers.",
            hint="Remove `classes`.",
            path=("data", "classes"),
        )
    for place, name in enumerate(classes):
        if name not in info.classes:
            raise DataError(
                "data.unknown_class",
                f"The data set has no class {name!r}.",
                hint=f"Its classes are {', '.join(info.classes[:20])}.",
                path=("data", "classes", place),
                name=name,
            )
    return info.model_copy(update={"classes": tuple(classes)})


def at_most(data: Dataset, limit: int | None, seed: int) -> Dataset:
    """So many rows, drawn by seed, in the order they had."""
    if limit is None or limit >= len(data.inputs):
        return data
    rows = np.sort(np.random.default_rng(seed).choice(len(data.inputs), limit, replace=False))
    info = data.info.model_copy(update={"rows": limit})
    return Dataset(info, data.inputs[rows], data.targets[rows])

"""The data sets that come with scikit-learn, read from its files: importing it costs most of a second."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataInfo, Dataset, Feature
from models.errors import DataError


@cache
def table(file: str, skip_header: int = 0, delimiter: str | None = ",") -> NDArray[np.float64]:
    """The numbers of one of scikit-learn's files. Read once, never written."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise DataError("data.no_sklearn", "scikit-learn is not installed.", hint="pip install scikit-learn")
    path = Path(spec.origin).parent / "datasets" / "data" / file
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
        numbers = np.loadtxt(text, delimiter=delimiter, skiprows=skip_header, dtype=np.float64, ndmin=2)
    numbers.flags.writeable = False
    return numbers


def columns(*names: str) -> tuple[Feature, ...]:
    """Columns of numbers."""
    return tuple(Feature(name=name) for name in names)


def classified(rows: NDArray[np.float64], info: DataInfo) -> Dataset:
    """A table whose last column is the class."""
    return Dataset(info, rows[:, :-1].astype(np.float32), rows[:, -1].astype(np.int64))

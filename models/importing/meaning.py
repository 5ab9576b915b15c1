"""What plain arrays mean: pictures, points or vectors; classes or numbers. Shared by IDX and NumPy imports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataInfo, Feature, Task
from models.errors import DataError
from models.importing.base import MOST_CLASSES, MOST_COLUMNS, SHOWN_IMAGES, SHOWN_ROWS, SHOWN_SIDE
from models.importing.folder import ArrayFile

Choice = Literal["auto", "classification", "regression"]
Channels = Literal["auto", "first", "last"]

LARGEST = float(np.finfo(np.float32).max)
FEW_VALUES = 20


@dataclass
class Facts:
    """What an array pair was found to be. `last` says that channels come last and must be moved."""

    info: DataInfo
    targets: NDArray[Any]
    last: bool = False
    missing: int = 0

    def arranged(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Rows as they are stored: channels first, float32 or uint8; what is not finite is missing."""
        if self.last:
            rows = np.moveaxis(rows, -1, 1)
        rows = rows.reshape(len(rows), *self.info.shape)
        if self.info.dtype == "uint8":
            return rows.astype(np.uint8)
        out = np.asarray(rows, dtype=np.float64)
        beyond = ~(np.abs(out) <= LARGEST)
        if beyond.any():
            self.missing += int(beyond.sum())
            out = np.where(beyond, np.nan, out)
        return out.astype(np.float32)

    def problems(self) -> tuple[str, ...]:
        """In words, after the rows have gone through `arranged`."""
        found = list(self.info.problems)
        if self.missing:
            found.append(f"{self.missing} values are missing or not finite.")
        return tuple(found)

    def write_targets(self, into: Path) -> None:
        """Class indices (N,), or values (N, k)."""
        dtype = "int64" if self.info.task == "classification" else "float32"
        with ArrayFile(into / "targets.npy", dtype, self.targets.shape[1:]) as out:
            out.append(self.targets)


def facts_of(
    shape: Sequence[int], dtype: np.dtype[Any], targets: NDArray[Any], *, task: Choice, channels: Channels
) -> Facts:
    """From the inputs' shape (N, …) and type, and all targets. Raises DataError."""
    row, last, form = _layout(tuple(shape[1:]), channels)
    codes, classes, names = _meaning(targets, task)
    features: tuple[Feature, ...] = ()
    if form in ("points", "table"):
        features = tuple(Feature(name=f"x{i + 1}") for i in range(row[0]))
    found: Task = "classification" if classes else "regression"
    info = DataInfo(
        task=found,
        form=form,
        shape=row,
        dtype="uint8" if form == "image" and dtype == np.uint8 else "float32",
        classes=classes,
        targets=names,
        features=features,
        rows=shape[0],
        problems=(f"There is one class only, {classes[0]!r}.",) if len(classes) == 1 else (),
    )
    return Facts(info, codes, last)


def shown(facts: Facts, first: NDArray[Any]) -> dict[str, Any]:
    """The preview: facts, the first rows or pictures, and how many of each class."""
    info = facts.info
    some = facts.arranged(first[: SHOWN_IMAGES if info.form == "image" else SHOWN_ROWS])
    if info.form == "image":
        every = -(-max(some.shape[2:]) // SHOWN_SIDE)
        some = some[:, :, ::every, ::every]
    labels = facts.targets[: len(some)]
    named = [info.classes[i] for i in labels] if info.classes else labels.tolist()
    plain = [[None if v != v else v for v in row] for row in some.reshape(len(some), -1).tolist()]
    counts = np.bincount(facts.targets, minlength=len(info.classes)).tolist() if info.classes else []
    answer: dict[str, Any] = {
        "info": info.model_dump(mode="json"),
        "balance": dict(zip(info.classes, counts, strict=True)),
        "problems": list(facts.problems()),
    }
    if info.form == "image":
        return {**answer, "images": {"shape": list(some.shape[1:]), "pixels": plain, "classes": named}}
    return {**answer, "rows": [[*row, label] for row, label in zip(plain, named, strict=True)]}


def _layout(row: tuple[int, ...], channels: Channels) -> tuple[tuple[int, ...], bool, Any]:
    """The stored shape of one row, whether channels must be moved to the front, and the form."""
    if math.prod(row) > 10_000_000 or 0 in row:
        raise DataError(
            "import.row_size", f"One row has the shape {list(row)}.", hint="Up to 10 million values."
        )
    if len(row) <= 1:
        width = row[0] if row else 1
        return (width,), False, "points" if width <= 2 else "table" if width <= MOST_COLUMNS else "vector"
    if len(row) == 2:
        return (1, *row), False, "image"
    if len(row) == 3:
        last = channels == "last" or (channels == "auto" and row[2] in (1, 3) and row[0] not in (1, 3))
        return (row[2], row[0], row[1]) if last else row, last, "image"
    raise DataError(
        "import.dimensions",
        f"One row has {len(row)} dimensions.",
        hint="Vectors, pictures (H, W), (H, W, C) and (C, H, W) are understood.",
    )


def _meaning(targets: NDArray[Any], task: Choice) -> tuple[NDArray[Any], tuple[str, ...], tuple[str, ...]]:
    """Targets as they are stored, the classes, and, for numbers, the names of their columns."""
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.ndim == 2 and task != "regression" and _one_hot(targets):
        return targets.argmax(axis=1).astype(np.int64), tuple(map(str, range(targets.shape[1]))), ()
    if targets.ndim > 2 or (targets.ndim == 2 and task == "classification"):
        raise DataError(
            "import.targets_shape",
            f"The targets have the shape {list(targets.shape)}.",
            hint="One class per row, one row of numbers per row, or one-hot rows are understood.",
        )
    if targets.ndim == 1 and task != "regression":
        values, codes = np.unique(targets, return_inverse=True)
        if task == "classification" or _looks_like_classes(targets.dtype, values):
            return codes.astype(np.int64), _class_names(values), ()
    with np.errstate(over="ignore"):
        numbers = targets.astype(np.float32).reshape(len(targets), -1)
    names = ("y",) if numbers.shape[1] == 1 else tuple(f"y{i + 1}" for i in range(numbers.shape[1]))
    return numbers, (), names


def _one_hot(targets: NDArray[Any]) -> bool:
    return bool(np.isin(targets, (0, 1)).all() and (targets.sum(axis=1) == 1).all())


def _looks_like_classes(dtype: np.dtype[Any], values: NDArray[Any]) -> bool:
    whole = dtype.kind in "bui" or bool((np.isfinite(values) & (values == np.floor(values))).all())
    return whole and len(values) <= (MOST_CLASSES // 10 if dtype.kind in "bui" else FEW_VALUES)


def _class_names(values: NDArray[Any]) -> tuple[str, ...]:
    if len(values) > MOST_CLASSES:
        raise DataError(
            "import.too_many_classes",
            f"The targets have {len(values)} different values; {MOST_CLASSES} classes are the most.",
            hint='Choose the task "regression".',
            path=("options", "task"),
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError("import.target_missing", "Some targets are missing.", hint="Remove these rows.")
    return tuple(str(int(v)) if v == int(v) else str(float(v)) for v in values.tolist())

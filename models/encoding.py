"""Rows as people and programs send them, as the arrays a network takes: what a prediction starts from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataInfo, Feature
from models.errors import DataError

MAX_ROWS = 100_000
LARGEST = float(np.finfo(np.float32).max)


def encode(rows: Sequence[Any], info: DataInfo) -> NDArray[Any]:
    """Raw rows (N, *info.shape), before preprocessing.

    A row is a list by position, an object by column name, or, for an image, nested or flat pixels.
    Raises DataError with the row and the column.
    """
    if isinstance(rows, np.ndarray):
        rows = rows.tolist()
    if not isinstance(rows, list | tuple):
        raise DataError("encode.rows", "The inputs are not a list of rows.", hint="Send [row, row, …].")
    if not rows:
        raise DataError("encode.empty", "There is no row to work on.", hint="Send at least one row.")
    if len(rows) > MAX_ROWS:
        raise DataError(
            "encode.too_many", f"{len(rows)} rows at once; {MAX_ROWS} are the most.", most=MAX_ROWS
        )
    if info.features and len(info.shape) == 1:
        return np.array([_table_row(row, i, info.features) for i, row in enumerate(rows)], dtype=np.float32)
    values: NDArray[np.float64] = np.stack([_array_row(row, i, info) for i, row in enumerate(rows)])
    if info.dtype == "uint8":
        values = np.rint(values.clip(0, 255))
    return values.astype(info.dtype)


def _table_row(row: Any, index: int, features: Sequence[Feature]) -> list[float]:
    if isinstance(row, Mapping):
        names = [feature.name for feature in features]
        unknown = [str(key) for key in row if key not in names]
        if unknown:
            raise DataError(
                "encode.unknown_column",
                f"Row {index} has a column {unknown[0]!r}, which the data has not.",
                hint=f"Columns are {_listed(names)}.",
                row=index,
                column=unknown[0],
            )
        row = [row.get(name) for name in names]
    if not isinstance(row, list | tuple):
        raise _not_a_row(row, index)
    if len(row) != len(features):
        raise DataError(
            "encode.length",
            f"Row {index} has {len(row)} values; {len(features)} are expected.",
            hint=f"In this order: {_listed([feature.name for feature in features])}.",
            row=index,
            expected=len(features),
            actual=len(row),
        )
    return [_value(value, index, feature) for value, feature in zip(row, features, strict=True)]


def _value(value: Any, row: int, feature: Feature) -> float:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return math.nan
    if feature.kind == "category":
        return float(_code(value, row, feature))
    try:
        number = float(value) if isinstance(value, int | float | str) else math.inf
    except (ValueError, OverflowError):
        number = math.inf
    if not abs(number) <= LARGEST:
        raise DataError(
            "encode.number",
            f"Row {row}, column {feature.name!r}: {_shown(value)} is no number.",
            row=row,
            column=feature.name,
            value=_shown(value),
        )
    return number


def _code(value: Any, row: int, feature: Feature) -> int:
    name = str(value)
    if isinstance(value, float) and value.is_integer() and name not in feature.categories:
        name = str(int(value))
    if name in feature.categories:
        return feature.categories.index(name)
    raise DataError(
        "encode.category",
        f"Row {row}, column {feature.name!r}: {_shown(value)} is not one of its categories.",
        hint=f"It can be {_listed(feature.categories)}.",
        row=row,
        column=feature.name,
        value=_shown(value),
    )


def _array_row(row: Any, index: int, info: DataInfo) -> NDArray[np.float64]:
    if not isinstance(row, list | tuple):
        raise _not_a_row(row, index)
    try:
        values = np.asarray(row, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            "encode.array",
            f"Row {index} is no array of numbers: its parts differ in length, or hold something else.",
            hint=f"The shape is {_shape(info.shape)}.",
            row=index,
        ) from error
    if values.size != math.prod(info.shape) or values.shape not in _layouts(info.shape):
        raise DataError(
            "encode.shape",
            f"Row {index} has the shape {_shape(values.shape)}; {_shape(info.shape)} is expected.",
            hint="Flat is fine as well.",
            row=index,
            expected=list(info.shape),
            actual=list(values.shape),
        )
    if not (np.abs(values) <= LARGEST).all():
        raise DataError("encode.number", f"Row {index} holds a value that is no number.", row=index)
    return values.reshape(info.shape)


def _layouts(shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """As it is, flat, and without the channel where there is but one."""
    return {shape, (math.prod(shape),)} | ({shape[1:]} if shape[0] == 1 and len(shape) > 1 else set())


def _not_a_row(row: Any, index: int) -> DataError:
    return DataError(
        "encode.row", f"Row {index} is {_shown(row)}, not a list.", hint="Send each row as a list.", row=index
    )


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "a single number"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"

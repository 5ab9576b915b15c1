"""What the steps share: which columns hold numbers, and statistics that pass over missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataInfo
from models.preprocess.base import Floats

BLOCK = 4096
"""Rows taken at a time, so that statistics in double precision do not double the memory."""


def numeric(info: DataInfo) -> NDArray[np.bool_]:
    """Per unit of a step (a column, or a channel of an image): does it hold numbers, not categories?"""
    if info.features and len(info.shape) == 1:
        return np.array([feature.kind == "number" for feature in info.features])
    return np.ones(info.shape[0], dtype=bool)


def units(inputs: NDArray[Any]) -> NDArray[Any]:
    """Rows as (N, unit, values): a unit is a column of a table or a channel of an image."""
    return inputs.reshape(len(inputs), inputs.shape[1], -1)


def spread(values: NDArray[Any], inputs: NDArray[Any]) -> NDArray[Any]:
    """One value per unit, shaped so that it broadcasts against the rows."""
    return values.reshape((1, -1) + (1,) * (inputs.ndim - 2))


def moments(inputs: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation per unit, without missing values; (0, 0) where nothing is there."""
    blocks = [units(inputs[i : i + BLOCK]) for i in range(0, len(inputs), BLOCK)]
    size = inputs.shape[1]
    count = sum((np.isfinite(b).sum((0, 2)) for b in blocks), np.zeros(size, np.int64)).clip(1)
    total = sum((np.nansum(b, (0, 2), dtype=np.float64) for b in blocks), np.zeros(size))
    mean = total / count
    square = np.zeros(size)
    for block in blocks:
        square += np.nansum(np.square(block - mean[None, :, None]), (0, 2))
    return mean, np.sqrt(square / count)


def extremes(inputs: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest value per unit, without missing ones; (0, 0) where nothing is there."""
    least = np.full(inputs.shape[1], np.inf)
    most = np.full(inputs.shape[1], -np.inf)
    for start in range(0, len(inputs), BLOCK):
        block = units(inputs[start : start + BLOCK])
        least = np.fmin(least, np.fmin.reduce(block, (0, 2)))
        most = np.fmax(most, np.fmax.reduce(block, (0, 2)))
    there = np.isfinite(least) & np.isfinite(most)
    return np.where(there, least, 0.0), np.where(there, most, 0.0)

"""One confusion matrix per evaluation, and every metric of a classifier from it; for numbers, one sum of errors.

Counting each evaluation once costs less than a hundredth of what metric objects fed batch by batch cost.
Oracles in the tests: scikit-learn and torchmetrics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

Matrix = NDArray[np.int64]
"""(classes, classes): rows are the true classes, columns what the network said."""


def confusion(targets: Tensor, said: Tensor, classes: int) -> Tensor:
    """Counts (classes * classes,), flat, still a tensor: reshape it once it has left the device."""
    return torch.bincount(targets * classes + said, minlength=classes * classes)


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """above / below, 0 where there is nothing to divide by."""
    shares: NDArray[np.float64] = np.divide(above, below, out=np.zeros(below.shape), where=below > 0)
    return shares


def per_class(matrix: Matrix) -> dict[str, NDArray[np.float64]]:
    """Precision, recall, F1 and support of each class."""
    right, said, true = np.diagonal(matrix), matrix.sum(0), matrix.sum(1)
    return {
        "precision": _ratio(right, said),
        "recall": _ratio(right, true),
        "f1": _ratio(2 * right, said + true),
        "support": true.astype(np.float64),
    }


def classification(matrix: Matrix) -> dict[str, float]:
    """Accuracy, and the macro averages over the classes that occur. Empty without rows."""
    total = int(matrix.sum())
    if not total:
        return {}
    classes = per_class(matrix)
    occurs = (matrix.sum(0) + matrix.sum(1)) > 0
    count = int(occurs.sum())
    return {
        "accuracy": float(np.trace(matrix)) / total,
        **{name: float(classes[name].sum()) / count for name in ("precision", "recall", "f1")},
    }


def weighted(matrix: Matrix) -> dict[str, float]:
    """The averages by support: a class counts as often as it occurs."""
    classes = per_class(matrix)
    total = classes["support"].sum() or 1.0
    return {
        f"weighted_{name}": float((classes[name] * classes["support"]).sum() / total)
        for name in ("precision", "recall", "f1")
    }


def report(matrix: Matrix, classes: tuple[str, ...]) -> dict[str, Any]:
    """Everything a matrix says: averages, and a line per class with TP, FP, TN, FN."""
    values, total = per_class(matrix), int(matrix.sum())
    right, said, true = np.diagonal(matrix), matrix.sum(0), matrix.sum(1)
    lines = [
        {
            "class": name,
            "tp": int(right[i]),
            "fp": int(said[i] - right[i]),
            "fn": int(true[i] - right[i]),
            "tn": int(total - said[i] - true[i] + right[i]),
            **{key: float(values[key][i]) for key in ("precision", "recall", "f1")},
            "support": int(true[i]),
        }
        for i, name in enumerate(classes)
    ]
    return {**classification(matrix), **weighted(matrix), "per_class": lines, "confusion": matrix.tolist()}


def regression(
    squares: NDArray[Any], absolutes: NDArray[Any], spread: NDArray[Any], rows: int
) -> dict[str, float]:
    """RMSE and MAE over all columns, R² as the mean over columns. Empty without rows.

    squares, absolutes (k,): sums of squared and absolute errors; spread (k,): sum of squared distances of the
    targets from their mean. A column that never changes has R² 1 where it is met exactly, else 0.
    """
    if not rows:
        return {}
    fixed = spread <= 0
    share = np.divide(squares, spread, out=np.where(squares > 0, 1.0, 0.0), where=~fixed)
    cells = rows * len(squares)
    return {
        "rmse": float(np.sqrt(squares.sum() / cells)),
        "mae": float(absolutes.sum() / cells),
        "r2": float((1 - share).mean()),
    }

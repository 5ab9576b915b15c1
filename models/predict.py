"""Using what was learnt: predictions for rows as people write them, and the final exam on the test part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models import metrics
from models.errors import DataError
from models.evaluation import tensor
from models.lazy import torch
from models.prepare import Prepared
from models.scene import Scene

MAX_ROWS = 10_000


def predict(scene: Scene, rows: Sequence[Any]) -> dict[str, Any]:
    """Outputs for raw rows; for classifiers the class names and probabilities too. Raises DataError."""
    if not 1 <= len(rows) <= MAX_ROWS:
        raise DataError(
            "predict.rows",
            f"{len(rows)} rows were given.",
            hint=f"Give at least one row and at most {MAX_ROWS:,}.",
            path=("inputs",),
            rows=len(rows),
        )
    outputs = scene.outputs(scene.encode(rows))
    answer: dict[str, Any] = {"outputs": outputs.tolist()}
    names = scene.raw_info.classes
    if names:
        answer["classes"] = [names[i] for i in scene.decisions(outputs)]
        answer["probabilities"] = scene.probabilities(outputs).tolist()
    return answer


def exam(scene: Scene) -> dict[str, Any]:
    """Loss and every metric on the test part, which nothing has looked at before. Raises DataError."""
    part = scene.data.parts.get("test") if isinstance(scene.data, Prepared) else None
    if part is None or not len(part):
        raise DataError(
            "exam.no_test",
            "No rows were kept for a final exam.",
            hint="Give the data a test_fraction above 0 and train again.",
            path=("data", "test_fraction"),
        )
    outputs = scene.outputs(scene.raw_rows(part.rows))
    targets = np.asarray(part.targets)
    given = tensor(targets, torch.device("cpu"))
    wanted = scene.loss.targets(scene.info, given)
    function = scene.loss.function(scene.info, given)
    loss = float(function(torch.from_numpy(outputs), wanted))
    names = scene.raw_info.classes
    if names:
        n = len(names)
        counts = np.bincount(targets * n + scene.decisions(outputs), minlength=n * n)
        return {"rows": len(part), "loss": loss, **metrics.report(counts.reshape(n, n), names)}
    errors = outputs.astype(np.float64) - wanted.double().numpy()
    spread = np.square(wanted.double().numpy() - wanted.double().numpy().mean(0)).sum(0)
    found = metrics.regression(np.square(errors).sum(0), np.abs(errors).sum(0), spread, len(part))
    return {"rows": len(part), "loss": loss, **found}

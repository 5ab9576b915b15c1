"""Predictions for raw rows, and the final exam."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from models.data import NoDoor
from models.errors import DataError
from models.predict import exam, predict
from models.scene import Scene, scene_of
from tests.models.learning import document, parse, said, snapshots


def scene(learner: dict[str, Any] | None = None, **parts: Any) -> Scene:
    return scene_of(
        snapshots(said(parse(document({"epochs": 20, **(learner or {})}, **parts))))[-1], NoDoor()
    )


IRIS = {"type": "iris", "validation_fraction": 0.2, "test_fraction": 0.3}
LINE = {"model": {"layers": [{"type": "Linear"}]}}


def test_a_classifier_names_the_classes_and_their_probabilities() -> None:
    flowers = scene(data=IRIS, preprocess=[{"type": "standardise"}], networks=LINE)
    answer = predict(flowers, [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]])
    assert answer["classes"] == [flowers.raw_info.classes[0], flowers.raw_info.classes[2]]
    assert np.allclose(np.sum(answer["probabilities"], axis=1), 1)
    assert np.shape(answer["outputs"]) == (2, 3)


def test_one_logit_is_enough_for_two_classes() -> None:
    answer = predict(scene({"loss": {"type": "BCEWithLogitsLoss"}}), [[0.0, 0.0], [1.0, -1.0]])
    assert np.shape(answer["outputs"]) == (2, 1) and np.shape(answer["probabilities"]) == (2, 2)
    for (output,), name, shares in zip(
        answer["outputs"], answer["classes"], answer["probabilities"], strict=True
    ):
        assert name == "01"[int(output > 0)]
        assert shares[1] == pytest.approx(1 / (1 + np.exp(-output)), rel=1e-5)


def test_a_regression_answers_numbers_alone() -> None:
    data = {"type": "regression_plane", "samples": 60, "noise": 0.0}
    answer = predict(scene({"loss": {"type": "MSELoss"}}, data=data, networks=LINE), [[0.0, 0.0]])
    assert set(answer) == {"outputs"} and np.shape(answer["outputs"]) == (1, 1)


@pytest.mark.parametrize("rows", [[], [[1.0]], [["a", "b"]], [[float("nan"), 0.0]], "text"])
def test_rows_that_do_not_fit_are_refused(rows: Any) -> None:
    with pytest.raises(DataError) as caught:
        predict(scene(), rows)
    assert caught.value.problem.detail


def test_the_exam_is_on_rows_that_nothing_has_seen_and_agrees_with_scikit_learn() -> None:
    flowers = scene(data=IRIS, preprocess=[{"type": "standardise"}], networks=LINE)
    part = flowers.data.parts["test"]  # type: ignore[attr-defined]
    result = exam(flowers)
    said_classes = flowers.decisions(flowers.outputs(flowers.raw_rows(part.rows)))
    assert result["rows"] == len(part) == 45
    assert result["accuracy"] == pytest.approx(sk.accuracy_score(part.targets, said_classes))
    assert result["confusion"] == sk.confusion_matrix(part.targets, said_classes).tolist()
    assert len(result["per_class"]) == 3


def test_the_exam_of_a_regression_has_its_errors() -> None:
    data = {"type": "regression_plane", "samples": 60, "noise": 0.0, "test_fraction": 0.2}
    result = exam(scene({"loss": {"type": "MSELoss"}, "epochs": 60}, data=data, networks=LINE))
    assert set(result) == {"rows", "loss", "rmse", "mae", "r2"}
    assert result["rmse"] == pytest.approx(np.sqrt(result["loss"]), rel=1e-4)


def test_without_a_test_part_there_is_no_exam() -> None:
    with pytest.raises(DataError, match="final exam"):
        exam(scene())

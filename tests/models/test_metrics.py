"""Metrics against scikit-learn and torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics.functional import classification as tm

from models.metrics import classification, confusion, regression, report, weighted

labels = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1, max_size=60)
    )
)


def matrix_of(true: list[int], said: list[int], classes: int) -> np.ndarray:
    return confusion(torch.tensor(true), torch.tensor(said), classes).numpy().reshape(classes, classes)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(labels)
def test_classification_agrees_with_both_oracles(case: tuple[int, list[tuple[int, int]]]) -> None:
    classes, pairs = case
    true, said = [list(column) for column in zip(*pairs, strict=True)]
    matrix = matrix_of(true, said, classes)
    assert np.array_equal(matrix, sk.confusion_matrix(true, said, labels=range(classes)))
    ours = {**classification(matrix), **weighted(matrix)}
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(true, said))
    for average, prefix in (("macro", ""), ("weighted", "weighted_")):
        theirs = sk.precision_recall_fscore_support(true, said, average=average, zero_division=0)[:3]
        for name, value in zip(("precision", "recall", "f1"), theirs, strict=True):
            assert ours[prefix + name] == pytest.approx(value), (average, name)
    pair = torch.tensor(said), torch.tensor(true)
    f1 = tm.multiclass_f1_score(*pair, num_classes=classes, average="macro")
    assert ours["f1"] == pytest.approx(f1.item(), abs=1e-6)


def test_a_report_has_a_line_per_class_with_all_four_counts() -> None:
    true, said = [0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 0, 2]
    found = report(matrix_of(true, said, 3), ("a", "b", "c"))
    precision, recall, f1, support = sk.precision_recall_fscore_support(true, said, zero_division=0)
    for i, line in enumerate(found["per_class"]):
        assert (line["precision"], line["recall"], line["f1"]) == pytest.approx(
            (precision[i], recall[i], f1[i])
        )
        assert line["tp"] + line["fp"] + line["tn"] + line["fn"] == 7
        assert line["support"] == support[i]
    assert found["per_class"][0] == {
        **found["per_class"][0],
        **{"class": "a", "tp": 1, "fp": 1, "fn": 1, "tn": 4},
    }
    assert found["confusion"] == [[1, 1, 0], [0, 2, 0], [1, 0, 2]]


def test_nothing_measured_is_nothing_said() -> None:
    assert classification(np.zeros((2, 2), np.int64)) == {}
    assert regression(np.zeros(1), np.zeros(1), np.zeros(1), 0) == {}


@pytest.mark.parametrize("columns", [1, 3])
def test_regression_agrees_with_scikit_learn(columns: int) -> None:
    random = np.random.default_rng(3)
    true, said = random.normal(size=(50, columns)), random.normal(size=(50, columns))
    ours = of(true, said)
    assert ours["rmse"] == pytest.approx(np.sqrt(sk.mean_squared_error(true, said)))
    assert ours["mae"] == pytest.approx(sk.mean_absolute_error(true, said))
    assert ours["r2"] == pytest.approx(sk.r2_score(true, said))


def test_a_target_that_never_changes_has_the_r2_of_scikit_learn() -> None:
    true = np.full((4, 1), 2.0)
    for said in (true, true + 1):
        assert of(true, said)["r2"] == sk.r2_score(true, said)


def of(true: np.ndarray, said: np.ndarray) -> dict[str, float]:
    errors, spread = said - true, np.square(true - true.mean(0)).sum(0)
    return regression(np.square(errors).sum(0), np.abs(errors).sum(0), spread, len(true))

"""Remarks on what runs but hardly as meant; experiments that ship with Oqu need none."""

from typing import Any

import pytest

from models import zoo
from models.check import check
from models.data import NoDoor
from models.experiment import parse
from models.remarks import remarks
from tests.models.learning import document

LINEAR, LAST = {"type": "Linear", "out_features": 6}, {"type": "Linear"}
RELU = {"type": "ReLU"}


def said(layers: list[dict[str, Any]] | None = None, data: dict[str, Any] | None = None, **learner: Any):
    given = document(learner)
    if layers is not None:
        given["networks"]["model"]["layers"] = layers
    given["data"] |= data or {}
    return remarks(parse(given))


def keys(*args: Any, **learner: Any) -> list[str]:
    return [remark.key.removeprefix("remark.") for remark in said(*args, **learner)]


def test_a_sound_experiment_gets_none():
    assert keys() == []


@pytest.mark.parametrize("slug", [item["slug"] for item in zoo.items()])
def test_what_ships_needs_none(slug):
    assert remarks(zoo.experiment(slug)) == []


@pytest.mark.parametrize(
    "loss, last, expected",
    [
        ("CrossEntropyLoss", "Softmax", ["squashed_twice"]),
        ("CrossEntropyLoss", "Sigmoid", ["squashed_twice"]),
        ("BCEWithLogitsLoss", "Sigmoid", ["squashed_twice"]),
        ("CrossEntropyLoss", "ReLU", ["cut_off"]),
        ("CrossEntropyLoss", "Tanh", []),
        ("BCELoss", "Sigmoid", []),
        ("BCELoss", None, ["not_squashed"]),
        ("MSELoss", "Softmax", []),
    ],
)
def test_the_last_layer_and_the_loss_belong_together(loss, last, expected):
    size = 1 if loss.startswith("BCE") else 2
    layers = [LINEAR, RELU, {"type": "Linear", "out_features": size}, *([{"type": last}] if last else [])]
    assert keys(layers, loss={"type": loss}) == expected


def test_a_remark_says_where_it_is_and_what_to_do():
    (remark,) = said([LINEAR, RELU, {"type": "Linear", "out_features": 2}, {"type": "Softmax"}])
    assert remark.where.path == ("networks", "model", "layers", 3)
    assert remark.where.layer == "softmax_1"
    assert "CrossEntropyLoss" in remark.detail and remark.hint == "Remove the last Softmax."


@pytest.mark.parametrize(
    "layers, expected",
    [
        ([LINEAR, LAST], ["collapses"]),
        ([LINEAR, {"type": "Dropout"}, {"type": "Identity"}, LAST], ["collapses"]),
        ([LINEAR, LINEAR, LAST], ["collapses", "collapses"]),
        ([LINEAR, RELU, LAST], []),
        ([LINEAR, {"type": "LayerNorm"}, LAST], []),
        ([LAST], []),
        ([LINEAR, RELU, LAST, {"type": "Dropout"}], ["drops_answers"]),
        ([{**LINEAR, "init": {"type": "Zeros"}}, RELU, LAST], ["equal_units"]),
        ([LINEAR, RELU, {**LAST, "init": {"type": "Zeros"}}], []),
    ],
)
def test_layers_that_do_less_than_they_seem_to(layers, expected):
    assert keys(layers) == expected


def test_two_branches_from_one_layer_are_no_row():
    layers = [
        {**LINEAR, "id": "a"},
        {**LINEAR, "id": "b", "inputs": ["a"]},
        {"type": "Add", "inputs": ["a", "b"]},
        RELU,
        LAST,
    ]
    assert keys(layers) == []


@pytest.mark.parametrize("kind, lr, expected", [("Adam", 1, ["rate"]), ("Adam", 0.1, []), ("SGD", 3, [])])
def test_a_learning_rate_far_above_the_usual(kind, lr, expected):
    assert keys(optimizer={"type": kind, "lr": lr}) == expected


def test_batch_norm_of_few_rows_and_nothing_held_out():
    layers = [LINEAR, {"type": "BatchNorm1d"}, RELU, LAST]
    assert keys(layers, {"validation_fraction": 0.0}, batch_size=2) == ["nothing_held_out", "few_rows"]


def test_the_check_hands_them_on_and_refuses_nothing():
    given = document()
    given["networks"]["model"]["layers"] = [LINEAR, LAST]
    answer = check(given, NoDoor())
    assert [remark["key"] for remark in answer["remarks"]] == ["remark.collapses"]
    assert answer["errors"] == [] and answer["digest"]
    assert check({"data": 1}, NoDoor())["remarks"] == []

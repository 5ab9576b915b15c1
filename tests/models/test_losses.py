"""Losses: what they ask of the data and the network, and what outputs mean under them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.data import DataInfo
from models.errors import DocumentError
from models.kinds import kinds
from models.learners.supervised import Supervised
from models.losses import BCEWithLogitsLoss, CrossEntropyLoss, Loss, MSELoss, balanced
from tests.models.learning import ended, experiment, rows, said

TWO = DataInfo(task="classification", form="points", shape=(2,), classes=("a", "b"))
THREE = DataInfo(task="classification", form="points", shape=(2,), classes=("a", "b", "c"))
NUMBERS = DataInfo(task="regression", form="table", shape=(2,), targets=("height", "width"))


def info_for(loss: Loss) -> DataInfo:
    return NUMBERS if "regression" in loss.tasks else TWO


@pytest.mark.parametrize("name", kinds(Loss))
def test_a_loss_survives_the_round_trip_through_json_and_has_help(name: str) -> None:
    loss = kinds(Loss)[name]()
    assert type(loss).model_validate_json(loss.model_dump_json()) == loss
    entry = type(loss).entry()
    assert entry["type"] == name and entry["help"] and entry["schema"]["properties"]


@pytest.mark.parametrize("name", kinds(Loss))
@pytest.mark.parametrize("info", [TWO, NUMBERS], ids=["classes", "numbers"])
def test_a_loss_takes_outputs_and_targets_of_the_shapes_it_names(name: str, info: DataInfo) -> None:
    loss = kinds(Loss)[name]()
    if info.task not in loss.tasks:
        with pytest.raises(DocumentError):
            loss.fits(info)
        return
    loss.fits(info)
    raw = torch.tensor([0, 1, 1, 0, 1]) if info.classes else torch.randn(5, 2)
    outputs = torch.rand(5, *loss.output(info), requires_grad=True)
    wanted = loss.targets(info, raw)
    value = loss.function(info, raw)(outputs, wanted)
    assert value.shape == () and torch.isfinite(value)
    (gradient,) = torch.autograd.grad(value, outputs)
    assert gradient.abs().sum() > 0
    constant = loss.constant(outputs, wanted)
    assert constant.shape == outputs.shape
    if info.classes:
        shares = loss.probabilities(outputs)
        assert shares.shape == (5, 2) and torch.allclose(shares.sum(1), torch.ones(5))
        assert torch.equal(shares.argmax(1), loss.decide(outputs))


@pytest.mark.parametrize("name", kinds(Loss))
def test_a_network_learns_under_each_loss(name: str) -> None:
    loss = kinds(Loss)[name]()
    learner = {"loss": {"type": name}, "optimizer": {"type": "Adam", "lr": 0.05}, "epochs": 30}
    layers: list[dict[str, Any]] = [
        {"type": "Linear", "out_features": 8},
        {"type": "Tanh"},
        {"type": "Linear"},
    ]
    if name == "BCELoss":
        layers.append({"type": "Sigmoid"})
    data = {
        "type": "moons" if "classification" in loss.tasks else "regression_plane",
        "samples": 80,
        "noise": 0.05,
    }
    run = said(experiment(learner, data=data, networks={"model": {"layers": layers}}))
    assert ended(run).state == "completed"
    first, last = (rows(run)[i].columns["train_loss"][0] for i in (0, -1))
    assert last < 0.6 * first


def test_what_the_last_layer_must_yield_follows_from_loss_and_data() -> None:
    assert Supervised(loss=CrossEntropyLoss()).shapes(THREE) == {"model": ({"input": (2,)}, (3,))}
    assert Supervised(loss=BCEWithLogitsLoss()).shapes(TWO) == {"model": ({"input": (2,)}, (1,))}
    assert Supervised(loss=MSELoss()).shapes(NUMBERS) == {"model": ({"input": (2,)}, (2,))}
    assert Supervised(loss=MSELoss()).shapes(THREE) == {"model": ({"input": (2,)}, (3,))}


def test_a_loss_for_two_classes_refuses_three_and_says_which_to_use() -> None:
    with pytest.raises(DocumentError) as caught:
        Supervised(loss=BCEWithLogitsLoss()).shapes(THREE)
    assert caught.value.problem.where.path == ("learner", "loss")
    assert "CrossEntropyLoss" in caught.value.problem.hint


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    targets = torch.tensor([0, 0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets.numpy())
    assert balanced(THREE, targets).tolist() == pytest.approx(expected)


def test_class_weights_lift_the_rare_class() -> None:
    targets = torch.tensor([0] * 9 + [1])
    outputs = torch.tensor([[3.0, 0.0]] * 10)
    plain = CrossEntropyLoss().function(TWO, targets)(outputs, targets)
    weighted = CrossEntropyLoss(class_weights="balanced").function(TWO, targets)(outputs, targets)
    assert weighted > 3 * plain
    one = outputs[:, 1:] - outputs[:, :1]
    rare = BCEWithLogitsLoss(class_weights="balanced")
    assert rare.function(TWO, targets)(one, rare.targets(TWO, targets)) > plain


def test_the_catalogue_says_which_tasks_each_can_teach() -> None:
    tasks = {name: kind.entry()["tasks"] for name, kind in kinds(Loss).items()}
    assert tasks["CrossEntropyLoss"] == ("classification",)
    assert tasks["MSELoss"] == ("regression", "classification")
    assert all(tasks.values())

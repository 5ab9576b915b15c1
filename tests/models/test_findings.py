"""Findings: each has a run that shows it and one that must stay silent."""

from __future__ import annotations

from typing import Any

import pytest

from models import zoo
from models.events import Finding
from models.experiment import Experiment, changed
from tests.models.learning import experiment, findings, said

POINTS = {"type": "circle", "samples": 120, "noise": 0.0, "validation_fraction": 0.3}


def dense(activation: str, *widths: int, init: dict[str, Any] | None = None) -> dict[str, Any]:
    """A network of such layers, and its output."""
    layers: list[dict[str, Any]] = []
    for width in widths:
        layers += [{"type": "Linear", "out_features": width, "init": init}, {"type": activation}]
    return {"model": {"layers": [*layers, {"type": "Linear", "init": init}]}}


def circle(network: dict[str, Any], **learner: Any) -> Experiment:
    return experiment(
        {"epochs": 6, "optimizer": {"type": "SGD", "lr": 0.05}, **learner}, data=POINTS, networks=network
    )


DEEP = [8] * 10
KAIMING = {"type": "KaimingNormal", "nonlinearity": "relu"}
LARGE = {"type": "Normal", "std": 4.0}
NOISY = {"type": "moons", "samples": 40, "noise": 0.5, "validation_fraction": 0.5}
ADAM = {"type": "Adam", "lr": 0.03}

SHOWS = {
    "vanishing_gradients": circle(dense("Sigmoid", *DEEP)),
    "exploding_gradients": circle(
        dense("ReLU", *[16] * 6, init=LARGE), optimizer={"type": "SGD", "lr": 1e-9}
    ),
    "dead_units": circle(
        dense("ReLU", 8, init={"type": "Normal", "std": 0.1, "bias": -5.0}),
        optimizer={"type": "SGD", "lr": 0.001},
    ),
    "saturated": circle(dense("Tanh", 8, init={"type": "Normal", "std": 50.0})),
    "overfitting": experiment(
        {"epochs": 300, "optimizer": ADAM}, data=NOISY, networks=dense("Tanh", 32, 32), seed=1
    ),
    "learning_rate_small": circle(dense("Tanh", 8), optimizer={"type": "SGD", "lr": 1e-7}, epochs=8),
    "loss_grows": circle(dense("Tanh", 8), optimizer={"type": "SGD", "lr": 1e4}),
    "diverged": circle(dense("ReLU", 8), optimizer={"type": "SGD", "lr": 1e12}, loss={"type": "MSELoss"}),
}
SILENT = {
    "vanishing_gradients": circle(dense("ReLU", *DEEP, init=KAIMING)),
    "exploding_gradients": circle(dense("ReLU", *[16] * 6, init=KAIMING)),
    "dead_units": circle(dense("ReLU", 16)),
    "saturated": circle(dense("Tanh", 8)),
    "overfitting": experiment(
        {"epochs": 300, "optimizer": {**ADAM, "weight_decay": 0.1}},
        data=NOISY,
        networks=dense("Tanh", 4),
        seed=1,
    ),
    "learning_rate_small": circle(dense("Tanh", 8), epochs=8),
    "loss_grows": circle(dense("Tanh", 8)),
    "diverged": circle(dense("ReLU", 8), loss={"type": "MSELoss"}),
}


@pytest.mark.parametrize("code", SHOWS)
def test_a_run_that_shows_it_is_told_so_once_with_numbers_and_a_way_out(code: str) -> None:
    found = [each for each in said(SHOWS[code]) if isinstance(each, Finding) and each.code == code]
    assert len(found) == 1
    finding = found[0]
    assert finding.numbers and finding.detail and finding.hint and finding.setting
    assert finding.layer or code in ("overfitting", "learning_rate_small", "loss_grows")


@pytest.mark.parametrize("code", SILENT)
def test_a_healthy_run_hears_nothing_of_it(code: str) -> None:
    assert code not in findings(said(SILENT[code]))


def test_every_finding_is_tried_both_ways() -> None:
    from models.findings import SEARCHES

    assert {search.__name__ for search in SEARCHES} <= SHOWS.keys() == SILENT.keys()


def test_ten_sigmoid_layers_stand_still_at_the_first() -> None:
    what = changed(zoo.experiment("vanishing-gradients"), {"learner.epochs": 2})
    finding = next(each for each in said(what) if isinstance(each, Finding))
    assert (finding.code, finding.layer) == ("vanishing_gradients", "linear_1")
    assert finding.numbers["ratio"] <= 1e-5


def test_inputs_that_are_not_centred_saturate_a_neuron_with_even_weights() -> None:
    init = {"type": "Constant", "val": 0.5, "bias": 0.0}
    what = experiment(
        {"loss": {"type": "CrossEntropyLoss"}, "epochs": 1},
        data={"type": "digits", "validation_fraction": 0.2},
        networks={
            "model": {
                "layers": [
                    {"type": "Flatten"},
                    {"type": "Linear", "out_features": 10, "init": init},
                    {"type": "Linear", "init": {"type": "Normal", "std": 2.0}},
                ]
            }
        },
    )
    finding = next(each for each in said(what) if isinstance(each, Finding))
    assert (finding.code, finding.layer, finding.epoch) == ("saturated", "linear_2", 0)
    assert finding.setting == "preprocess"

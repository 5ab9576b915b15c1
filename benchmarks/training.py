"""Epochs per second of two zoo experiments beside a plain PyTorch loop on the same data.

`plain` only trains. `plain + evaluation` also makes the forward passes and confusion counts that Oqu's curves
need, at the same epochs; `fused` with the optimiser that Oqu uses. `Oqu` is `models.training.train()` with
everything it does.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import torch
from torch import nn

from benchmarks.pairs import Row, paired
from models import zoo
from models.data import NoDoor
from models.events import Prepared, Progress
from models.experiment import Experiment, changed
from models.prepare import prepare
from models.training import train


def plain(experiment: Experiment, epochs: int, every: int | None, fused: bool = False) -> float:
    """A good hand-written loop: tensors in memory, sliced batches, the same optimiser. Epochs per second."""
    parts = prepare(experiment, NoDoor()).parts
    scale = 255.0 if parts["train"].inputs.dtype.name == "uint8" else 1.0
    data = {
        name: (torch.from_numpy(part.inputs).float() / scale, torch.from_numpy(part.targets))
        for name, part in parts.items()
        if len(part.rows)
    }
    x, y = data["train"]
    model = hand_written(experiment, x)
    settings = experiment.learner.optimizer.model_dump(exclude={"type"})  # type: ignore[attr-defined]
    optimiser = getattr(torch.optim, experiment.learner.optimizer.type)(
        model.parameters(), fused=fused, **settings
    )  # type: ignore[attr-defined]
    loss_of = nn.CrossEntropyLoss()
    size: Any = experiment.learner.batch_size  # type: ignore[attr-defined]
    began = time.perf_counter()
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            optimiser.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimiser.step()
        if every and (epoch + 1) % every == 0:
            evaluate(model, data, loss_of)
    return epochs / (time.perf_counter() - began)


def hand_written(experiment: Experiment, x: torch.Tensor) -> nn.Sequential:
    """The zoo's network as somebody would write it: dense layers, activations, dropout."""
    width, layers = x[0].numel(), []
    for layer in experiment.networks["model"].layers:
        if layer.type == "Linear":
            outputs = layer.out_features or (10 if x.ndim > 2 else 2)  # type: ignore[attr-defined]
            layers.append(nn.Linear(width, outputs))
            width = outputs
        elif layer.type == "Dropout":
            layers.append(nn.Dropout(layer.p))  # type: ignore[attr-defined]
        else:
            layers.append(getattr(nn, layer.type)())
    return nn.Sequential(*layers)


@torch.no_grad()
def evaluate(
    model: nn.Module, data: dict[str, tuple[torch.Tensor, torch.Tensor]], loss_of: nn.Module
) -> None:
    """Loss and confusion counts of each part."""
    for x, y in data.values():
        outputs = model(x)
        loss_of(outputs, y).item()
        classes = outputs.shape[1]
        torch.bincount(y * classes + outputs.argmax(1), minlength=classes * classes)


def oqu(experiment: Experiment, epochs: int) -> float:
    """Oqu's own loop with all its events. Epochs per second from the first step on."""
    began = 0.0
    for event in train(changed(experiment, {"learner.epochs": epochs}), data=NoDoor()):
        if isinstance(event, Prepared):
            began = time.perf_counter()
    return epochs / (time.perf_counter() - began)


def evaluated_every(experiment: Experiment) -> int:
    """How often Oqu evaluates this experiment."""
    for event in train(changed(experiment, {"learner.epochs": 1}), data=NoDoor()):
        if isinstance(event, Prepared):
            return event.evaluate_every
        assert not isinstance(event, Progress)
    raise RuntimeError("the run did not start")


def run() -> list[Row]:
    """Both experiments, four ways each."""
    torch.set_num_threads(1)
    rows: list[Row] = []
    for slug, epochs in (("spiral", 60), ("digits-mlp", 20)):
        experiment = zoo.experiment(slug)
        every = evaluated_every(experiment)
        rivals = {
            "plain PyTorch loop": partial(plain, experiment, epochs, None),
            f"plain + evaluation every {every}": partial(plain, experiment, epochs, every),
            f"the same, fused {experiment.learner.optimizer.type}": partial(
                plain, experiment, epochs, every, True
            ),  # type: ignore[attr-defined]
            "Oqu": partial(oqu, experiment, epochs),
        }
        rows += paired(f"{slug}, {epochs} epochs", "epochs/s", rivals)
    return rows

"""What a teacher would remark on an experiment that can run: it works, but hardly as it was meant.

No error: nothing is refused. Each remark has a place and says what to do, as a problem does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from models.errors import Path, Problem, Where
from models.experiment import Experiment
from models.layers.base import Layer, Weighted
from models.network import NetworkSpec

SQUASHING = ("Softmax", "Sigmoid")
LINEAR = ("Linear", "Conv1d", "Conv2d", "ConvTranspose2d")
PASSING = ("Identity", "Flatten", "Unflatten", "Dropout", "Dropout2d")
"""Layers that bend nothing."""

BATCH_NORM_ROWS = 4


def remarks(experiment: Experiment) -> list[Problem]:
    """All that is remarkable: on the data, the networks, the learner."""
    found = [remark for look in LOOKS for remark in look(experiment)]
    places = ("data", "networks", "learner")
    return sorted(found, key=lambda problem: places.index(str(problem.where.path[0])))


def _said(key: str, detail: str, hint: str, path: Path, layer: str | None = None, **params: Any) -> Problem:
    where = Where(path=tuple(path), layer=layer)
    return Problem(error="Remark", key=f"remark.{key}", params=params, detail=detail, where=where, hint=hint)


def _about(role: str, spec: NetworkSpec, index: int, key: str, detail: str, hint: str) -> Problem:
    layer = spec.layers[index]
    path = ("networks", role, "layers", index)
    return _said(key, detail, hint, path, spec.ids[index], kind=layer.type)


def _last(spec: NetworkSpec) -> Layer:
    return spec.layers[-1]


def _squashed_twice(experiment: Experiment) -> Iterator[Problem]:
    """A loss that takes logits gets probabilities: gradients all but vanish."""
    loss = getattr(experiment.learner, "loss", None)
    for role, spec in experiment.networks.items():
        end, last = len(spec.layers) - 1, _last(spec)
        if loss is None or role != "model":
            continue
        if loss.logits and last.type in SQUASHING:
            yield _about(
                role,
                spec,
                end,
                "squashed_twice",
                f"{loss.type} applies its own {'softmax' if loss.type == 'CrossEntropyLoss' else 'sigmoid'}: "
                f"with {last.type} before it the outputs are squashed twice, and the network learns slowly.",
                f"Remove the last {last.type}.",
            )
        if loss.logits and last.type in ("ReLU", "Softplus"):
            yield _about(
                role,
                spec,
                end,
                "cut_off",
                f"{last.type} lets no output fall below 0, but {loss.type} needs negative ones to say no.",
                f"Remove the last {last.type}.",
            )
        if loss.type == "BCELoss" and last.type in LINEAR:
            yield _about(
                role,
                spec,
                end,
                "not_squashed",
                f"BCELoss takes probabilities between 0 and 1, but {last.type} yields any number.",
                "Add Sigmoid as the last layer, or use BCEWithLogitsLoss.",
            )


def _drops_answers(experiment: Experiment) -> Iterator[Problem]:
    """Dropout of the outputs themselves."""
    for role, spec in experiment.networks.items():
        if _last(spec).type in ("Dropout", "Dropout2d"):
            words = "Dropout as the last layer erases answers at random."
            yield _about(
                role, spec, len(spec.layers) - 1, "drops_answers", words, "Put it before the last Linear."
            )


def _collapses(experiment: Experiment) -> Iterator[Problem]:
    """Linear layers in a row are one linear layer."""
    for role, spec in experiment.networks.items():
        at = {name: index for index, name in enumerate(spec.ids)}
        used = [name for index in range(len(spec.layers)) for name in spec.inputs_of(index)]
        for index, layer in enumerate(spec.layers):
            if layer.type not in LINEAR:
                continue
            before = spec.inputs_of(index)
            while len(before) == 1 and before[0] in at and used.count(before[0]) == 1:
                other = at[before[0]]
                if spec.layers[other].type in LINEAR:
                    yield _about(
                        role,
                        spec,
                        index,
                        "collapses",
                        f"Between {spec.ids[other]} and {spec.ids[index]} is no activation: "
                        "together they can do no more than a single layer.",
                        "Add an activation such as ReLU or Tanh between them.",
                    )
                if spec.layers[other].type not in PASSING:
                    break
                before = spec.inputs_of(other)


def _equal_units(experiment: Experiment) -> Iterator[Problem]:
    """Hidden units that begin equal get equal gradients."""
    for role, spec in experiment.networks.items():
        for index, layer in enumerate(spec.layers[:-1]):
            init = layer.init if isinstance(layer, Weighted) and layer.type in LINEAR else None
            if init is not None and init.type in ("Zeros", "Constant"):
                yield _about(
                    role,
                    spec,
                    index,
                    "equal_units",
                    f"All units of {spec.ids[index]} begin equal, so they get the same gradient and stay equal.",
                    "Choose random initial weights, such as XavierUniform.",
                )


def _few_for_batch_norm(experiment: Experiment) -> Iterator[Problem]:
    """Mean and variance of a handful of rows."""
    rows = getattr(experiment.learner, "batch_size", None)
    if not isinstance(rows, int) or rows >= BATCH_NORM_ROWS:
        return
    for role, spec in experiment.networks.items():
        for index, layer in enumerate(spec.layers):
            if layer.type == "BatchNorm1d":
                words = (
                    f"{layer.type} takes mean and variance from batches of {rows}: hardly more than noise."
                )
                yield _about(
                    role,
                    spec,
                    index,
                    "few_rows",
                    words,
                    "Choose a batch_size of 16 or more, or LayerNorm instead.",
                )


def _rate(experiment: Experiment) -> Iterator[Problem]:
    """A learning rate far above what this optimiser is used with."""
    optimizer = getattr(experiment.learner, "optimizer", None)
    if optimizer is not None and optimizer.lr > optimizer.brisk:
        yield _said(
            "rate",
            f"A learning rate of {optimizer.lr:g} is large for {optimizer.type}: the loss will jump, or diverge.",
            f"Try {optimizer.brisk / 10:g} or less.",
            ("learner", "optimizer", "lr"),
            lr=optimizer.lr,
            optimizer=optimizer.type,
        )


def _nothing_held_out(experiment: Experiment) -> Iterator[Problem]:
    """Without rows that it does not learn from, nobody sees whether it generalises."""
    if experiment.data.validation_fraction == 0:
        yield _said(
            "nothing_held_out",
            "All rows are learnt from: nothing shows whether the network can do more than remember.",
            "Choose a validation_fraction of 0.2.",
            ("data", "validation_fraction"),
        )


LOOKS: tuple[Callable[[Experiment], Iterator[Problem]], ...] = (
    _squashed_twice,
    _drops_answers,
    _collapses,
    _equal_units,
    _few_for_batch_norm,
    _rate,
    _nothing_held_out,
)

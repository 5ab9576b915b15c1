"""Numbers -> what a teacher would point at. Looked for at evaluations only, each thing named once in a run.

The thresholds are stated where they are used; each finding has a test with a run that shows it and one that
must stay silent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.events import Finding
from models.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

Memory = dict[str, Any]
"""What the search remembers from one evaluation to the next. Plain JSON; part of every snapshot."""


@dataclass(frozen=True)
class Moment:
    """What there is to see at one evaluation."""

    step: int
    epoch: int
    epochs: int
    count: int
    """Evaluations so far, this one included; the first is before learning."""
    columns: Mapping[str, float | int]
    baseline: float
    """The loss of knowing only how often each class, or the mean: makes losses comparable."""
    norms: Callable[[], dict[str, float]]
    """Gradient norm of each layer that has a matrix of weights, in order of execution; empty before learning."""
    activations: Callable[[], dict[str, Tensor]]
    """What each layer yields for some training rows."""
    types: Mapping[str, str]
    """The kind of each layer."""
    moved: Callable[[], float]
    """How far the weights have come from their start, as a share of their size."""
    saturating: bool
    """The loss squashes the outputs: they are logits."""
    early_stopping: bool


def look(moment: Moment, memory: Memory) -> list[Finding]:
    """The findings of this moment that were not named before."""
    found: list[Finding] = []
    for search in SEARCHES:
        finding = search(moment, memory)
        named: list[str] = memory.setdefault("named", [])
        if finding is not None and finding.code not in named:
            named.append(finding.code)
            found.append(finding)
    return found


def _looks_inside(moment: Moment) -> bool:
    """At evaluations 1, 2, 4, 8, 16 and so on: looking inside costs a forward pass."""
    return moment.count & (moment.count - 1) == 0


def dead_units(moment: Moment, memory: Memory) -> Finding | None:
    """Three quarters of a layer's ReLU units 0 for every row looked at: no gradient passes, they cannot come back."""
    if "dead_units" in memory.get("named", ()) or not _looks_inside(moment) or moment.count == 1:
        return None
    for layer, values in moment.activations().items():
        if moment.types[layer] != "ReLU":
            continue
        axes = [axis for axis in range(values.dim()) if axis != 1]
        dead = (
            int((values <= 0).all(dim=axes[0]).sum())
            if len(axes) == 1
            else int((values.amax(axes) <= 0).sum())
        )
        units = values.shape[1]
        if units >= 2 and dead >= 0.75 * units:
            return Finding(
                code="dead_units",
                step=moment.step,
                epoch=moment.epoch,
                layer=layer,
                numbers={"dead": dead, "units": units},
                setting="learner.optimizer.lr",
                detail=f"{dead} of {units} units of {layer} are 0 for every example.",
                hint="Use a smaller learning rate, a LeakyReLU, or another start.",
            )
    return None


def saturated(moment: Moment, memory: Memory) -> Finding | None:
    """Nine tenths of a layer's values at the flat ends of its curve, where hardly any gradient passes."""
    if "saturated" in memory.get("named", ()) or not _looks_inside(moment):
        return None
    activations = moment.activations()
    for layer, values in activations.items():
        kind = moment.types[layer]
        if kind == "Tanh":
            flat = values.abs() > 0.99
        elif kind == "Sigmoid" and layer != _last(activations):
            flat = (values - 0.5).abs() > 0.49
        else:
            continue
        share = float(flat.float().mean())
        if share >= 0.9:
            return _saturated(moment, layer, {"share": share}, f"{share:.0%} of {layer}'s values")
    if not moment.saturating or moment.count > 1:
        return None
    last = _last(activations)
    size, loss = float(activations[last].abs().mean()), float(moment.columns["train_loss"])
    if size > 10 and loss > 3 * moment.baseline:
        words = f"The outputs of {last} ({size:.0f} on average, loss {loss:.1f})"
        return _saturated(moment, last, {"size": size, "loss": loss}, words)
    return None


def _last(activations: Mapping[str, Tensor]) -> str:
    return list(activations)[-1]


def _saturated(moment: Moment, layer: str, numbers: dict[str, float], words: str) -> Finding:
    return Finding(
        code="saturated",
        step=moment.step,
        epoch=moment.epoch,
        layer=layer,
        numbers=numbers,
        setting="preprocess",
        detail=f"{words} lie where the curve is flat.",
        hint="Standardise the inputs, or begin with smaller weights.",
    )


def vanishing_gradients(moment: Moment, memory: Memory) -> Finding | None:
    """The first layer's gradient below a ten-thousandth of the last one's, in a network of three or more."""
    named = memory.get("named", ())
    if "vanishing_gradients" in named or "dead_units" in named or not _looks_inside(moment):
        return None
    norms = moment.norms()
    if len(norms) < 3:
        return None
    (first, least), (last, most) = next(iter(norms.items())), list(norms.items())[-1]
    if not (math.isfinite(least) and math.isfinite(most)) or most < 1e-12 or least >= 1e-4 * most:
        return None
    return Finding(
        code="vanishing_gradients",
        step=moment.step,
        epoch=moment.epoch,
        layer=first,
        numbers={"first": least, "last": most, "ratio": least / most},
        setting="networks",
        detail=f"The gradient of {first} is {least / most:.0e} of that of {last}: the first layers stand still.",
        hint="Use ReLU with Kaiming's start, add normalisation, or let skips pass the gradient.",
    )


def exploding_gradients(moment: Moment, memory: Memory) -> Finding | None:
    """A gradient a thousand times as large as the loss that a constant answer would have."""
    if "exploding_gradients" in memory.get("named", ()) or not _looks_inside(moment):
        return None
    norms = moment.norms()
    if not norms:
        return None
    layer = max(norms, key=lambda name: norms[name])
    size = norms[layer]
    if not math.isfinite(size) or size < 1000 * max(moment.baseline, 1e-12):
        return None
    return Finding(
        code="exploding_gradients",
        step=moment.step,
        epoch=moment.epoch,
        layer=layer,
        numbers={"norm": size, "baseline": moment.baseline},
        setting="learner.clip_norm",
        detail=f"The gradient of {layer} has grown to {size:.0e}.",
        hint="Clip the gradient's norm, begin with smaller weights, or use a smaller learning rate.",
    )


def loss_grows(moment: Moment, memory: Memory) -> Finding | None:
    """Training loss ten times that of the start and of knowing nothing; or, after it was below half of the
    latter, above it for three evaluations."""
    train = moment.columns.get("train_loss")
    if train is None:
        return None
    start = memory.setdefault("start_loss", train)
    if train < memory.get("least_train", math.inf):
        memory.update(least_train=train, least_epoch=moment.epoch)
    least = memory["least_train"]
    lost = least < 0.5 * moment.baseline and train > moment.baseline
    memory["lost"] = memory.get("lost", 0) + 1 if lost else 0
    if train <= 10 * max(start, moment.baseline) and memory["lost"] < 3:
        return None
    return Finding(
        code="loss_grows",
        step=moment.step,
        epoch=moment.epoch,
        numbers={"loss": train, "least_loss": least, "least_epoch": memory["least_epoch"]},
        setting="learner.optimizer.lr",
        detail=f"The loss has grown from {least:.3g} (epoch {memory['least_epoch']}) to {train:.3g}: "
        "the steps are too long.",
        hint="Use a smaller learning rate, or clip the gradient's norm, and begin anew.",
    )


def overfitting(moment: Moment, memory: Memory) -> Finding | None:
    """Validation loss 20 % (and a fiftieth of the baseline) above its best for ten evaluations, training
    loss below half of it and still falling."""
    val, train = moment.columns.get("val_loss"), moment.columns.get("train_loss")
    if val is None or train is None or moment.count == 1:
        return None
    best = memory.get("best_val")
    if best is None or val < best:
        memory.update(best_val=val, train_at_best=train, best_epoch=moment.epoch, above=0)
        return None
    gap = val > 1.2 * best + 0.02 * moment.baseline and train < 0.5 * val and train < memory["train_at_best"]
    memory["above"] = memory["above"] + 1 if gap else 0
    if memory["above"] < 10:
        return None
    return Finding(
        code="overfitting",
        step=moment.step,
        epoch=moment.epoch,
        numbers={
            "val_loss": val,
            "best_val_loss": best,
            "best_epoch": memory["best_epoch"],
            "train_loss": train,
        },
        setting="learner.l2" if moment.early_stopping else "learner.early_stopping",
        detail=f"Validation loss was best after epoch {memory['best_epoch']} and has risen since, training loss falls.",
        hint="Stop early, add Dropout or L2, use fewer units, or find more data.",
    )


def learning_rate_small(moment: Moment, memory: Memory) -> Finding | None:
    """After a tenth of the epochs (five at least) the weights have moved by less than a thousandth and the
    loss has fallen by less than a tenth. Looked at once."""
    train = moment.columns.get("train_loss")
    if train is None:
        return None
    first = memory.setdefault("first_loss", train)
    if memory.get("rate_checked") or moment.epoch < max(5, moment.epochs // 10):
        return None
    memory["rate_checked"] = True
    moved = moment.moved()
    if moved >= 1e-3 or train < 0.9 * first:
        return None
    return Finding(
        code="learning_rate_small",
        step=moment.step,
        epoch=moment.epoch,
        numbers={"moved": moved, "loss": train, "first_loss": first},
        setting="learner.optimizer.lr",
        detail=f"After {moment.epoch} epochs the weights have moved by {moved:.1e} of their size.",
        hint="Use a learning rate ten times as large.",
    )


SEARCHES: tuple[Callable[[Moment, Memory], Finding | None], ...] = (
    dead_units,
    saturated,
    vanishing_gradients,
    exploding_gradients,
    loss_grows,
    overfitting,
    learning_rate_small,
)


def diverged(step: int, epoch: int, layer: str | None, setting: str, lr: float) -> Finding:
    """The loss is no number any more."""
    where = f", first in {layer}" if layer else ""
    return Finding(
        code="diverged",
        step=step,
        epoch=epoch,
        layer=layer,
        numbers={"learning_rate": lr},
        setting=setting,
        detail=f"The loss stopped being a number at step {step}{where}.",
        hint="Use a smaller learning rate or clip the gradient's norm; standardise the inputs if they are large.",
    )


def first_nonfinite(activations: Mapping[str, Tensor]) -> str | None:
    """The first layer whose output holds a value that is no number."""
    for layer, values in activations.items():
        if not bool(torch.isfinite(values).all()):
            return layer
    return None

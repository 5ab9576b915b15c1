"""Losses with torch.nn's names: what one says about outputs and targets, and how outputs become decisions.

A loss also fixes what the network's last layer must yield: ten classes under CrossEntropyLoss need ten
outputs, two classes under BCEWithLogitsLoss need one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from models.data.base import DataInfo, Task
from models.errors import DocumentError
from models.kinds import Kind, union
from models.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

LossFunction = Callable[["Tensor", "Tensor"], "Tensor"]
"""(outputs (N, k), targets) -> mean over the rows, a tensor without sizes. Traceable."""


class Loss(Kind):
    """Base of all losses."""

    family: ClassVar[str] = "loss"
    tasks: ClassVar[tuple[Task, ...]] = ()
    classes: ClassVar[tuple[int, int]] = (2, 1_000_000)
    """Fewest and most classes it can tell apart."""
    logits: ClassVar[bool] = False
    """It squashes the outputs itself, so that large ones lie where the curve is flat."""

    type: str

    @classmethod
    def entry(cls) -> dict[str, Any]:
        """The catalogue's line, with the tasks that it can teach."""
        return super().entry() | {"tasks": cls.tasks}

    def fits(self, info: DataInfo) -> None:
        """Raises DocumentError where this loss cannot serve these data."""
        loss = self.type
        if info.task not in self.tasks:
            raise DocumentError(
                "loss.task",
                f"{loss} is no loss for {info.task}.",
                hint=f"Use {'MSELoss' if info.task == 'regression' else 'CrossEntropyLoss'}.",
                path=("learner", "loss"),
                loss=loss,
                task=info.task,
            )
        most = self.classes[1]
        if info.task == "classification" and len(info.classes) > most:
            raise DocumentError(
                "loss.classes",
                f"{loss} tells {most} classes apart; the data have {len(info.classes)}.",
                hint="Use CrossEntropyLoss.",
                path=("learner", "loss"),
                loss=loss,
                most=most,
                classes=len(info.classes),
            )

    def output(self, info: DataInfo) -> tuple[int, ...]:
        """The shape that the network must yield for one row."""
        if info.task == "classification":
            return (len(info.classes),)
        return (max(1, len(info.targets)),)

    def targets(self, info: DataInfo, targets: Tensor) -> Tensor:
        """Targets in the form that `function` takes; made once, before training."""
        return targets

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """The loss itself. `targets` are all training targets, for weights that balance the classes."""
        raise NotImplementedError

    def constant(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Outputs like these of a network that knows nothing: the baseline of the loss."""
        return torch.zeros_like(outputs)

    def decide(self, outputs: Tensor) -> Tensor:
        """The class index of each row (N,). Traceable."""
        return outputs.argmax(1)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """What the outputs say of each class, (N, classes), rows summing to 1."""
        return outputs.softmax(1)


def balanced(info: DataInfo, targets: Tensor) -> Tensor:
    """A weight per class, so that rare ones count as much as common ones: rows / (classes * rows of it)."""
    counts = torch.bincount(targets.long().flatten(), minlength=len(info.classes)).clamp(min=1)
    return targets.numel() / (len(info.classes) * counts.float())


class CrossEntropyLoss(Loss):
    """Cross-entropy of a softmax over the outputs: the loss for classes. The last layer yields logits."""

    category: ClassVar[str] = "classification"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    logits: ClassVar[bool] = True

    type: Literal["CrossEntropyLoss"] = "CrossEntropyLoss"
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, title="Label smoothing", description="Share of each target spread over all classes"
    )
    class_weights: Literal["balanced"] | None = Field(
        None, title="Class weights", description="Balanced: rare classes count as much as common ones"
    )

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over the rows; with class weights, their weighted mean, as torch does."""
        weight = balanced(info, targets) if self.class_weights else None
        smoothing = self.label_smoothing
        return lambda outputs, wanted: F.cross_entropy(outputs, wanted, weight, label_smoothing=smoothing)


class BCEWithLogitsLoss(Loss):
    """Cross-entropy of one sigmoid output, for two classes: logistic regression. The last layer yields a logit."""

    category: ClassVar[str] = "classification"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    classes: ClassVar[tuple[int, int]] = (2, 2)
    logits: ClassVar[bool] = True

    type: Literal["BCEWithLogitsLoss"] = "BCEWithLogitsLoss"
    class_weights: Literal["balanced"] | None = Field(
        None, title="Class weights", description="Balanced: the rarer class counts as much as the other"
    )

    def output(self, info: DataInfo) -> tuple[int, ...]:
        """One logit."""
        return (1,)

    def targets(self, info: DataInfo, targets: Tensor) -> Tensor:
        """(N, 1) of 0.0 and 1.0."""
        return targets.float().unsqueeze(1)

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over the rows; with class weights, rows of class 1 count negatives / positives times."""
        if not self.class_weights:
            return F.binary_cross_entropy_with_logits
        counts = balanced(info, targets)
        weight = counts[1] / counts[0]
        return lambda outputs, wanted: F.binary_cross_entropy_with_logits(outputs, wanted, pos_weight=weight)

    def decide(self, outputs: Tensor) -> Tensor:
        """Class 1 where the logit is above 0."""
        return (outputs[:, 0] > 0).long()

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Of both classes."""
        one = outputs.sigmoid()
        return torch.cat([1 - one, one], 1)


class BCELoss(Loss):
    """Cross-entropy of one output that is a probability already: put a Sigmoid last. Two classes."""

    category: ClassVar[str] = "classification"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    classes: ClassVar[tuple[int, int]] = (2, 2)

    type: Literal["BCELoss"] = "BCELoss"

    def output(self, info: DataInfo) -> tuple[int, ...]:
        """One probability."""
        return (1,)

    def targets(self, info: DataInfo, targets: Tensor) -> Tensor:
        """(N, 1) of 0.0 and 1.0."""
        return targets.float().unsqueeze(1)

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Logarithms are held above -100 as in torch; outputs outside 0..1 are held at the ends."""
        return lambda outputs, wanted: F.binary_cross_entropy(outputs.clamp(0, 1), wanted)

    def constant(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """One half."""
        return torch.full_like(outputs, 0.5)

    def decide(self, outputs: Tensor) -> Tensor:
        """Class 1 where the probability is above one half."""
        return (outputs[:, 0] > 0.5).long()

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Of both classes."""
        one = outputs.clamp(0, 1)
        return torch.cat([1 - one, one], 1)


class MultiMarginLoss(Loss):
    """Hinge loss: the right class's output must lead every other by a margin, as in a support vector machine."""

    category: ClassVar[str] = "classification"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)

    type: Literal["MultiMarginLoss"] = "MultiMarginLoss"
    p: Literal[1, 2] = Field(1, title="Power", description="2 punishes large errors more")
    margin: float = Field(1.0, gt=0, le=1e6, title="Margin")

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over the rows, each divided by the number of classes, as torch does."""
        p, margin = self.p, self.margin
        return lambda outputs, wanted: F.multi_margin_loss(outputs, wanted, p=p, margin=margin)


class _Distance(Loss):
    """A loss between numbers. Under classification the targets are one-hot: 1 for the class, else 0."""

    category: ClassVar[str] = "regression"
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "classification")

    def targets(self, info: DataInfo, targets: Tensor) -> Tensor:
        """(N, k): the numbers, or one-hot rows."""
        if info.task == "regression":
            return targets.float().reshape(len(targets), -1)
        return F.one_hot(targets.long(), len(info.classes)).float()

    def constant(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """The mean of the targets."""
        return wanted.mean(0, keepdim=True).expand_as(wanted)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Outputs held in 0..1 and divided by their sum; equal shares where all are 0."""
        held = outputs.clamp(0, 1) + 1e-12
        return held / held.sum(1, keepdim=True)


class MSELoss(_Distance):
    """Mean squared error: large errors count most. The usual loss for numbers."""

    type: Literal["MSELoss"] = "MSELoss"

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over rows and columns."""
        return F.mse_loss


class L1Loss(_Distance):
    """Mean absolute error: an outlier counts no more than its distance."""

    type: Literal["L1Loss"] = "L1Loss"

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over rows and columns."""
        return F.l1_loss


class SmoothL1Loss(_Distance):
    """Squared below beta, absolute above it, divided by beta."""

    type: Literal["SmoothL1Loss"] = "SmoothL1Loss"
    beta: float = Field(1.0, ge=0, le=1e6, title="Beta", description="Where the square turns into a line")

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over rows and columns."""
        beta = self.beta
        return lambda outputs, wanted: F.smooth_l1_loss(outputs, wanted, beta=beta)


class HuberLoss(_Distance):
    """Squared below delta, absolute above it."""

    type: Literal["HuberLoss"] = "HuberLoss"
    delta: float = Field(1.0, gt=0, le=1e6, title="Delta", description="Where the square turns into a line")

    def function(self, info: DataInfo, targets: Tensor) -> LossFunction:
        """Mean over rows and columns."""
        delta = self.delta
        return lambda outputs, wanted: F.huber_loss(outputs, wanted, delta=delta)


if TYPE_CHECKING:
    AnyLoss = Loss
else:
    AnyLoss = union(Loss)

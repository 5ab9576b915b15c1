"""Learning from examples with known answers: classes or numbers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.data.base import DataInfo, Task
from models.kinds import Kind
from models.learners.base import Learner, Shapes
from models.losses import AnyLoss, CrossEntropyLoss
from models.optimizers import Adam, AnyOptimizer
from models.schedules import AnySchedule


class EarlyStopping(Kind):
    """Ends a run whose validation loss no longer falls."""

    patience: int = Field(
        10, ge=1, le=1_000_000, title="Patience", description="Evaluations without a better one"
    )
    min_delta: float = Field(
        0.0, ge=0, le=1e6, title="Least gain", description="A fall smaller than this is none"
    )
    restore_best: bool = Field(
        True, title="Keep the best", description="End with the weights of the best evaluation"
    )


class Supervised(Learner):
    """Shows the network examples in batches and moves its weights against the gradient of the loss."""

    title: ClassVar[str] = "Supervised"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")

    type: Literal["supervised"] = "supervised"
    loss: AnyLoss = Field(CrossEntropyLoss(), title="Loss")
    optimizer: AnyOptimizer = Field(Adam(), title="Optimiser")
    schedule: AnySchedule | None = Field(None, title="Schedule", description="How the learning rate changes")
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] | Literal["full"] = Field(
        32, title="Batch size", description="Examples per step; 1 is stochastic, full is all of them"
    )
    shuffle: bool = Field(True, title="Shuffle", description="Another order in each epoch")
    l1: float = Field(
        0.0, ge=0, le=1e6, title="L1", description="Adds this times the sum of |w|, biases left out"
    )
    l2: float = Field(
        0.0, ge=0, le=1e6, title="L2", description="Adds this times the sum of w², biases left out"
    )
    clip_norm: float | None = Field(
        None, gt=0, le=1e12, title="Clip norm", description="Longest gradient of all weights together"
    )
    clip_value: float | None = Field(
        None, gt=0, le=1e12, title="Clip value", description="Largest gradient of a single weight"
    )
    early_stopping: EarlyStopping | None = Field(None, title="Early stopping")

    def shapes(self, info: DataInfo) -> dict[str, Shapes]:
        """One network from a row to what the loss needs."""
        self.loss.fits(info)
        return {"model": ({"input": info.shape}, self.loss.output(info))}

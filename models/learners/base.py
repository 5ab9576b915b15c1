"""What a way of learning is: its settings, the networks it needs, and the session that trains them.

Every session is the same ladder, driven by `training.train()`: an epoch is steps over batches, an
evaluation is the same loop with another step, and a report is made from what both left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field

from models.data.base import DataInfo, Task
from models.kinds import Kind

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from models.engine import Engine
    from models.evaluation import Measured
    from models.events import Finding
    from models.experiment import Experiment
    from models.network import Network
    from models.prepare import Prepared

Shapes = tuple[dict[str, tuple[int, ...]], tuple[int, ...] | None]
"""The shapes of a network's inputs by name, and of its output where something asks for one."""


class Learner(Kind):
    """Base of all ways of learning."""

    family: ClassVar[str] = "learner"
    roles: ClassVar[tuple[str, ...]] = ("model",)
    """The networks it trains, by the names they have in the document."""
    tasks: ClassVar[tuple[Task, ...]] = ()
    """What it learns to say; none where it says nothing about targets."""
    example: ClassVar[dict[str, Any]] = {}
    """A small experiment in which it learns in a second, with batches that do not fill the last step."""

    type: str
    epochs: int = Field(100, ge=1, le=10_000_000, title="Epochs", description="Passes over the training rows")
    evaluate_every: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["auto"] = Field(
        "auto",
        title="Evaluate every",
        description="Epochs between two evaluations; auto keeps them under a fifth of the time",
        json_schema_extra={"unit": "epochs", "advanced": True},
    )

    def shapes(self, info: DataInfo) -> dict[str, Shapes]:
        """What each role's network takes and must yield. Raises DocumentError where the data do not suit."""
        raise NotImplementedError

    def session(self, place: Place) -> Session:
        """Everything ready to learn. Changes nothing outside."""
        raise NotImplementedError


@dataclass
class Place:
    """What a session works with."""

    experiment: Experiment
    prepared: Prepared
    networks: dict[str, Network]
    device: torch.device
    engine: Engine
    costs: Costs
    frozen: frozenset[str]
    """Layers that keep the weights they came with, as `role.layer`."""


@dataclass(frozen=True)
class Costs:
    """What one row costs, forward, in all networks together."""

    layers: int
    multiply_adds: int
    activation_bytes: int

    def step_seconds(self, rows: int) -> float:
        """About what a step over so many rows takes. A fact of the document, not of the machine."""
        return 1e-6 * (100 + 40 * self.layers) + 3 * rows * self.multiply_adds * 1e-10

    def evaluation_seconds(self, rows: int) -> float:
        """About what an evaluation over so many rows takes."""
        return 1e-6 * (200 + 10 * self.layers) + rows * self.multiply_adds * 1e-10


EACH_EPOCH_UNTIL = 100
PERIODS: list[int] = [period * 10**power for power in range(6) for period in (1, 2, 5)]


def evaluation_period(costs: Costs, rows: int, steps: int, evaluated: int) -> int:
    """Epochs between two evaluations, so that they take under a fifth of the time.

    The rule of `evaluate_every: "auto"`: the first 100 epochs are all evaluated; from then on every k-th
    epoch and the last, k being the smallest of 1, 2, 5, 10, 20, 50 ... for which an evaluation of
    `evaluated` rows costs at most 0.15 of k epochs of `rows` rows in `steps` steps, by `Costs`. It knows the
    document and the data only, never the clock, so that it is the same in each repetition.
    """
    epoch = steps * costs.step_seconds(-(-rows // steps))
    evaluation = costs.evaluation_seconds(evaluated)
    return next((period for period in PERIODS if evaluation <= 0.15 * period * epoch), PERIODS[-1])


class Session(Protocol):
    """A learner at work. All of its state that decides what comes next is in `tensors()` and `facts()`."""

    networks: dict[str, Network]
    done: bool
    """The learner itself wants to end."""
    evaluation_period: int
    """Epochs between two evaluations, after the first hundred."""

    @property
    def ends_with_best(self) -> bool:
        """It has ended, with the weights of its best evaluation: the last ones need not be kept."""
        ...

    @property
    def rate(self) -> float:
        """The learning rate of the last step, or of the first."""
        ...

    @property
    def rows(self) -> int:
        """Rows of one epoch."""
        ...

    @property
    def steps_per_epoch(self) -> int:
        """With the batch size of now."""
        ...

    def batches(self, epoch: int, row: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of an epoch from this row of its order on. The order is a function of seed and epoch."""
        ...

    def step(self, batch: tuple[Tensor, ...], epoch: int, step: int) -> Tensor:
        """Learn from one batch; the mean loss, not yet looked at."""
        ...

    def evaluate(self) -> Measured:
        """Losses and metrics of the weights as they are; changes nothing but what early stopping counts."""
        ...

    def findings(self, measured: Measured, epoch: int, step: int) -> list[Finding]:
        """What a teacher would point at now, each thing once in a run."""
        ...

    def broken(self) -> str | None:
        """The first layer whose values are no numbers any more."""
        ...

    def adjust(self, experiment: Experiment) -> None:
        """Go on with these settings. Raises ControlError where that needs another network."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """The tensors of the state, by name; not copied."""
        ...

    def facts(self) -> dict[str, Any]:
        """The rest of the state, as JSON."""
        ...

    def load(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Be as the session was that gave these."""
        ...

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
    multiply_adds: int
    """Of one row through all networks, forward."""
    frozen: frozenset[str]
    """Layers that keep the weights they came with."""


@dataclass(frozen=True)
class Measured:
    """One evaluation: the columns of its progress row, and pictures of the moment."""

    columns: dict[str, float | int]
    confusion: dict[str, Any]
    """By part: the confusion matrix, where there are classes."""


class Session(Protocol):
    """A learner at work. All state that decides what comes next is in `state()`."""

    networks: dict[str, Network]

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
        """Losses and metrics of the weights as they are; changes nothing."""
        ...

    def findings(self, measured: Measured, epoch: int, step: int) -> list[Finding]:
        """What a teacher would point at now, each thing once in a run."""
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

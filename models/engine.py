"""How one step runs. A learner says what the step is; the engine says how it is executed.

Here is the eager engine, the reference: forward, backward, clip, optimiser, one torch call after another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from models.lazy import nn, torch

if TYPE_CHECKING:
    from torch import Tensor

Objective = Callable[..., tuple["Tensor", "Tensor"]]
"""Batch -> (what is minimised, what is reported), both without sizes. Traceable."""


@dataclass
class Phase:
    """One update of one set of weights: supervised learning has one in a step, a GAN has two."""

    objective: Objective
    optimizer: torch.optim.Optimizer
    parameters: list[nn.Parameter]
    clip_norm: float | None = None
    clip_value: float | None = None
    needs_closure: bool = False

    def __post_init__(self) -> None:
        kind = type(self.optimizer)
        bare = getattr(kind.step, "__wrapped__", kind.step)
        self.move: Callable[..., object] = partial(bare, self.optimizer)
        """The optimiser's step without torch's profiling hooks around it: a seventh of a tiny step."""


class Engine(Protocol):
    """Runs the steps of a session."""

    name: ClassVar[Literal["eager", "captured", "compiled"]]

    def step(self, phase: Phase, *batch: Tensor) -> Tensor:
        """Move the phase's weights once; the reported loss, still on its device."""
        ...


class Eager:
    """Torch as it is."""

    name: ClassVar[Literal["eager", "captured", "compiled"]] = "eager"

    def step(self, phase: Phase, *batch: Tensor) -> Tensor:
        """One call after another."""
        if phase.needs_closure:
            return self._searched(phase, *batch)
        reported = self._descend(phase, *batch)[1]
        phase.move()
        return reported

    def _descend(self, phase: Phase, *batch: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and fresh gradients, clipped."""
        for parameter in phase.parameters:
            parameter.grad = None
        minimised, reported = phase.objective(*batch)
        minimised.backward()  # type: ignore[no-untyped-call]
        if phase.clip_value is not None:
            nn.utils.clip_grad_value_(phase.parameters, phase.clip_value)
        if phase.clip_norm is not None:
            nn.utils.clip_grad_norm_(phase.parameters, phase.clip_norm)
        return minimised, reported.detach()

    def _searched(self, phase: Phase, *batch: Tensor) -> Tensor:
        """For optimisers that look several times: the loss before the step is reported, as for the others.

        Each look draws the same random numbers: dropout would otherwise show it another function each time.
        """
        first: list[Tensor] = []
        random = torch.get_rng_state()

        def look() -> Tensor:
            torch.set_rng_state(random)
            minimised, reported = self._descend(phase, *batch)
            first.append(reported)
            return minimised.detach()

        with torch.enable_grad():
            phase.move(look)
        return first[0]

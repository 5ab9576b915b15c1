"""What torch keeps for a whole process, threads and random generators, lent to one run at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from models.experiment import Experiment
from models.lazy import torch
from models.seeds import stream

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")


class World:
    """Threads and random generators of one run. Between two things it says, they are the caller's again."""

    def __init__(self, experiment: Experiment) -> None:
        self.threads = experiment.run.threads or 1
        self.cuda = False
        self._state: list[Tensor] | None = None
        self._seed = stream(experiment.seed, "learning")

    def apart(self, run: Iterator[T]) -> Iterator[T]:
        """The run, kept apart from whoever drives it."""
        while True:
            theirs, threads = self.state(), torch.get_num_threads()
            self._enter(self._state, self.threads)
            try:
                said = next(run, None)
            finally:
                self._state = self.state()
                self._enter(theirs, threads)
            if said is None:
                return
            yield said

    def state(self) -> list[Tensor]:
        """The random generators as they are."""
        states = [torch.get_rng_state()]
        return [*states, torch.cuda.get_rng_state()] if self.cuda else states

    def restore(self, state: list[Tensor]) -> None:
        """Make the random generators as they were."""
        torch.set_rng_state(state[0])
        if self.cuda and len(state) > 1:
            torch.cuda.set_rng_state(state[1])

    def begin(self) -> None:
        """Seed the generators for this run."""
        torch.default_generator.manual_seed(self._seed)
        if self.cuda:
            torch.cuda.manual_seed(self._seed)

    def _enter(self, state: list[Tensor] | None, threads: int) -> None:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if state is None:
            self.begin()
        else:
            self.restore(state)

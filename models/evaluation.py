"""Looking at a network without changing it: outputs in evaluation mode, and its losses and metrics per part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.data.base import DataInfo
from models.lazy import nn, torch

if TYPE_CHECKING:
    from torch import Tensor

    from models.losses import Loss, LossFunction

PREFIX = {"train": "train_", "validation": "val_", "test": "test_"}
CHUNK_BYTES = 64 * 2**20
"""Activations that one pass may hold; more rows go in several passes."""


@contextmanager
def resting(*networks: nn.Module) -> Iterator[None]:
    """Evaluation mode and no gradients; each module has its own mode back afterwards."""
    modes = [(module, module.training) for network in networks for module in network.modules()]
    for network in networks:
        network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    """The array on the device, in memory of its own where it could not be written to."""
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)


def floats(inputs: Tensor) -> Tensor:
    """A batch as the network takes it: pixels of 0 to 255 become 0 to 1."""
    return inputs.float() * (1 / 255) if inputs.dtype == torch.uint8 else inputs


def rows_at_once(activation_bytes: int) -> int:
    """How many rows one pass may hold, from the bytes that one row needs."""
    return max(16, min(8192, CHUNK_BYTES // max(1, activation_bytes)))


def outputs(network: Callable[[Tensor], Tensor], inputs: Tensor, chunk: int) -> Tensor:
    """The network's outputs for all rows, in passes. Call it `resting`."""
    if len(inputs) <= chunk:
        return network(floats(inputs))
    return torch.cat([network(floats(some)) for some in torch.split(inputs, chunk)])


@dataclass(frozen=True)
class Measured:
    """One evaluation: the columns of a progress row, and the confusion matrix of each part."""

    columns: dict[str, float]
    matrices: dict[str, metrics.Matrix]


class Judge:
    """Measures a network on fixed rows: all parts in one pass, one confusion matrix each."""

    def __init__(
        self,
        info: DataInfo,
        loss: Loss,
        function: LossFunction,
        parts: Mapping[str, tuple[Tensor, Tensor]],
        chunk: int,
    ) -> None:
        parts = {name: part for name, part in parts.items() if len(part[0])}
        self._loss, self._function, self._chunk = loss, function, chunk
        self._names = list(parts)
        self._sizes = [len(inputs) for inputs, _ in parts.values()]
        self._inputs = torch.cat([inputs for inputs, _ in parts.values()])
        self._classes = len(info.classes) if info.task == "classification" else 0
        targets = [targets for _, targets in parts.values()]
        self._wanted = [loss.targets(info, some) for some in targets]
        if self._classes:
            self._codes = torch.cat([some + i * self._classes for i, some in enumerate(targets)])
        else:
            self._spreads = [
                (some.double() - some.double().mean(0)).square().sum(0).cpu().numpy() for some in self._wanted
            ]

    def baseline(self) -> float:
        """The training loss of a constant answer."""
        wanted = self._wanted[0]
        width = self._classes if wanted.dim() == 1 else wanted.shape[1]
        some = torch.zeros(len(wanted), width, device=wanted.device)
        return float(self._function(self._loss.constant(some, wanted), wanted))

    def measure(self, network: Callable[[Tensor], Tensor]) -> Measured:
        """Losses and metrics of all parts. Call it `resting`."""
        yielded = outputs(network, self._inputs, self._chunk)
        parts = torch.split(yielded, self._sizes)
        losses = [self._function(part, wanted) for part, wanted in zip(parts, self._wanted, strict=True)]
        values = torch.stack(losses).tolist()
        matrices = self._matrices(yielded) if self._classes else {}
        columns = {f"{PREFIX[name]}loss": value for name, value in zip(self._names, values, strict=True)}
        for i, name in enumerate(self._names):
            found = metrics.classification(matrices[name]) if self._classes else self._errors(i, parts[i])
            columns.update({f"{PREFIX[name]}{metric}": value for metric, value in found.items()})
        return Measured(columns, matrices)

    def _matrices(self, yielded: Tensor) -> dict[str, metrics.Matrix]:
        """All parts' matrices, counted at once."""
        n, parts = self._classes, len(self._names)
        counts = torch.bincount(self._codes * n + self._loss.decide(yielded), minlength=parts * n * n)
        cube = counts.cpu().numpy().reshape(parts, n, n)
        return dict(zip(self._names, cube, strict=True))

    def _errors(self, part: int, yielded: Tensor) -> dict[str, float]:
        """RMSE, MAE, R² of one part."""
        errors = (yielded - self._wanted[part]).double()
        squares, absolutes = errors.square().sum(0).cpu().numpy(), errors.abs().sum(0).cpu().numpy()
        return metrics.regression(squares, absolutes, self._spreads[part], self._sizes[part])

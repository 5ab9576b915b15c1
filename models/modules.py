"""What is built from a document: modules of torch. Import it inside functions only: it loads torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from models.layers.base import Layer


class Computed(nn.Module):
    """A layer without weights: computes what its kind says."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *inputs: Tensor) -> Tensor:
        """`(N, ...)` -> `(N, ...)`."""
        return self.layer.compute(inputs, self.training)

    def extra_repr(self) -> str:
        """The kind's name."""
        return self.layer.type


class PaddedConv1d(nn.Conv1d):
    """Conv1d with another padding at each end: an even kernel keeps the length so."""

    pads: Sequence[int] = ()

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, L)` -> `(N, out_channels, L')`."""
        return super().forward(F.pad(x, self.pads))


class PaddedConv2d(nn.Conv2d):
    """Conv2d with another padding at each side: an even kernel keeps the size so."""

    pads: Sequence[int] = ()

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, H, W)` -> `(N, out_channels, H', W')`."""
        return super().forward(F.pad(x, self.pads))


class _Patient(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation that also learns from a single row, which has no variance: with the running figures."""

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, ...)` -> `(N, C, ...)`."""
        if self.training and x.numel() == x.shape[1]:
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(x)


class BatchNorm1d(_Patient, nn.BatchNorm1d):
    """Of vectors and sequences."""


class BatchNorm2d(_Patient, nn.BatchNorm2d):
    """Of images."""


@dataclass(frozen=True)
class Step:
    """One layer in the order of execution: its id, and the ids of what reaches it."""

    id: str
    inputs: tuple[str, ...]


class Network(nn.Module):
    """Layers wired as the document says. The weights are called `layers.<id>.weight` and so on.

    `forward` holds no branch on a tensor's value, so it can be traced.
    """

    def __init__(self, steps: Sequence[Step], modules: Mapping[str, nn.Module], output: str) -> None:
        super().__init__()
        self.steps = tuple(steps)
        self.output = output
        self.layers = nn.ModuleDict()
        for step in steps:  # not add_module: it refuses ids such as "pop", which ModuleDict has as methods
            self.layers._modules[step.id] = modules[step.id]
        before = ("input", *(step.id for step in steps))
        self._chain = output == before[-1] and all(
            step.inputs == (before[i],) for i, step in enumerate(steps)
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The layers in the order in which they are executed."""
        return tuple(step.id for step in self.steps)

    @property
    def modules_by_id(self) -> nn.ModuleDict:
        """The layers' modules."""
        return self.layers

    def forward(self, x: Tensor, **named: Tensor) -> Tensor:
        """The output `(N, ...)` for a batch; `named` are the further inputs, `label` for `"input.label"`."""
        if self._chain:
            for module in self.layers._modules.values():
                x = module(x)
            return x
        return self.activations(x, **named)[self.output]

    def activations(self, x: Tensor, **named: Tensor) -> dict[str, Tensor]:
        """What every layer yields, by id."""
        values = {"input": x} | {f"input.{name}": value for name, value in named.items()}
        given = set(values)
        for step in self.steps:
            values[step.id] = self.layers[step.id](*(values[name] for name in step.inputs))
        return {name: value for name, value in values.items() if name not in given}

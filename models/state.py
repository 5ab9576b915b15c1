"""Where a run stands: all that decides what comes next, as snapshots to go on from and to look back at.

That is: weights, optimiser, learner state, torch's random generators, the position in the epoch (whose order is a
function of seed and epoch), the losses not yet reported, and the best moment so far.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from models.agenda import Agenda
from models.data.base import DataDoor
from models.engine import Eager
from models.errors import ControlError, SnapshotError
from models.evaluation import Measured, rows_at_once
from models.experiment import Experiment
from models.lazy import torch
from models.learners.base import Costs, Place, Session
from models.network import plan
from models.prepare import prepare
from models.replay import as_of
from models.scene import Ranges, Scene, networks_of
from models.snapshots import Snapshot
from models.weights import begin, located
from models.world import World

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from models.learners.base import Shapes


@dataclass
class Best:
    """The moment with the lowest loss so far, on validation rows where there are any."""

    loss: float
    meta: dict[str, Any]
    tensors: dict[str, Tensor]


class RunState:
    """Data, networks and session of one run, and how far it has come."""

    def __init__(
        self, document: Experiment, door: DataDoor, start: Snapshot | None, world: World, at: int
    ) -> None:
        """`at` is the step of the snapshot that is loaded afterwards; -1 begins anew."""
        experiment = as_of(document, at)
        self.document, self.experiment = document, experiment
        self.world = world
        self.device = device_of(experiment)
        world.cuda = self.device.type == "cuda"
        world.begin()
        self.prepared = prepare(experiment, door)
        shapes = experiment.learner.shapes(self.prepared.info)
        self.networks = networks_of(experiment, shapes)
        self.costs = self._costs(shapes)
        if experiment.start is not None:
            if start is None:
                raise SnapshotError(
                    "snapshot.absent", "The snapshot to start from is not here.", path=("start",)
                )
            begin(self.networks, experiment.start, start.tensors)
        for network in self.networks.values():
            network.to(self.device)
        self.session = self._session()
        self.ranges = Ranges.of(self._raw_training_rows())
        self.step = self.epoch = self.row = 0
        self.batches: Iterator[tuple[Tensor, ...]] | None = None
        """The rest of the epoch, where it has begun."""
        self.losses: list[Tensor] = []
        self.metrics: dict[str, float | int] = {}
        self.best: Best | None = None
        self.agenda = Agenda.of(experiment.learner, self.session, self.costs)
        self._told: set[int] = set()

    def _costs(self, shapes: Mapping[str, Shapes]) -> Costs:
        plans = [plan(spec, *shapes[role]) for role, spec in self.experiment.networks.items()]
        self.parameters = sum(whole.parameters for whole in plans)
        return Costs(
            layers=sum(len(whole.layers) for whole in plans),
            multiply_adds=sum(whole.multiply_adds for whole in plans),
            activation_bytes=sum(layer.activation_bytes for whole in plans for layer in whole.layers),
        )

    def _session(self) -> Session:
        start = self.experiment.start
        frozen = [".".join(located(self.networks, name)) for name in start.frozen] if start else []
        place = Place(
            experiment=self.experiment,
            prepared=self.prepared,
            networks=self.networks,
            device=self.device,
            engine=Eager(),
            costs=self.costs,
            frozen=frozenset(frozen),
        )
        return self.experiment.learner.session(place)

    def _raw_training_rows(self) -> NDArray[Any]:
        source = self.prepared.source.inputs
        return source[self.prepared.parts["train"].rows] if source.ndim == 2 else source[:0]

    @property
    def over(self) -> bool:
        """Whether everything is learnt that was to be."""
        return self.session.done or self.epoch >= self.experiment.learner.epochs

    def adjust(self, experiment: Experiment) -> None:
        """Go on with other settings. Raises ControlError where that cannot be, and changes nothing then."""
        self.session.adjust(experiment)
        self.experiment = experiment
        self.batches = None
        self.agenda = Agenda.of(experiment.learner, self.session, self.costs)

    def end_epoch(self) -> None:
        """The next step is the first of another epoch."""
        self.epoch, self.row, self.batches = self.epoch + 1, 0, None

    def scene(self) -> Scene:
        """What there is to see now."""
        return Scene(
            experiment=self.experiment,
            networks=self.networks,
            data=self.prepared,
            step=self.step,
            epoch=self.epoch,
            ranges=self.ranges,
            chunk=rows_at_once(self.costs.activation_bytes),
            device=self.device,
        )

    # ---------------------------------------------------------------- the best moment

    def keep_best(self, measured: Measured) -> None:
        """Copy the whole state where the loss is lower than ever, in place where shapes allow."""
        loss = measured.columns.get("val_loss", measured.columns["train_loss"])
        if self.best is not None and not loss < self.best.loss:
            return
        tensors = self._tensors()
        if self.best is not None and self.best.tensors.keys() == tensors.keys():
            held = [self.best.tensors[name] for name in tensors]
            if all(mine.shape == now.shape for mine, now in zip(held, tensors.values(), strict=True)):
                for mine, now in zip(held, tensors.values(), strict=True):
                    mine.copy_(now)
                self.best = Best(loss, self._meta(), self.best.tensors)
                return
        self.best = Best(loss, self._meta(), _copies(tensors))

    def snapshot_of_best(self) -> Iterator[Snapshot]:
        """The best moment for the time line, if that has none of its step yet."""
        best = self.best
        if best is not None and best.meta["step"] not in self._told:
            yield self._snapshot(best.meta, best.tensors, "timeline", {"loss": best.loss, "meta": None})

    # ---------------------------------------------------------------- snapshots

    def keep(self) -> Iterator[Snapshot]:
        """A snapshot for the time line, if this step has none yet."""
        if self.step not in self._told:
            yield self.snapshot()

    def snapshot(self, kind: Literal["recovery", "timeline"] = "timeline") -> Snapshot:
        """All that is needed to go on exactly, or to look back."""
        tensors = _copies(self._tensors())
        best = None
        if self.best is not None:
            now = self.best.meta["step"] == self.step
            best = {"loss": self.best.loss, "meta": None if now else self.best.meta}
            if not now:
                tensors.update({f"best.{name}": value.clone() for name, value in self.best.tensors.items()})
        return self._snapshot(self._meta(), tensors, kind, best)

    def _tensors(self) -> dict[str, Tensor]:
        """All tensors of the state, not copied, the best moment's left out."""
        found = self.session.tensors()
        for i, state in enumerate(self.world.state()):
            found[f"random.{i}"] = state
        if self.losses:
            found["losses"] = torch.stack(self.losses)
        return found

    def _meta(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "epoch": self.epoch,
            "row": self.row,
            "learner": copy.deepcopy(self.session.facts()),
            "metrics": {
                name: value if math.isfinite(value) else None for name, value in self.metrics.items()
            },
        }

    def _snapshot(
        self,
        meta: dict[str, Any],
        tensors: dict[str, Tensor],
        kind: Literal["recovery", "timeline"],
        best: dict[str, Any] | None,
    ) -> Snapshot:
        """A moment with the facts that make it readable by itself."""
        if kind == "timeline":
            self._told.add(meta["step"])
        prepared = self.prepared
        about = {
            "document": self.document.model_dump(mode="json"),
            "info": prepared.info.model_dump(mode="json"),
            "raw_info": prepared.raw_info.model_dump(mode="json"),
            "preprocess": [list(arrays) for arrays in prepared.state],
            "ranges": asdict(self.ranges) if self.ranges else None,
            "engine": "eager",
        }
        fitted = {
            f"preprocess.{i}.{name}": torch.from_numpy(np.array(array))
            for i, arrays in enumerate(prepared.state)
            for name, array in arrays.items()
        }
        return Snapshot({**meta, **about, "best": best}, {**tensors, **fitted}, kind)

    def load(self, snapshot: Snapshot) -> None:
        """Be where the snapshot was taken. Raises SnapshotError where it does not fit."""
        meta, tensors = snapshot.meta, snapshot.tensors
        try:
            self.step, self.epoch, self.row = meta["step"], meta["epoch"], meta["row"]
            self.metrics = dict(meta["metrics"])
            self.session.load(tensors, meta["learner"])
            self.losses = list(tensors["losses"].to(self.device).unbind()) if "losses" in tensors else []
            self.world.restore([tensors[name] for name in sorted(tensors) if name.startswith("random.")])
            self.best = self._best_of(meta["best"], tensors)
        except (KeyError, ValueError, TypeError) as error:
            raise SnapshotError(
                "snapshot.incomplete",
                "The snapshot does not hold what this learner needs to go on.",
                hint="Go on from another one.",
            ) from error

    def _best_of(self, best: dict[str, Any] | None, tensors: Mapping[str, Tensor]) -> Best | None:
        if best is None:
            return None
        if best["meta"] is None:
            return Best(best["loss"], self._meta(), _copies(self._tensors()))
        held = {
            name.removeprefix("best."): value for name, value in tensors.items() if name.startswith("best.")
        }
        return Best(best["loss"], best["meta"], _copies(held))


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the processor; names that share one tensor share the copy."""
    made: dict[int, Tensor] = {}
    return {
        name: made.setdefault(id(value), value.detach().to("cpu", copy=True))
        for name, value in tensors.items()
    }


def device_of(experiment: Experiment) -> torch.device:
    """Where to learn. Raises ControlError where CUDA was asked for and is not there."""
    wanted = experiment.run.device
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ControlError(
            "device.none",
            "There is no CUDA device here.",
            hint='Set run.device to "auto" or "cpu".',
            path=("run", "device"),
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")

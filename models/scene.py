"""What there is to look at: networks with their weights at one step, and the data, for probes and predictions.

    scene = scene_of(snapshot, door)
    scene.probabilities(scene.outputs(scene.encode([[0.5, -1.0]])))

Looking changes nothing: networks are asked in evaluation mode, and modes and random state are as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataDoor, DataInfo
from models.errors import DataError
from models.evaluation import floats, outputs, resting, rows_at_once, tensor
from models.experiment import Experiment, parse
from models.lazy import torch
from models.losses import Loss
from models.network import build, plan
from models.prepare import Part, Prepared, Transform, prepare, restore
from models.replay import as_of
from models.seeds import stream
from models.snapshots import Snapshot
from models.weights import put

if TYPE_CHECKING:
    from models.learners.base import Shapes
    from models.network import Network

MAX_DESCRIBED_FEATURES = 2000


@dataclass(frozen=True)
class Frame:
    """A live picture on its way to the browser: a header, and the bytes of one array."""

    id: int
    header: dict[str, Any]
    body: bytes = b""

    def encode(self) -> bytes:
        """4 bytes of header length (big-endian), the header as JSON, the body."""
        header = json.dumps(self.header, separators=(",", ":")).encode()
        return len(header).to_bytes(4, "big") + header + self.body

    @classmethod
    def of(
        cls, header: dict[str, Any], array: NDArray[Any], *, id: int = 0, probe: str = "", scene: Scene
    ) -> Frame:
        """The frame of a probe's picture."""
        facts = {
            "id": id,
            "probe": probe,
            "step": scene.step,
            "epoch": scene.epoch,
            "dtype": str(array.dtype),
            "shape": list(array.shape),
        }
        return cls(id, {**facts, **header}, np.ascontiguousarray(array).tobytes())


@dataclass(frozen=True)
class Ranges:
    """Smallest, middle and largest raw value of each feature, of the training rows."""

    low: list[float]
    centre: list[float]
    high: list[float]

    @classmethod
    def of(cls, rows: NDArray[Any]) -> Ranges | None:
        """Of rows of numbers (N, features); None for pictures and very wide rows."""
        if rows.ndim != 2 or rows.shape[1] > MAX_DESCRIBED_FEATURES or not len(rows):
            return None
        known = np.where(np.isfinite(rows), rows, np.nan)
        empty = np.isnan(known).all(0)
        known[:, empty] = 0
        low, centre, high = np.nanmin(known, 0), np.nanmedian(known, 0), np.nanmax(known, 0)
        return cls(*(values.astype(float).tolist() for values in (low, centre, high)))


@dataclass
class Scene:
    """Networks at one step, and the way to their data."""

    experiment: Experiment
    networks: Mapping[str, Network]
    data: Transform
    step: int
    epoch: int
    ranges: Ranges | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The learner's own state, as far as it is no tensor."""
    chunk: int = 256
    device: torch.device | str = "cpu"

    @property
    def info(self) -> DataInfo:
        """The facts about rows as the network takes them."""
        return self.data.info

    @property
    def raw_info(self) -> DataInfo:
        """The facts about rows as people write them."""
        return self.data.raw_info

    @property
    def loss(self) -> Loss:
        """What says how outputs become decisions."""
        loss = getattr(self.experiment.learner, "loss", None)
        if not isinstance(loss, Loss):
            raise DataError("scene.no_loss", f"A {self.experiment.learner.type} learner decides nothing.")
        return loss

    def encode(self, rows: Sequence[Any]) -> NDArray[Any]:
        """Rows as people write them, as an array."""
        return self.data.encode(rows)

    def outputs(self, raw: NDArray[Any], role: str = "model") -> NDArray[np.float32]:
        """What a network yields for raw rows (N, *raw shape), after preprocessing: (N, k) float32."""
        inputs = tensor(self.data.transform(raw), torch.device(self.device))
        network = self.networks[role]
        with kept_random(), resting(network):
            found: NDArray[np.float32] = outputs(network, inputs, self.chunk).cpu().numpy()
        return found

    def activations(self, raw: NDArray[Any], role: str = "model") -> dict[str, NDArray[np.float32]]:
        """What every layer yields for a few raw rows, by id."""
        inputs = floats(tensor(self.data.transform(raw), torch.device(self.device)))
        network = self.networks[role]
        with kept_random(), resting(network):
            return {name: value.cpu().numpy() for name, value in network.activations(inputs).items()}

    def probabilities(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """What outputs say of each class: (N, classes)."""
        found: NDArray[np.float32] = self.loss.probabilities(torch.from_numpy(outputs)).numpy()
        return found

    def decisions(self, outputs: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class index of each row."""
        found: NDArray[np.int64] = self.loss.decide(torch.from_numpy(outputs)).numpy()
        return found

    def parts(self) -> dict[str, Part]:
        """Training and validation rows, where the data are at hand. The test part is for the exam alone."""
        if not isinstance(self.data, Prepared):
            return {}
        return {name: part for name, part in self.data.parts.items() if name != "test"}

    def raw_rows(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """These rows as they were loaded."""
        if not isinstance(self.data, Prepared):
            raise _no_data()
        return np.asarray(self.data.source.inputs[rows])

    def raw_centre(self) -> NDArray[np.float32]:
        """The middle value of each feature."""
        return np.asarray(self._ranges().centre, np.float32)

    def raw_range(self, feature: int) -> tuple[float, float]:
        """The smallest and the largest value of a feature."""
        ranges = self._ranges()
        if not 0 <= feature < len(ranges.low):
            raise DataError(
                "scene.feature",
                f"There is no feature {feature}; there are {len(ranges.low)}.",
                hint="Features are counted from 0.",
                feature=feature,
            )
        return ranges.low[feature], ranges.high[feature]

    def _ranges(self) -> Ranges:
        if self.ranges is None:
            raise DataError(
                "scene.no_ranges", "These data are no rows of numbers.", hint="Choose another view."
            )
        return self.ranges


def _no_data() -> DataError:
    return DataError(
        "scene.no_data",
        "The data of this run are not at hand.",
        hint="Import the data set again under the same name.",
    )


@contextmanager
def kept_random() -> Iterator[None]:
    """Torch's random state of the processor is afterwards as it was."""
    state = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(state)


def networks_of(experiment: Experiment, shapes: Mapping[str, Shapes]) -> dict[str, Network]:
    """The experiment's networks with their initial weights, a stream of seeds for each role."""
    built = {}
    for role, spec in experiment.networks.items():
        inputs, output = shapes[role]
        built[role] = build(spec, inputs, output, stream(experiment.seed, role))
    return built


def activation_bytes(experiment: Experiment, shapes: Mapping[str, Shapes]) -> int:
    """What one row needs on its way through all networks."""
    plans = [plan(spec, *shapes[role]) for role, spec in experiment.networks.items()]
    return sum(layer.activation_bytes for whole in plans for layer in whole.layers)


def scene_of(snapshot: Snapshot, door: DataDoor | None = None) -> Scene:
    """The scene of a snapshot; with a door to the data it has rows to show. Raises SnapshotError, DataError."""
    meta = snapshot.meta
    experiment = as_of(parse(meta["document"]), snapshot.step)
    shapes = experiment.learner.shapes(DataInfo.model_validate(meta["info"]))
    networks = networks_of(experiment, shapes)
    for role, network in networks.items():
        put(network, role, snapshot.tensors)
        network.eval()
    return Scene(
        experiment=experiment,
        networks=networks,
        data=prepare(experiment, door) if door is not None else _restored(experiment, snapshot),
        step=snapshot.step,
        epoch=snapshot.epoch,
        ranges=Ranges(**meta["ranges"]) if meta.get("ranges") else None,
        facts=meta["learner"],
        chunk=rows_at_once(activation_bytes(experiment, shapes)),
    )


def _restored(experiment: Experiment, snapshot: Snapshot) -> Transform:
    """The way of a row into the network, from what the snapshot remembers."""
    state = [
        {name: snapshot.tensors[f"preprocess.{i}.{name}"].numpy() for name in names}
        for i, names in enumerate(snapshot.meta["preprocess"])
    ]
    return restore(experiment, DataInfo.model_validate(snapshot.meta["raw_info"]), state)

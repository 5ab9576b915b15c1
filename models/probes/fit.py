"""The fit of a regression: what the network says beside what is true, and its curve where one number goes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo
from models.probes.base import Probe, Tiles, plain

if TYPE_CHECKING:
    from models.experiment import Experiment
    from models.scene import Scene

PARTS = ("train", "validation")
CURVE = 160
"""Places along the input where the curve is drawn."""


class Fit(Probe):
    """Each point is an example: its true value, and what the network says. A perfect fit is the diagonal."""

    title: ClassVar[str] = "Fit"

    type: Literal["fit"] = "fit"
    rows: int = Field(500, ge=10, le=100_000, title="Examples at most", description="Of each part")
    target: int = Field(
        0, ge=0, lt=1_000, title="Target", description="Which of several numbers is predicted"
    )

    @classmethod
    def applies(cls, experiment: Experiment, info: DataInfo) -> bool:
        """Where numbers are predicted."""
        return info.task == "regression" and "regression" in experiment.learner.tasks

    def tiles(self, scene: Scene) -> Tiles:
        """Rows of (first input, true, said); those of the curve have no true value (NaN) and come last."""
        blocks = [self._part(scene, part) for part in PARTS] + [self._curve(scene)]
        names = (*PARTS, "curve")
        info = scene.raw_info
        header = {
            "counts": {name: len(block) for name, block in zip(names, blocks, strict=True)},
            "feature": info.features[0].name if info.features else "x",
            "target": info.targets[self.target] if self.target < len(info.targets) else "value",
        }
        return header, np.concatenate(blocks).astype(np.float32)

    def figure(self, scene: Scene) -> dict[str, Any]:
        """Said against true, or the curve over its input."""
        import plotly.graph_objects as go

        header, rows = self.tiles(scene)
        counts, figure, start = header["counts"], go.Figure(), 0
        along = counts["curve"] > 0
        for name in PARTS:
            block = rows[start : start + counts[name]]
            start += counts[name]
            x, y = (block[:, 0], block[:, 1]) if along else (block[:, 1], block[:, 2])
            figure.add_scatter(x=x, y=y, mode="markers", name=name)
        if along:
            figure.add_scatter(x=rows[start:, 0], y=rows[start:, 2], mode="lines", name="said")
        titles = (header["feature"], header["target"]) if along else ("true", "said")
        figure.update_xaxes(title=titles[0]).update_yaxes(title=titles[1])
        return plain(figure)

    def _part(self, scene: Scene, name: str) -> NDArray[np.float32]:
        part = scene.parts().get(name)
        if part is None or not len(part.rows):
            return np.zeros((0, 3), np.float32)
        raw = scene.raw_rows(part.rows[: self.rows])
        true = np.asarray(part.targets)[: self.rows].reshape(len(raw), -1)[:, self._column(scene)]
        return np.stack([raw.reshape(len(raw), -1)[:, 0], true, self._said(scene, raw)], axis=1)

    def _curve(self, scene: Scene) -> NDArray[np.float32]:
        """Only where the input is a single number."""
        if tuple(scene.raw_info.shape) != (1,):
            return np.zeros((0, 3), np.float32)
        x = np.linspace(*scene.raw_range(0), CURVE, dtype=np.float32)
        return np.stack([x, np.full_like(x, np.nan), self._said(scene, x[:, None])], axis=1)

    def _said(self, scene: Scene, raw: NDArray[Any]) -> NDArray[np.float32]:
        outputs = scene.outputs(raw)
        return outputs.reshape(len(raw), -1)[:, self._column(scene)]

    def _column(self, scene: Scene) -> int:
        return min(self.target, max(0, len(scene.raw_info.targets) - 1))

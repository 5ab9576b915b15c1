"""The decision map: what the network answers at every place of the plane, with the data on it."""

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

Range = tuple[float, float]


class DecisionMap(Probe):
    """The network's answer over the plane of two features; the others rest at their median."""

    title: ClassVar[str] = "Decision map"

    type: Literal["decision_map"] = "decision_map"
    x: int = Field(0, ge=0, lt=2_000, title="Feature to the right")
    y: int = Field(1, ge=0, lt=2_000, title="Feature upwards")
    resolution: int = Field(80, ge=8, le=256, title="Cells per side")

    @classmethod
    def applies(cls, experiment: Experiment, info: DataInfo) -> bool:
        """Where inputs are points or rows with at least two numbers."""
        return info.form in ("points", "table") and len(info.shape) == 1 and info.shape[0] >= 2

    def tiles(self, scene: Scene) -> Tiles:
        """Probabilities per class (C, H, W), or values (1, H, W); row 0 is the top."""
        x, y = self._range(scene, self.x), self._range(scene, self.y)
        outputs = scene.outputs(self._rows(scene, x, y))
        classes = scene.raw_info.classes
        values = scene.probabilities(outputs) if classes else outputs[:, :1]
        grid = values.T.reshape(-1, self.resolution, self.resolution).astype(np.float32)
        header = {
            "x": x,
            "y": y,
            "features": [self._name(scene, self.x), self._name(scene, self.y)],
            "classes": list(classes),
            "task": scene.raw_info.task,
        }
        return header, np.ascontiguousarray(grid)

    def figure(self, scene: Scene) -> dict[str, Any]:
        """The map as a heatmap, the training and held-out points over it."""
        import plotly.graph_objects as go

        header, grid = self.tiles(scene)
        across, up = self._ticks(header["x"]), self._ticks(header["y"])[::-1]
        shown = (
            grid[0] if len(grid) == 1 else grid[1] if len(grid) == 2 else grid.argmax(0).astype(np.float32)
        )
        figure = go.Figure(
            go.Heatmap(x=across, y=up, z=shown, colorscale="RdBu", zsmooth="best", opacity=0.7)
        )
        for name, part in scene.parts().items():
            raw = scene.raw_rows(part.rows)
            label = {"color": np.asarray(part.targets).reshape(len(raw), -1)[:, 0], "colorscale": "RdBu"}
            marker = {**label, "line": {"width": 1, "color": "white"}, "size": 7}
            figure.add_scatter(x=raw[:, self.x], y=raw[:, self.y], mode="markers", name=name, marker=marker)
        figure.update_xaxes(title=header["features"][0]).update_yaxes(title=header["features"][1])
        return plain(figure)

    def _rows(self, scene: Scene, x: Range, y: Range) -> NDArray[np.float32]:
        """Raw rows for every cell, from the top left."""
        across, up = np.meshgrid(self._ticks(x), self._ticks(y)[::-1])
        rows = np.tile(scene.raw_centre(), (across.size, 1)).astype(np.float32)
        rows[:, self.x], rows[:, self.y] = across.ravel(), up.ravel()
        return rows

    def _ticks(self, ends: Range) -> NDArray[np.float64]:
        """The middle of each cell along an axis."""
        return np.linspace(ends[0], ends[1], self.resolution)

    def _range(self, scene: Scene, feature: int) -> Range:
        """From the smallest to the largest value, with a little air."""
        low, high = scene.raw_range(feature)
        air = 0.05 * (high - low) or 0.5
        return low - air, high + air

    def _name(self, scene: Scene, feature: int) -> str:
        features = scene.raw_info.features
        return features[feature].name if feature < len(features) else f"x{feature + 1}"

"""The confusion matrix: which class was taken for which, in training and in validation data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo
from models.probes.base import Probe, Tiles, plain, shares

if TYPE_CHECKING:
    from models.experiment import Experiment
    from models.scene import Scene

PARTS = ("train", "validation")


class ConfusionMatrix(Probe):
    """Rows are the true classes, columns what the network said; the diagonal is right."""

    title: ClassVar[str] = "Confusion matrix"

    type: Literal["confusion_matrix"] = "confusion_matrix"
    rows: int = Field(2_000, ge=10, le=1_000_000, title="Examples at most", description="Of each part")

    @classmethod
    def applies(cls, experiment: Experiment, info: DataInfo) -> bool:
        """Where examples have classes."""
        return info.task == "classification" and "classification" in experiment.learner.tasks

    def tiles(self, scene: Scene) -> Tiles:
        """Counts (part, true class, said class); part 0 is training, 1 validation."""
        matrices = np.stack([self._matrix(scene, part) for part in PARTS])
        return {"classes": list(scene.raw_info.classes), "parts": list(PARTS)}, matrices

    def figure(self, scene: Scene) -> dict[str, Any]:
        """The validation part's matrix, or training's where nothing was held out."""
        import plotly.graph_objects as go

        header, matrices = self.tiles(scene)
        matrix = matrices[1] if matrices[1].any() else matrices[0]
        figure = go.Figure(
            go.Heatmap(
                x=header["classes"],
                y=header["classes"],
                z=shares(matrix),
                text=matrix,
                texttemplate="%{text}",
            )
        )
        figure.update_xaxes(title="said", type="category")
        figure.update_yaxes(title="true", type="category", autorange="reversed")
        return plain(figure)

    def _matrix(self, scene: Scene, name: str) -> NDArray[np.int32]:
        """Counts from the first rows of a part, in the order of the split, which is random."""
        size = len(scene.raw_info.classes)
        part = scene.parts().get(name)
        if part is None or not len(part.rows):
            return np.zeros((size, size), np.int32)
        rows, true = part.rows[: self.rows], np.asarray(part.targets)[: self.rows].astype(np.int64)
        said = scene.probabilities(scene.outputs(scene.raw_rows(rows))).argmax(1)
        counts = np.bincount(true * size + said, minlength=size * size)
        return counts.reshape(size, size).astype(np.int32)

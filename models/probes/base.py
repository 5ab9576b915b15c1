"""What a probe is: a way of looking at a network at a snapshot, or live while it learns.

A probe is computed from a `Scene` (networks, data, step) and leaves it as it was. It answers twice:
`tiles`, an array with a header, which the page draws on a canvas, live too; and `figure`, the same as a
Plotly figure, which any notebook or report can show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataInfo
from models.kinds import Kind

if TYPE_CHECKING:
    from models.experiment import Experiment
    from models.scene import Scene

Tiles = tuple[dict[str, Any], NDArray[Any]]
"""A header in plain JSON, and the array that goes with it (float32, int32 or uint8)."""

TEMPLATE: dict[str, Any] = {"layout": {"font": {"size": 14}, "margin": {"l": 56, "r": 16, "t": 32, "b": 48}}}


class Probe(Kind):
    """Base of all probes. Its fields are what a person may choose."""

    family: ClassVar[str] = "probe"
    live: ClassVar[bool] = True
    """Whether it is cheap enough to be watched while a network learns."""

    type: str

    @classmethod
    def entry(cls) -> dict[str, Any]:
        """The probe's line in the catalogue."""
        return {**super().entry(), "live": cls.live}

    @classmethod
    def applies(cls, experiment: Experiment, info: DataInfo) -> bool:
        """Whether it makes sense here; `info` are the facts about the raw data."""
        raise NotImplementedError

    def tiles(self, scene: Scene) -> Tiles:
        """The picture as an array with a header."""
        raise NotImplementedError

    def figure(self, scene: Scene) -> dict[str, Any]:
        """The picture as a Plotly figure in plain JSON."""
        raise NotImplementedError


def plain(figure: Any) -> dict[str, Any]:
    """A plotly figure as JSON-ready data, its arrays as base64 typed arrays."""
    import json

    answer: dict[str, Any] = json.loads(figure.update_layout(**TEMPLATE["layout"]).to_json())
    answer["layout"].pop("template", None)  # the page, or the notebook, brings its own
    return answer


def shares(matrix: NDArray[np.int32]) -> NDArray[np.float32]:
    """Each row of counts as shares of the row; a row without counts stays zero."""
    totals = matrix.sum(axis=-1, keepdims=True)
    return np.asarray(matrix / np.maximum(totals, 1), np.float32)

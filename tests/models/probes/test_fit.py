"""The fit of a regression: points of both parts, and a curve where one number goes in."""

from __future__ import annotations

import numpy as np
import pytest

from models import probes, zoo
from models.data import NoDoor
from models.experiment import changed
from models.scene import Scene, scene_of
from models.snapshots import Snapshot
from models.training import train


def trained(slug: str) -> Scene:
    short = changed(zoo.experiment(slug), {"learner.epochs": 2})
    snapshots = [said for said in train(short, data=NoDoor()) if isinstance(said, Snapshot)]
    return scene_of(snapshots[-1], NoDoor())


@pytest.mark.parametrize(("slug", "curve"), [("sine", 160), ("regression-plane", 0)])
def test_the_fit_says_what_the_network_says_beside_what_is_true(slug: str, curve: int) -> None:
    scene = trained(slug)
    header, rows = probes.tiles("fit", {"rows": 50}, scene)
    assert header["counts"] == {"train": 50, "validation": 50, "curve": curve}
    part = scene.parts()["train"]
    raw = scene.raw_rows(part.rows[:50])
    np.testing.assert_allclose(rows[:50, 0], raw[:, 0], rtol=1e-6)
    np.testing.assert_allclose(rows[:50, 1], np.asarray(part.targets)[:50, 0], rtol=1e-6)
    np.testing.assert_allclose(rows[:50, 2], scene.outputs(raw)[:, 0], rtol=1e-5)
    assert np.isnan(rows[100:, 1]).all() and len(rows) == 100 + curve


def test_the_curve_goes_from_the_smallest_input_to_the_largest() -> None:
    scene = trained("sine")
    _, rows = probes.tiles("fit", {}, scene)
    curve = rows[-160:]
    assert tuple(curve[[0, -1], 0]) == pytest.approx(scene.raw_range(0), rel=1e-5)
    assert (np.diff(curve[:, 0]) > 0).all()


def test_where_classes_are_told_apart_there_is_no_fit() -> None:
    experiment = zoo.experiment("spiral")
    assert "fit" not in probes.offered(experiment, experiment.data.describe(NoDoor()))

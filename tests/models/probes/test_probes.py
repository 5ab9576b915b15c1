"""Every probe, through the registry: it pictures what it says and leaves the network as it was."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from models import probes, zoo
from models.data import NoDoor
from models.errors import DocumentError
from models.experiment import Experiment, changed
from models.kinds import kinds
from models.probes import Probe
from models.scene import Scene, scene_of
from models.snapshots import Snapshot
from models.training import train

SLUGS = ("spiral", "iris", "digits-cnn", "regression-plane")


def trained(experiment: Experiment) -> Scene:
    """A scene of the last snapshot after two epochs."""
    short = changed(experiment, {"learner.epochs": 2})
    snapshots = [said for said in train(short, data=NoDoor()) if isinstance(said, Snapshot)]
    return scene_of(snapshots[-1], NoDoor())


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {slug: trained(zoo.experiment(slug)) for slug in SLUGS}


def state(scene: Scene) -> list[torch.Tensor]:
    tensors = [tensor.clone() for net in scene.networks.values() for tensor in net.state_dict().values()]
    return [*tensors, torch.get_rng_state()]


@pytest.mark.parametrize("name", kinds(Probe))
def test_a_probe_is_offered_somewhere_and_says_what_it_shows(name: str, scenes: dict[str, Scene]) -> None:
    assert any(name in probes.offered(scene.experiment, scene.raw_info) for scene in scenes.values())
    entry = kinds(Probe)[name].entry()
    assert entry["title"] and entry["help"] and entry["schema"]["properties"]


@pytest.mark.parametrize("slug", SLUGS)
def test_offered_probes_answer_and_leave_everything_as_it_was(slug: str, scenes: dict[str, Scene]) -> None:
    scene = scenes[slug]
    before, modes = state(scene), [net.training for net in scene.networks.values()]
    for name in probes.offered(scene.experiment, scene.raw_info):
        header, pixels = probes.tiles(name, {}, scene)
        json.dumps(header, allow_nan=False)
        assert pixels.dtype in (np.float32, np.int32, np.uint8)
        figure = probes.figure(name, {}, scene)
        go.Figure(json.loads(json.dumps(figure, allow_nan=False)))  # plotly's own validator
    assert [net.training for net in scene.networks.values()] == modes
    assert all(torch.equal(a, b) for a, b in zip(before, state(scene), strict=True))


def test_the_decision_map_agrees_with_the_network_at_its_corners(scenes: dict[str, Scene]) -> None:
    scene = scenes["spiral"]
    header, grid = probes.tiles("decision_map", {"resolution": 16}, scene)
    assert grid.shape == (2, 16, 16)
    left_top = np.array([[header["x"][0], header["y"][1]]], np.float32)
    right_bottom = np.array([[header["x"][1], header["y"][0]]], np.float32)
    for place, cell in ((left_top, grid[:, 0, 0]), (right_bottom, grid[:, -1, -1])):
        np.testing.assert_allclose(scene.probabilities(scene.outputs(place))[0], cell, atol=1e-5)


def test_the_confusion_matrix_counts_every_example_once(scenes: dict[str, Scene]) -> None:
    scene = scenes["iris"]
    header, matrices = probes.tiles("confusion_matrix", {}, scene)
    parts = scene.parts()
    assert [int(matrix.sum()) for matrix in matrices] == [len(parts[name].rows) for name in header["parts"]]
    true = np.bincount(parts["validation"].targets, minlength=3)
    np.testing.assert_array_equal(matrices[1].sum(1), true)


def test_a_wrong_name_or_setting_says_what_there_is(scenes: dict[str, Scene]) -> None:
    with pytest.raises(DocumentError, match="decision_map"):
        probes.tiles("crystal_ball", {}, scenes["spiral"])
    with pytest.raises(DocumentError, match="makes no sense"):
        probes.tiles("decision_map", {}, scenes["digits-cnn"])
    with pytest.raises(DocumentError):
        probes.tiles("decision_map", {"resolution": 10**9}, scenes["spiral"])

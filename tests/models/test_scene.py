"""Scenes: looking at a network changes nothing, with the data at hand or without."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from models.data import NoDoor
from models.errors import DataError, SnapshotError
from models.scene import Frame, Ranges, Scene, scene_of
from models.snapshots import Snapshot, decode, encode
from tests.models.learning import document, experiment, parse, said, snapshots

STANDARDISED = experiment(preprocess=[{"type": "standardise"}])


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    return decode(encode(snapshots(said(STANDARDISED))[-1]))


def test_a_scene_answers_the_same_with_and_without_the_data(snapshot: Snapshot) -> None:
    with_data, without = scene_of(snapshot, NoDoor()), scene_of(snapshot)
    rows = with_data.raw_rows(with_data.parts()["validation"].rows)
    outputs = with_data.outputs(rows)
    assert np.array_equal(outputs, without.outputs(rows))
    assert outputs.shape == (18, 2) and outputs.dtype == np.float32
    assert np.allclose(with_data.probabilities(outputs).sum(1), 1)
    assert with_data.raw_range(0) == without.raw_range(0)
    assert np.array_equal(with_data.raw_centre(), without.raw_centre())
    assert without.parts() == {}
    with pytest.raises(DataError, match="not at hand"):
        without.raw_rows(np.arange(2))


def test_preprocessed_rows_reach_the_network(snapshot: Snapshot) -> None:
    scene = scene_of(snapshot, NoDoor())
    raw = scene.raw_rows(np.arange(5))
    inputs = torch.from_numpy(scene.data.transform(raw))
    with torch.no_grad():
        expected = scene.networks["model"].eval()(inputs)
    assert np.array_equal(scene.outputs(raw), expected.numpy())


def test_looking_leaves_modes_weights_and_random_numbers_as_they_were(snapshot: Snapshot) -> None:
    scene = scene_of(snapshot, NoDoor())
    network = scene.networks["model"].train()
    before = [*(value.clone() for value in network.state_dict().values()), torch.get_rng_state()]
    raw = scene.raw_rows(np.arange(5))
    assert np.array_equal(scene.outputs(raw), scene.outputs(raw))
    assert list(scene.activations(raw)) == ["linear_1", "tanh_1", "dropout_1", "linear_2"]
    after = [*network.state_dict().values(), torch.get_rng_state()]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert all(module.training for module in network.modules())


def test_many_rows_go_in_several_passes_with_the_same_answers(snapshot: Snapshot) -> None:
    scene = scene_of(snapshot, NoDoor())
    raw = scene.raw_rows(np.arange(40))
    whole = scene.outputs(raw)
    scene.chunk = 7
    assert np.allclose(scene.outputs(raw), whole, atol=1e-6)


def test_the_test_part_is_not_shown() -> None:
    data = {"type": "moons", "samples": 60, "test_fraction": 0.2}
    scene = scene_of(snapshots(said(parse(document({"epochs": 1}, data=data))))[-1], NoDoor())
    assert list(scene.parts()) == ["train", "validation"]


def test_a_scene_has_the_settings_of_its_own_step() -> None:
    control = [{"step": 30, "set": {"networks.model.layers.dropout_1.p": 0.7}}]
    taken = snapshots(said(parse(document(control=control))))
    early = next(snapshot for snapshot in taken if 0 < snapshot.step < 30)

    def p(scene: Scene) -> float:
        return scene.experiment.networks["model"].layers[2].p  # type: ignore[attr-defined]

    assert (p(scene_of(early)), p(scene_of(taken[-1]))) == (0.2, 0.7)


def test_weights_of_another_shape_are_refused(snapshot: Snapshot) -> None:
    name = "model.layers.linear_1.weight"
    tensors = {**snapshot.tensors, name: torch.zeros(2, 2)}
    with pytest.raises(SnapshotError, match="linear_1"):
        scene_of(Snapshot(snapshot.meta, tensors))
    del tensors[name]
    with pytest.raises(SnapshotError, match="missing"):
        scene_of(Snapshot(snapshot.meta, tensors))


def test_a_frame_is_a_length_a_header_and_a_body() -> None:
    data = Frame(4, {"id": 4, "shape": [2]}, b"\x01\x02").encode()
    length = int.from_bytes(data[:4], "big")
    assert data[4 : 4 + length] == b'{"id":4,"shape":[2]}' and data[4 + length :] == b"\x01\x02"


def test_ranges_pass_over_missing_values() -> None:
    ranges = Ranges.of(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]], np.float32))
    assert ranges == Ranges([1.0, 0.0], [2.0, 0.0], [3.0, 0.0])
    assert Ranges.of(np.zeros((2, 1, 8, 8))) is None

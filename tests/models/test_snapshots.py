"""Snapshots: bytes that hold everything, and nothing that is executed."""

from __future__ import annotations

import pytest
import torch

from models.errors import SnapshotError
from models.snapshots import Snapshot, decode, encode
from tests.models.learning import experiment, said, same, snapshots

META = {"step": 3, "epoch": 1, "lr": 0.1, "text": "ä", "none": None}


def test_a_snapshot_comes_back_as_it_was() -> None:
    tensors = {"a": torch.randn(2, 3), "b": torch.arange(4), "c": torch.tensor(1.5), "d": torch.zeros(0, 2)}
    tensors["random"] = torch.get_rng_state()
    before = Snapshot(META, tensors, "recovery")
    after = decode(encode(before))
    assert same(before, after) and after.kind == "recovery"
    assert (after.step, after.epoch) == (3, 1)


def test_shared_views_and_channels_last_tensors_come_back_with_their_values() -> None:
    whole = torch.arange(24.0)
    tensors = {
        "one": whole,
        "same": whole,
        "part": whole[4:8],
        "turned": whole.reshape(4, 6).T,
        "picture": torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last),
    }
    after = decode(encode(Snapshot(META, tensors)))
    assert all(torch.equal(value, after.tensors[name]) for name, value in tensors.items())
    assert after.tensors["one"].data_ptr() == after.tensors["same"].data_ptr()
    assert after.tensors["part"].data_ptr() != after.tensors["one"].data_ptr()


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "header", "other"])
def test_damaged_bytes_are_refused_with_what_to_do(damage: str) -> None:
    data = encode(Snapshot(META, {"a": torch.randn(100)}))
    broken = {
        "empty": b"",
        "short": data[:-40],
        "flipped": data[:20] + bytes(40) + data[60:],
        "header": (10**15).to_bytes(8, "little") + data[8:],
        "other": b"PK\x03\x04" + bytes(100),
    }[damage]
    with pytest.raises(SnapshotError) as caught:
        decode(broken)
    assert caught.value.problem.hint


def test_tensors_without_our_facts_are_no_snapshot() -> None:
    from safetensors.torch import save

    with pytest.raises(SnapshotError):
        decode(save({"a": torch.zeros(2)}))


def test_a_runs_snapshot_is_a_copy_that_learning_leaves_alone() -> None:
    taken = snapshots(said(experiment()))
    name = "model.layers.linear_1.weight"
    assert not torch.equal(taken[0].tensors[name], taken[-1].tensors[name])
    assert all(same(snapshot, decode(encode(snapshot))) for snapshot in taken)

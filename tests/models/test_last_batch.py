"""A last batch may have one row only: layers that take their figures from the batch learn from it too."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.models.learning import ended, experiment, said, snapshots

ONE_ROW: dict[str, list[dict[str, Any]]] = {
    "BatchNorm1d": [{"type": "BatchNorm1d"}],
    "BatchNorm1d of a sequence": [
        {"type": "Unflatten", "unflattened_size": [4, 1]},
        {"type": "BatchNorm1d"},
        {"type": "Flatten"},
    ],
    "BatchNorm2d": [
        {"type": "Unflatten", "unflattened_size": [4, 1, 1]},
        {"type": "BatchNorm2d"},
        {"type": "Flatten"},
    ],
    "GroupNorm": [{"type": "GroupNorm", "num_groups": 2}],
    "LayerNorm": [{"type": "LayerNorm"}],
}


@pytest.mark.parametrize("layers", ONE_ROW.values(), ids=ONE_ROW.keys())
def test_a_last_batch_of_one_row_is_learnt_from(layers: list[dict[str, Any]]) -> None:
    model = {"layers": [{"type": "Linear", "out_features": 4}, *layers, {"type": "Linear"}]}
    run = said(experiment({"batch_size": 41, "epochs": 2}, networks={"model": model}))
    assert run[0].parts["train"] % 41 == 1 and run[0].steps_per_epoch == 2
    assert ended(run).state == "completed", ended(run)
    assert all(torch.isfinite(value).all() for value in snapshots(run)[-1].tensors.values())

"""What costs a process a second when it is done for the first time, done once, before anybody waits for it."""

from __future__ import annotations

from typing import Any

WARM_UP: dict[str, Any] = {
    "data": {"type": "spiral", "samples": 20},
    "networks": {
        "model": {"layers": [{"type": "Linear", "out_features": 2}, {"type": "Tanh"}, {"type": "Linear"}]}
    },
    "learner": {"type": "supervised", "batch_size": 10, "epochs": 1},
    "run": {"device": "cpu", "engine": "eager"},
}
USUAL_LAYERS: list[dict[str, Any]] = [
    {"type": "Conv2d", "out_channels": 2, "kernel_size": 3},
    {"type": "ReLU"},
    {"type": "MaxPool2d", "kernel_size": 2},
    {"type": "Flatten"},
    {"type": "Dropout"},
    {"type": "Sigmoid"},
    {"type": "Linear"},
]


def warm_up() -> None:
    """Do once what costs each process a second at its first step: a whole run, and a look at its end.

    With one thread: two would hang the children.
    """
    import torch

    from models.check import check
    from models.data.base import NoDoor
    from models.experiment import parse
    from models.network import NetworkSpec, plan
    from models.probes import look
    from models.scene import scene_of
    from models.snapshots import Snapshot, decode, encode
    from models.training import train

    torch.set_num_threads(1)
    plan(NetworkSpec.model_validate({"layers": USUAL_LAYERS}), {"input": (1, 8, 8)}, (2,))
    check(WARM_UP, NoDoor())
    *_, last = (said for said in train(parse(WARM_UP), data=NoDoor()) if isinstance(said, Snapshot))
    look("decision_map", {}, scene_of(decode(encode(last)), NoDoor()))


def touch_gpu() -> None:
    """Pay for the first use of a GPU now. Never in a process that forks."""
    import torch

    if torch.cuda.is_available():
        torch.zeros(1, device="cuda").add_(1).cpu()

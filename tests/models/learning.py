"""Small experiments for the tests of learning, and what their runs said."""

from __future__ import annotations

from typing import Any

import torch

from models.control import Control
from models.data import NoDoor
from models.events import Ended, Finding, Progress
from models.experiment import Experiment, parse
from models.scene import Frame
from models.snapshots import Snapshot
from models.training import train

Document = dict[str, Any]


def document(learner: Document | None = None, **parts: Any) -> Document:
    """Sixty points of two moons, a hidden layer with dropout, twelve epochs of batches of 7."""
    given: Document = {
        "version": 1,
        "seed": 3,
        "data": {"type": "moons", "samples": 60, "noise": 0.1, "validation_fraction": 0.3},
        "networks": {
            "model": {
                "layers": [
                    {"type": "Linear", "out_features": 6},
                    {"type": "Tanh"},
                    {"type": "Dropout", "p": 0.2},
                    {"type": "Linear"},
                ]
            }
        },
        "learner": {"type": "supervised", "batch_size": 7, "epochs": 12, **(learner or {})},
    }
    return {**given, **parts}


def experiment(learner: Document | None = None, **parts: Any) -> Experiment:
    """The same, parsed."""
    return parse(document(learner, **parts))


def said(
    what: Experiment,
    resume: Snapshot | None = None,
    control: Control | None = None,
    start: Snapshot | None = None,
) -> list[Any]:
    """Everything a run says."""
    return list(train(what, data=NoDoor(), resume=resume, control=control, start=start))


def snapshots(run: list[Any]) -> list[Snapshot]:
    return [each for each in run if isinstance(each, Snapshot)]


def frames(run: list[Any]) -> list[Frame]:
    return [each for each in run if isinstance(each, Frame)]


def findings(run: list[Any]) -> list[str]:
    return [each.code for each in run if isinstance(each, Finding)]


def ended(run: list[Any]) -> Ended:
    assert isinstance(run[-1], Ended)
    return run[-1]


def rows(run: list[Any], after: int = -1) -> list[Progress]:
    """Progress rows of later steps than this one."""
    return [each for each in run if isinstance(each, Progress) and (each.columns["step"][0] or 0) > after]


def same_tensors(one: Snapshot, other: Snapshot) -> bool:
    """Equal names, and equal bits of each."""
    return one.tensors.keys() == other.tensors.keys() and all(
        value.dtype == other.tensors[name].dtype and torch.equal(value, other.tensors[name])
        for name, value in one.tensors.items()
    )


def same(one: Snapshot, other: Snapshot) -> bool:
    """Equal bits, and equal facts."""
    return same_tensors(one, other) and one.meta == other.meta

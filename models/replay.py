"""Changes made while a run learns: which are possible, and the settings that hold at a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.errors import ControlError
from models.experiment import Experiment, changed


def with_changes(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """The experiment with other numbers at these paths, for a run that goes on. Raises ControlError."""
    for path, value in values.items():
        number = (
            value is None
            or value == "full"
            or (isinstance(value, int | float) and not isinstance(value, bool))
        )
        if not number or path.split(".")[0] not in ("learner", "networks"):
            raise ControlError(
                "control.not_live",
                f"{path} cannot be changed while a run learns.",
                hint="Numbers of the learner and of layers can; for the rest, start a new run from a snapshot.",
                name=path,
            )
    return changed(experiment.model_copy(update={"control": []}), values)


def as_of(document: Experiment, step: int) -> Experiment:
    """The settings that hold after the changes recorded up to this step. `control` of the result is empty."""
    experiment = document.model_copy(update={"control": []})
    for entry in document.control:
        if entry.step <= step:
            experiment = _applied(experiment, entry.set)
    return experiment


def _applied(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """A change that was refused then is refused again and leaves no trace."""
    try:
        return with_changes(experiment, values)
    except ControlError:
        return experiment

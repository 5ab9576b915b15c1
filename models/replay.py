"""Changes made while a run learns: which are possible, and the settings that hold at a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import ControlError
from models.experiment import Experiment, changed

SHOWN = 8
"""Settings that a refusal names as possible ones."""


def with_changes(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """The experiment with other numbers at these paths, for a run that goes on. Raises ControlError."""
    for path, value in values.items():
        number = (
            value is None
            or value == "full"
            or (isinstance(value, int | float) and not isinstance(value, bool))
        )
        if not number or path.split(".")[0] not in ("learner", "networks"):
            raise not_live(experiment, path, f"{path} cannot be changed while a run learns.")
    return changed(experiment.model_copy(update={"control": []}), values)


def not_live(experiment: Experiment, path: str, detail: str) -> ControlError:
    """The refusal of a change, with what could be changed instead."""
    live = list(live_settings(experiment))
    shown = ", ".join(live[:SHOWN]) + (", ..." if len(live) > SHOWN else "")
    return ControlError(
        "control.not_live",
        detail,
        hint=f"These can be changed now: {shown}. For the rest, start a new run from a snapshot.",
        path=[int(part) if part.isascii() and part.isdigit() else part for part in path.split(".")],
        name=path,
        live=live[:100],
    )


def live_settings(experiment: Experiment) -> Iterator[str]:
    """The paths of the numbers that a learning run can take anew: the learner's, and those of layers that
    are no size."""
    yield from _numbers(experiment.learner.model_dump(mode="json"), "learner", (int, float))
    for role, network in experiment.networks.items():
        for index, layer in enumerate(network.layers):
            settings = layer.model_dump(mode="json", exclude={"init"})
            yield from _numbers(settings, f"networks.{role}.layers.{index}", (float,))


def _numbers(node: Any, path: str, kinds: tuple[type, ...]) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _numbers(value, f"{path}.{name}", kinds)
    elif isinstance(node, kinds) and not isinstance(node, bool):
        yield path


def refuse_other_weights(
    experiment: Experiment, values: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Raise ControlError where these changes need other weights than the network has, or do not fit.

    `before` and `after` are the answers of `models.check.check` without and with the changes.
    """
    path = next((name for name in values if name.startswith("networks.")), next(iter(values)))
    if after["errors"] and not before["errors"]:
        raise not_live(
            experiment, path, f"{path} cannot become {values[path]}: {after['errors'][0]['detail']}"
        )
    had, needed = _weights(before), _weights(after)
    layers = [layer for layer in had if needed.get(layer) != had[layer]]
    if layers:
        words = f"{path} cannot be changed while a run learns: {', '.join(layers)} would need other weights."
        raise not_live(experiment, path, words)


def _weights(answer: Mapping[str, Any]) -> dict[str, int]:
    """How many numbers each layer has learnt."""
    networks = answer["networks"].values()
    return {layer["id"]: layer["parameters"] for network in networks for layer in network["layers"]}


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

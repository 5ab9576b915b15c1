"""Moving weights: into a network from a snapshot, from another run's network, and settings into a live one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from models.errors import ControlError, SnapshotError
from models.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    from models.experiment import Start
    from models.network import Network


def put(network: Network, role: str, tensors: Mapping[str, Tensor]) -> None:
    """Write a snapshot's weights into the network of this role. Raises SnapshotError where they do not fit."""
    with torch.no_grad():
        for name, own in network.state_dict().items():
            given = tensors.get(f"{role}.{name}")
            if given is None or given.shape != own.shape:
                raise _misfit(f"{role}.{name}", own, given)
            own.copy_(given)


def _misfit(name: str, own: Tensor, given: Tensor | None) -> SnapshotError:
    have = "is missing" if given is None else f"has the shape {tuple(given.shape)}"
    return SnapshotError(
        "snapshot.misfit",
        f"{name} {have} in the snapshot; the network needs {tuple(own.shape)}.",
        hint="Use the snapshot with the experiment that wrote it, or start from it with a map of layers.",
        name=name,
    )


def begin(networks: Mapping[str, Network], start: Start, tensors: Mapping[str, Tensor]) -> None:
    """Give layers the weights of another run's. Without a map: all of equal name and shape."""
    pairs = start.layers or {
        f"{role}.{layer}": f"{role}.{layer}" for role, network in networks.items() for layer in network.ids
    }
    moved = 0
    for ours, theirs in pairs.items():
        role, layer = located(networks, ours)
        given = _layer(tensors, theirs)
        moved += _fill(networks[role], f"layers.{layer}.", given, ours, named=start.layers is not None)
    if not moved:
        raise SnapshotError(
            "snapshot.nothing",
            "No layer of the snapshot has the name and shape of one of ours.",
            hint='Say which belong together: "layers": {"ours": "theirs"}.',
            path=("start",),
        )


def located(networks: Mapping[str, Network], name: str) -> tuple[str, str]:
    """Role and layer of `layer` or `role.layer`."""
    role, _, layer = name.rpartition(".")
    if not role:
        role = next((role for role, network in networks.items() if layer in network.ids), "")
    return role, layer


def _layer(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one layer, by their names within it."""
    role, _, layer = name.rpartition(".")
    found = {}
    for key, value in tensors.items():
        parts = key.split(".")
        if len(parts) >= 4 and parts[1] == "layers" and parts[2] == layer and role in ("", parts[0]):
            found[".".join(parts[3:])] = value
    return found


def _fill(network: Network, prefix: str, given: Mapping[str, Tensor], name: str, *, named: bool) -> int:
    """Copy one layer's tensors; how many. Raises SnapshotError where a named layer does not fit."""
    own = {
        key.removeprefix(prefix): value
        for key, value in network.state_dict().items()
        if key.startswith(prefix)
    }
    fits = own.keys() <= given.keys() and all(given[key].shape == value.shape for key, value in own.items())
    if not fits:
        if not named:
            return 0
        raise SnapshotError(
            "snapshot.layer",
            f"The snapshot has no layer that fits {name}.",
            hint="Layers that belong together need equal sizes.",
            path=("start", "layers", name),
            layer=name,
        )
    with torch.no_grad():
        for key, value in own.items():
            value.copy_(given[key])
    return len(own)


def resettle(network: Network, fresh: Network) -> None:
    """Give a working network another one's settings; its weights stay. Raises ControlError."""
    mine, theirs = network.state_dict(), fresh.state_dict()
    same = network.steps == fresh.steps and mine.keys() == theirs.keys()
    if not same or any(mine[name].shape != theirs[name].shape for name in mine):
        raise ControlError(
            "control.shape",
            "This change needs other weights than the network has.",
            hint="Stop, and start a run with it; its layers can begin with these weights.",
            path=("networks",),
        )
    for old, new in zip(network.modules(), fresh.modules(), strict=True):
        if type(old) is not type(new):
            raise ControlError(
                "control.kind", "A layer cannot become another one while it learns.", path=("networks",)
            )
        for name, value in vars(new).items():
            if not name.startswith("_") and name != "training":
                setattr(old, name, value)

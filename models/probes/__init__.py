"""Ways of looking, one per file. A new file here is a new probe of the API; the page draws those it has a view for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from models.data.base import DataInfo
from models.errors import DocumentError, OquError
from models.kinds import kinds, scan
from models.probes.base import Probe, Tiles

if TYPE_CHECKING:
    from models.experiment import Experiment
    from models.scene import Frame, Scene

scan(__name__, __path__)

__all__ = ["Probe", "figure", "look", "offered", "probe", "tiles"]


def offered(experiment: Experiment, info: DataInfo) -> list[str]:
    """The probes that make sense for this experiment and its data."""
    return [name for name, kind in kinds(Probe).items() if kind.applies(experiment, info)]


def probe(name: str, params: dict[str, Any], scene: Scene) -> Probe:
    """The probe of that name with these settings. Raises DocumentError."""
    kind = kinds(Probe).get(name)
    if kind is None:
        known = ", ".join(kinds(Probe))
        raise DocumentError(
            "probe.unknown", f"There is no probe {name!r}.", hint=f"There are: {known}.", name=name
        )
    if not kind.applies(scene.experiment, scene.raw_info):
        raise DocumentError(
            "probe.not_here",
            f"{kind.title} makes no sense for this experiment.",
            hint=f"Here are: {', '.join(offered(scene.experiment, scene.raw_info))}.",
            name=name,
        )
    try:
        return kind.model_validate({**params, "type": name})
    except ValidationError as error:
        first = error.errors()[0]
        raise DocumentError(
            "probe.setting", f"{first['msg']}.", path=("params", *first["loc"]), hint=kind.help(), name=name
        ) from None


def tiles(name: str, params: dict[str, Any], scene: Scene) -> Tiles:
    """What the probe sees, as an array with a header."""
    return probe(name, params, scene).tiles(scene)


def figure(name: str, params: dict[str, Any], scene: Scene) -> dict[str, Any]:
    """What the probe sees, as a Plotly figure in plain JSON."""
    return probe(name, params, scene).figure(scene)


def look(name: str, params: dict[str, Any], scene: Scene, id: int = 0) -> Frame:
    """What a probe sees now, as a frame; where it cannot see, a frame that says why."""
    from models.scene import Frame

    try:
        header, array = tiles(name, params, scene)
    except OquError as error:
        return Frame(id, {"id": id, "probe": name, "error": error.problem.model_dump(mode="json")})
    except Exception as error:  # looking must never end a run
        problem = OquError(
            "probe.failed", f"{name} could not be drawn: {type(error).__name__}.", name=name
        ).problem
        return Frame(id, {"id": id, "probe": name, "error": problem.model_dump(mode="json")})
    return Frame.of(header, array, id=id, probe=name, scene=scene)

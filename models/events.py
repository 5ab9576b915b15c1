"""All that a run can say: one tagged union, the same in the worker's pipe, the store and the browser.

`seq` is given by the server when an event is stored: numbered from 1, without gaps, per run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

State = Literal["queued", "running", "paused", "completed", "cancelled", "failed"]
Reason = Literal[
    "diverged",
    "out_of_memory",
    "gpu_out_of_memory",
    "disk_full",
    "worker_lost",
    "time_limit",
    "bad_data",
    "internal",
]
ENDED: frozenset[str] = frozenset({"completed", "cancelled", "failed"})


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    seq: int = Field(
        0, ge=0, description="Number within the run, from 1, without gaps; 0 before it is stored"
    )


class StateChanged(_Event):
    """The run is now in this state."""

    kind: Literal["state"] = "state"
    state: State


class Prepared(_Event):
    """Data are loaded, the network is built: the facts a reader of the curves needs."""

    kind: Literal["prepared"] = "prepared"
    task: str
    parts: dict[str, int] = Field(description="Rows per part: train, validation, test")
    classes: list[str] = []
    parameters: int
    device: str
    threads: int
    steps_per_epoch: int
    evaluate_every: int = Field(description="Epochs between two evaluations")


class Progress(_Event):
    """Measurements as equal-length columns. What was not finite is None and listed in `nonfinite`."""

    kind: Literal["progress"] = "progress"
    series: Literal["epoch", "step"]
    columns: dict[str, list[float | int | None]]
    nonfinite: dict[str, list[tuple[int, str]]] = {}

    @classmethod
    def row(cls, series: Literal["epoch", "step"], values: Mapping[str, float | int]) -> Progress:
        """One measurement."""
        columns: dict[str, list[float | int | None]] = {}
        nonfinite: dict[str, list[tuple[int, str]]] = {}
        for name, value in values.items():
            if math.isfinite(value):
                columns[name] = [value]
            else:
                columns[name] = [None]
                nonfinite[name] = [(0, "nan" if math.isnan(value) else "inf" if value > 0 else "-inf")]
        return cls(series=series, columns=columns, nonfinite=nonfinite)


class Controlled(_Event):
    """A person changed something while the run was learning. `set` is recorded at `step`."""

    kind: Literal["control"] = "control"
    action: Literal["pause", "resume", "step", "epoch", "stop", "set", "pace"]
    step: int
    set: dict[str, Any] = {}


class EngineChanged(_Event):
    """From this step on, steps run this way."""

    kind: Literal["engine"] = "engine"
    engine: Literal["eager", "captured", "compiled"]
    step: int
    reason: str = ""


class SnapshotSaved(_Event):
    """A snapshot is on the disk."""

    kind: Literal["snapshot"] = "snapshot"
    id: str
    snapshot: Literal["recovery", "timeline"]
    step: int
    epoch: int
    sha256: str


class Finding(_Event):
    """Something a teacher would point at: what, where, the numbers, and the setting to change."""

    kind: Literal["finding"] = "finding"
    code: str
    step: int
    epoch: int
    layer: str | None = None
    numbers: dict[str, float | None] = {}
    setting: str | None = Field(None, description="Path in the document of the setting to change")
    detail: str = ""
    hint: str = ""


class Resumed(_Event):
    """The run goes on from a snapshot; what stood after `from_step` is void."""

    kind: Literal["resumed"] = "resumed"
    attempt: int
    from_step: int
    from_epoch: int


class Ended(_Event):
    """The last event of a run."""

    kind: Literal["ended"] = "ended"
    state: Literal["completed", "cancelled", "failed"]
    reason: Reason | None = None
    detail: str = ""
    hint: str = ""
    test: dict[str, float | None] | None = None


Event = Annotated[
    StateChanged
    | Prepared
    | Progress
    | Controlled
    | EngineChanged
    | SnapshotSaved
    | Finding
    | Resumed
    | Ended,
    Field(discriminator="kind"),
]
ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def merge(rows: Sequence[Progress]) -> list[Progress]:
    """Neighbouring rows with the same series and columns as blocks, in order, nothing lost."""
    blocks: list[Progress] = []
    for row in rows:
        last = blocks[-1] if blocks else None
        if last is None or last.series != row.series or last.columns.keys() != row.columns.keys():
            blocks.append(row.model_copy(deep=True))
            continue
        offset = len(next(iter(last.columns.values())))
        for name, values in row.columns.items():
            last.columns[name].extend(values)
        for name, marks in row.nonfinite.items():
            last.nonfinite.setdefault(name, []).extend((offset + i, what) for i, what in marks)
    return blocks

"""Progress events of a run as columns: blocks joined, rows voided by a resumption dropped, long ones thinned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = float | int | None


@dataclass
class Series:
    """Equal-length columns. What was not measured in a row is None; what was not finite is listed too."""

    columns: dict[str, list[Value]] = field(default_factory=dict)
    nonfinite: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    rows: int = 0

    def add(self, columns: Mapping[str, Sequence[Value]], nonfinite: Mapping[str, Any]) -> None:
        """A block more."""
        size = max((len(values) for values in columns.values()), default=0)
        for name in columns.keys() - self.columns.keys():
            self.columns[name] = [None] * self.rows
        for name, mine in self.columns.items():
            mine.extend(columns.get(name, [None] * size))
        for name, marks in nonfinite.items():
            self.nonfinite.setdefault(name, []).extend((self.rows + i, what) for i, what in marks)
        self.rows += size

    def void(self, step: int, epoch: int) -> None:
        """Drop the rows after a step: they are computed again."""
        by, limit = ("step", step) if "step" in self.columns else ("epoch", epoch)
        values = self.columns.get(by, [])
        self._keep([i for i, value in enumerate(values) if value is None or value <= limit])

    def thinned(self, points: int | None) -> Series:
        """At most that many rows, evenly taken, the first and the last among them."""
        if points is None or self.rows <= points:
            return self
        last, steps = self.rows - 1, max(points - 1, 1)
        kept = Series({k: list(v) for k, v in self.columns.items()}, dict(self.nonfinite), self.rows)
        kept._keep(sorted({last - last * i // steps for i in range(min(points, steps + 1))}))
        return kept

    def as_json(self) -> dict[str, Any]:
        """As the API answers it."""
        return {"columns": self.columns, "nonfinite": self.nonfinite}

    def _keep(self, rows: list[int]) -> None:
        place = {row: i for i, row in enumerate(rows)}
        self.columns = {name: [values[i] for i in rows] for name, values in self.columns.items()}
        self.nonfinite = {
            name: [(place[i], what) for i, what in marks if i in place]
            for name, marks in self.nonfinite.items()
        }
        self.rows = len(rows)


class Latest:
    """The newest measurement of each wanted column at or before a step, from events read newest first."""

    def __init__(self, wanted: Collection[str], step: int, epoch: int) -> None:
        self.missing = set(wanted)
        self.found: dict[str, Value] = {}
        self._step, self._epoch = step, epoch

    def read(self, event: Mapping[str, Any]) -> None:
        """The next older `progress` or `resumed` event."""
        if event["kind"] == "resumed":
            self._step = min(self._step, event["from_step"])
            self._epoch = min(self._epoch, event["from_epoch"])
            return
        columns = event["columns"]
        by, limit = ("step", self._step) if "step" in columns else ("epoch", self._epoch)
        rows = [i for i, value in enumerate(columns.get(by, ())) if value is None or value <= limit]
        for name in self.missing & columns.keys():
            broken = {i for i, _ in event["nonfinite"].get(name, ())}
            place = next((i for i in reversed(rows) if columns[name][i] is not None or i in broken), None)
            if place is not None:
                self.found[name] = columns[name][place]
        self.missing -= self.found.keys()


class History:
    """The series of a run, read event by event in order."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        """Take in a `progress` or a `resumed` event; others have no measurements."""
        if event["kind"] == "progress":
            self.series.setdefault(event["series"], Series()).add(event["columns"], event["nonfinite"])
        elif event["kind"] == "resumed":
            for series in self.series.values():
                series.void(event["from_step"], event["from_epoch"])

    def as_json(self, points: int | None) -> dict[str, Any]:
        """All series, thinned."""
        return {name: series.thinned(points).as_json() for name, series in self.series.items()}

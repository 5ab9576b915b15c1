"""Rows as records, and text as every database takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row

from models.events import Event, Progress
from server.store.base import ControlRecord, DatasetRecord, RunRecord, RunSummary, SnapshotRecord
from server.store.tables import controls, datasets, documents, runs, snapshots

_PLAIN = ["id", "number", "owner", "name", "digest", "state", "reason", "detail", "hint", "attempt"]
_PLAIN += ["epoch", "epochs", "step", "cancel_requested", "build"]
SUMMARY = [runs.c[name] for name in [*_PLAIN, "metrics", "created", "started", "ended"]]
RECORD = [*SUMMARY, runs.c.last_seq, runs.c.strikes, runs.c.seconds, documents.c.document]
SNAPSHOT = [snapshots.c[name] for name in ("id", "step", "epoch", "kind", "sha256", "size", "metrics")]
CONTROL = [controls.c[name] for name in ("id", "step", "changes")]
DATASET = [datasets.c[name] for name in ("id", "owner", "name", "sha256", "size", "info", "created")]


def dumps(value: Any) -> str:
    """JSON; NaN and infinities become null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def plain(text: str, limit: int | None = None) -> str:
    """Text as every database takes it: no NUL, no halves of characters, not longer than its column."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:limit]


def finite(event: Event) -> Event:
    """Progress whose NaN and infinities are None and listed; other events have only single numbers."""
    if not isinstance(event, Progress):
        return event
    columns, marks = dict(event.columns), dict(event.nonfinite)
    for name, values in event.columns.items():
        broken = [(i, value) for i, value in enumerate(values) if value is not None and value - value != 0]
        if broken:
            columns[name] = [None if value is not None and value - value != 0 else value for value in values]
            marks[name] = sorted([*marks.get(name, []), *((i, _what(value)) for i, value in broken)])
    return event.model_copy(update={"columns": columns, "nonfinite": marks})


def _what(value: float) -> str:
    return "nan" if value != value else "inf" if value > 0 else "-inf"


def time_of(seconds: float | None) -> datetime | None:
    """A moment to show."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _facts(row: Row[Any]) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in _PLAIN}
    facts |= {name: time_of(getattr(row, name)) for name in ("created", "started", "ended")}
    return facts | {"metrics": orjson.loads(row.metrics)}


def summary(row: Row[Any]) -> RunSummary:
    """A row of SUMMARY."""
    return RunSummary(**_facts(row))


def record(row: Row[Any]) -> RunRecord:
    """A row of RECORD."""
    more = {name: getattr(row, name) for name in ("document", "last_seq", "strikes", "seconds")}
    return RunRecord(**_facts(row), **more)


def snapshot(row: Row[Any]) -> SnapshotRecord:
    """A row of SNAPSHOT."""
    return SnapshotRecord(**row._asdict() | {"metrics": orjson.loads(row.metrics)})


def control(row: Row[Any]) -> ControlRecord:
    """A row of CONTROL."""
    return ControlRecord(id=row.id, step=row.step, set=orjson.loads(row.changes))


def dataset(row: Row[Any]) -> DatasetRecord:
    """A row of DATASET."""
    facts = row._asdict()
    facts["info"] = None if row.info is None else orjson.loads(row.info)
    created = datetime.fromtimestamp(row.created, UTC)
    return DatasetRecord(**facts | {"created": created, "state": "ready" if row.sha256 else "empty"})

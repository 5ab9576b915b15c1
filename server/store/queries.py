"""The queries behind the store: each function does one thing on a connection, inside the caller's transaction."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, or_, select, update

from models.events import ENDED, Controlled, Ended, Event, Progress, Resumed, SnapshotSaved, StateChanged
from server.errors import FencedError, IdempotencyError, NotFoundError
from server.store import rows
from server.store.base import DatasetRecord, RunRecord, SnapshotKind, SnapshotRecord, new_id
from server.store.series import History, Latest
from server.store.tables import datasets, documents, events, keys, runs, snapshots

PAGE = 2000
BACKWARDS = 200
MOST = 2**62
ACTIVE = ("running", "paused")
OPEN = ("queued", *ACTIVE)
Row = Any
"""A row's columns are attributes; SQLAlchemy's own type knows them by position only."""


def missing(run_id: str) -> NotFoundError:
    return NotFoundError(
        "run.unknown", "There is no such run.", hint="GET /api/runs lists them.", id=run_id[:64]
    )


def known_id(run_id: str) -> str:
    """An id as we make them; any other text is nobody's."""
    if not re.fullmatch(r"[0-9a-f]{16}", run_id):
        raise missing(rows.plain(run_id))
    return run_id


def of_owner(owner: str, run_id: str) -> ColumnElement[bool]:
    return (runs.c.id == known_id(run_id)) & (runs.c.owner == owner)


def one_row(c: Connection, query: Select[Any], run_id: str) -> Row:
    row = c.execute(query).first()
    if row is None:
        raise missing(run_id)
    return row


def run_query() -> Select[Any]:
    return select(*rows.RECORD).join(documents, documents.c.run == runs.c.number)


def one_run(c: Connection, wanted: ColumnElement[bool]) -> RunRecord:
    return rows.record(one_row(c, run_query().where(wanted), ""))


def number_of(c: Connection, run_id: str) -> int:
    query = select(runs.c.number).where(runs.c.id == known_id(run_id))
    return int(one_row(c, query, run_id).number)


def within(limit: int, most: int = 500) -> int:
    return max(1, min(limit, most))


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def pinned(document: str) -> dict[str, str | None]:
    """The contents outside the document that the run needs: deleting others' rows must not take them."""
    parsed = orjson.loads(document)
    data, start = parsed.get("data") or {}, parsed.get("start") or {}
    return {"dataset": data.get("sha256"), "start": start.get("snapshot")}


def new_run(owner: str, name: str, digest: str, document: str) -> dict[str, Any]:
    """The row of a run that waits."""
    about = {"id": new_id(), "owner": owner, "name": rows.plain(name, 200), "digest": digest}
    state = {
        "state": "queued",
        "detail": "",
        "hint": "",
        "cancel_requested": False,
        "attempt": 0,
        "strikes": 0,
    }
    place = {"epoch": 0, "step": 0, "metrics": "{}", "last_seq": 0, "created": time.time()}
    return {**about, **state, **place, **pinned(document)}


def same_body(known: str, body_hash: str) -> None:
    if known != body_hash:
        raise IdempotencyError(
            "idempotency.other_body",
            "This Idempotency-Key came with another body before.",
            hint="Use a new key for a new request.",
        )


def made(c: Connection, owner: str, key: str, body_hash: str) -> RunRecord | None:
    """The run that this key made."""
    row = c.execute(select(keys).where(keys.c.owner == owner, keys.c.key == hashed(key))).first()
    if row is None:
        return None
    same_body(row.body_hash, body_hash)
    return one_run(c, runs.c.number == row.run)


def owners_in_turn(c: Connection) -> list[str]:
    """Owners with queued runs: fewest runs under way first, then the one served longest ago."""
    waiting = c.execute(
        select(runs.c.owner, func.min(runs.c.number).label("first"))
        .where(runs.c.state == "queued")
        .group_by(runs.c.owner)
    )
    first = {row.owner: row.first for row in waiting}
    mine = runs.c.owner.in_(first)
    active = (
        select(runs.c.owner, func.count().label("active"))
        .where(mine, runs.c.state.in_(ACTIVE))
        .group_by(runs.c.owner)
    )
    served = select(runs.c.owner, func.max(runs.c.claimed).label("turn")).where(mine).group_by(runs.c.owner)
    busy = {row.owner: row.active for row in c.execute(active)}
    turn = {row.owner: row.turn or 0 for row in c.execute(served)}
    return sorted(first, key=lambda owner: (busy.get(owner, 0), turn.get(owner, 0), first[owner]))


def begin(c: Connection, wanted: ColumnElement[bool], **more: Any) -> None:
    """The next attempt."""
    started = func.coalesce(runs.c.started, time.time())
    values = {"state": "running", "attempt": runs.c.attempt + 1, "started": started, **more}
    c.execute(update(runs).where(wanted).values(values))


def fenced(c: Connection, run_id: str, attempt: int) -> Row:
    """The run's row, held for this transaction, if `attempt` may still write it."""
    query = select(runs).where(runs.c.id == known_id(run_id)).with_for_update()
    row = one_row(c, query, run_id)
    if row.attempt != attempt or row.state in ENDED:
        raise FencedError(
            "run.fenced",
            f"Attempt {attempt} may not write: the run is {row.state}, its attempt is {row.attempt}.",
            id=run_id,
            attempt=attempt,
            current=row.attempt,
        )
    return row


def append_events(c: Connection, row: Row, new: Sequence[Event]) -> list[Event]:
    if not new:
        return []
    first = row.last_seq + 1
    numbered = [event.model_copy(update={"seq": first + i}) for i, event in enumerate(map(rows.finite, new))]
    c.execute(
        insert(events),
        [
            {"run": row.number, "seq": event.seq, "kind": event.kind, "text": event.model_dump_json()}
            for event in numbered
        ],
    )
    facts: dict[str, Any] = {"last_seq": numbered[-1].seq}
    metrics = orjson.loads(row.metrics)
    for event in numbered:
        if isinstance(event, Resumed):
            metrics = go_back(c, row.number, event, metrics.keys())
        facts |= facts_of(event)
        if isinstance(event, Progress):
            metrics |= {name: values[-1] for name, values in event.columns.items() if values}
    facts["metrics"] = rows.dumps(metrics)
    c.execute(update(runs).where(runs.c.number == row.number).values(facts))
    return numbered


def facts_of(event: Event) -> dict[str, Any]:
    """What an event changes in its run's row."""
    match event:
        case StateChanged(state=state):
            return {"state": state}
        case Progress(columns=columns):
            last = {name: values[-1] for name in ("epoch", "step") if (values := columns.get(name))}
            return {name: int(value) for name, value in last.items() if value is not None}
        case SnapshotSaved(step=step, epoch=epoch):
            return {"step": step, "epoch": epoch}
        case Controlled(step=step):
            return {"step": step}
        case Resumed(from_step=step, from_epoch=epoch):
            return {"step": step, "epoch": epoch}
        case Ended():
            ending = {name: getattr(event, name) for name in ("state", "reason", "detail", "hint")}
            return ending | {"ended": time.time()}
        case _:
            return {}


def go_back(c: Connection, number: int, event: Resumed, wanted: Collection[str]) -> dict[str, Any]:
    """Drop what stood after the step the run goes on from; gives the last measurements before it.

    Read from the newest backwards, until each wanted column has been met: a long history stays unread.
    """
    c.execute(delete(snapshots).where(snapshots.c.run == number, snapshots.c.step > event.from_step))
    latest = Latest(wanted, event.from_step, event.from_epoch)
    kinds = events.c.kind.in_(("progress", "resumed"))
    before = event.seq
    while latest.missing:
        wanted_rows = events.c.run == number, events.c.seq < before, kinds
        query = select(events.c.seq, events.c.text).where(*wanted_rows).order_by(events.c.seq.desc())
        page = c.execute(query.limit(BACKWARDS)).all()
        if not page:
            break
        for row in page:
            latest.read(orjson.loads(row.text))
        before = page[-1].seq
    return latest.found


def measured(c: Connection, run_id: str, after: int, through: int) -> Sequence[Row]:
    """A page of the events that measurements are made of."""
    wanted = events.c.run == number_of(c, run_id), events.c.seq > after, events.c.seq <= through
    query = select(events.c.seq, events.c.text).where(*wanted, events.c.kind.in_(("progress", "resumed")))
    return c.execute(query.order_by(events.c.seq).limit(PAGE)).all()


def read_page(history: History, page: Sequence[Row]) -> None:
    for row in page:
        history.read(orjson.loads(row.text))


def snapshots_of(c: Connection, number: int, kind: SnapshotKind | None) -> list[SnapshotRecord]:
    query = select(*rows.SNAPSHOT).where(snapshots.c.run == number)
    if kind is not None:
        query = query.where(snapshots.c.kind == kind)
    return [rows.snapshot(row) for row in c.execute(query.order_by(snapshots.c.step, snapshots.c.kind))]


def unneeded(c: Connection, hashes: Sequence[str]) -> list[str]:
    """Those of the hashes that no row names any more."""
    asked = set(hashes)
    held = set(c.execute(select(snapshots.c.sha256).where(snapshots.c.sha256.in_(asked))).scalars())
    held |= set(c.execute(select(runs.c.start).where(runs.c.start.in_(asked))).scalars())
    return sorted(asked - held)


def one_dataset(c: Connection, owner: str, ref: str) -> DatasetRecord:
    ref = rows.plain(ref)
    wanted = datasets.c.owner == owner, or_(datasets.c.id == ref, datasets.c.name == ref)
    row = c.execute(select(*rows.DATASET).where(*wanted).order_by(datasets.c.id != ref)).first()
    if row is None:
        raise NotFoundError(
            "dataset.unknown",
            "There is no such data set.",
            hint="GET /api/datasets lists them.",
            name=ref[:120],
        )
    return rows.dataset(row)

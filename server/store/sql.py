"""The store on SQLAlchemy Core: SQLite in one file by default, PostgreSQL by URL, one set of queries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, union, update
from sqlalchemy.exc import IntegrityError

from models.events import ADAPTER, ENDED, Event, SnapshotSaved
from server.errors import ConflictError
from server.store import queries as q
from server.store import rows
from server.store.base import (
    ControlRecord,
    DatasetRecord,
    RunRecord,
    RunSummary,
    SnapshotKind,
    SnapshotRecord,
    StoredEvent,
    new_id,
)
from server.store.database import Database
from server.store.series import History
from server.store.tables import controls, datasets, documents, events, keys, runs, snapshots
from server.store.timeline import superfluous


class SqlStore:
    """Behind `server.store.base.Store`. Each method is one transaction on the database's one thread."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self._in_flight: dict[tuple[str, str], str] = {}

    async def open(self) -> None:
        """Connect; bring the tables up to date, after a backup."""
        await self.database.open()

    async def close(self) -> None:
        """Finish what was asked and close."""
        await self.database.close()

    # --- runs -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def idempotent(
        self, owner: str, key: str | None, body_hash: str
    ) -> AsyncIterator[RunRecord | None]:
        """Hold a submission's key while it is worked on; gives the run that it already made, if any."""
        if key is None:
            yield None
            return
        name = (owner, q.hashed(key))
        if name in self._in_flight:
            q.same_body(self._in_flight[name], body_hash)
            raise ConflictError(
                "idempotency.in_flight",
                "A request with this Idempotency-Key is under way.",
                hint="Ask again soon.",
            )
        self._in_flight[name] = body_hash
        try:
            yield await self.database.do(lambda c: q.made(c, owner, key, body_hash))
        finally:
            del self._in_flight[name]

    async def create_run(
        self,
        owner: str,
        document: str,
        digest: str,
        name: str,
        epochs: int | None,
        idempotency_key: str | None = None,
        body_hash: str = "",
        build: str = "",
    ) -> tuple[RunRecord, bool]:
        """A queued run, and True; or the run that the same key and body made before, and False."""
        values = q.new_run(owner, name, digest, document) | {
            "epochs": epochs,
            "build": rows.plain(build, 100),
        }

        def create(c: Connection) -> tuple[RunRecord, bool]:
            if idempotency_key and (made := q.made(c, owner, idempotency_key, body_hash)):
                return made, False
            number = c.execute(insert(runs).returning(runs.c.number), [values]).scalar_one()
            c.execute(insert(documents).values(run=number, document=document))
            if idempotency_key:
                key = {"owner": owner, "key": q.hashed(idempotency_key), "body_hash": body_hash}
                c.execute(insert(keys).values(key | {"run": number}))
            return q.one_run(c, runs.c.number == number), True

        try:
            return await self.database.do(create)
        except IntegrityError:  # another server of a shared database was quicker with the same key
            return await self.database.do(create)

    async def get_run(self, owner: str, run_id: str) -> RunRecord:
        """One run of the owner."""
        return await self.database.do(lambda c: q.one_run(c, q.of_owner(owner, run_id)))

    async def find_run(self, run_id: str) -> RunRecord:
        """One run of anybody."""
        return await self.database.do(lambda c: q.one_run(c, runs.c.id == q.known_id(run_id)))

    async def list_runs(
        self,
        owner: str,
        limit: int = 50,
        before: int | None = None,
        state: str | None = None,
        search: str | None = None,
    ) -> list[RunSummary]:
        """Newest first."""
        wanted = [runs.c.owner == owner, runs.c.number < min(before or q.MOST, q.MOST)]
        if state is not None:
            wanted.append(runs.c.state == rows.plain(state))
        if search:
            wanted.append(runs.c.name.icontains(rows.plain(search), autoescape=True))
        query = select(*rows.SUMMARY).where(*wanted).order_by(runs.c.number.desc()).limit(q.within(limit))
        return await self.database.do(lambda c: [rows.summary(row) for row in c.execute(query)])

    async def delete_run(self, owner: str, run_id: str) -> list[str]:
        """Delete an ended run; gives the hashes of files that nothing needs any more."""

        def work(c: Connection) -> list[str]:
            row = q.one_row(
                c, select(runs.c.number, runs.c.state, runs.c.start).where(q.of_owner(owner, run_id)), run_id
            )
            if row.state not in ENDED:
                raise ConflictError(
                    "run.not_ended", f"The run is {row.state}.", hint="Stop it first.", id=run_id
                )
            held = c.execute(select(snapshots.c.sha256).where(snapshots.c.run == row.number)).scalars().all()
            c.execute(delete(runs).where(runs.c.number == row.number))
            return q.unneeded(c, [*held, *([row.start] if row.start else [])])

        return await self.database.do(work)

    async def count_runs(self) -> dict[str, int]:
        """Runs by state, of all owners."""
        query = select(runs.c.state, func.count().label("runs")).group_by(runs.c.state)
        return await self.database.do(lambda c: {row.state: row.runs for row in c.execute(query)})

    async def request_cancel(self, owner: str, run_id: str) -> RunRecord:
        """Note that somebody wants it to end."""

        def work(c: Connection) -> RunRecord:
            wanted = q.of_owner(owner, run_id)
            c.execute(update(runs).where(wanted, runs.c.state.in_(q.OPEN)).values(cancel_requested=True))
            return q.one_run(c, wanted)

        return await self.database.do(work)

    # --- the queue ------------------------------------------------------------------------------

    async def claim_next(self) -> RunRecord | None:
        """The next queued run, now running, its attempt raised by one."""

        def work(c: Connection) -> RunRecord | None:
            for owner in q.owners_in_turn(c):
                waiting = select(runs.c.number).where(runs.c.state == "queued", runs.c.owner == owner)
                first = waiting.order_by(runs.c.number).limit(1).with_for_update(skip_locked=True)
                number = c.execute(first).scalar()
                if number is not None:
                    turn = select(func.coalesce(func.max(runs.c.claimed), 0) + 1).scalar_subquery()
                    q.begin(c, runs.c.number == number, claimed=turn)
                    return q.one_run(c, runs.c.number == number)
            return None

        return await self.database.do(work)

    async def unfinished(self) -> list[RunRecord]:
        """Running and paused runs of all owners."""
        query = q.run_query().where(runs.c.state.in_(q.ACTIVE)).order_by(runs.c.number)
        return await self.database.do(lambda c: [rows.record(row) for row in c.execute(query)])

    async def reclaim(self, run_id: str, attempt: int, *, strike: bool, seconds: float = 0.0) -> RunRecord:
        """Give up on an attempt and begin the next."""

        def work(c: Connection) -> RunRecord:
            row = q.fenced(c, run_id, attempt)
            more = {"strikes": runs.c.strikes + int(strike), "seconds": runs.c.seconds + seconds}
            q.begin(c, runs.c.number == row.number, **more)
            return q.one_run(c, runs.c.number == row.number)

        return await self.database.do(work)

    # --- events ---------------------------------------------------------------------------------

    async def append(self, run_id: str, attempt: int, events: Sequence[Event]) -> list[Event]:
        """Number and keep events, and bring the run's row up to date."""
        return await self.database.do(lambda c: q.append_events(c, q.fenced(c, run_id, attempt), events))

    async def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """The events after that number."""
        return [ADAPTER.validate_json(line.text) for line in await self.lines(run_id, after, limit)]

    async def lines(self, run_id: str, after: int = 0, limit: int = 1000) -> list[StoredEvent]:
        """The same as they are sent."""

        def work(c: Connection) -> list[StoredEvent]:
            wanted = events.c.run == q.number_of(c, run_id), events.c.seq > min(after, q.MOST)
            query = select(events.c.seq, events.c.text, events.c.kind).where(*wanted)
            found = c.execute(query.order_by(events.c.seq).limit(q.within(limit, q.PAGE)))
            return [StoredEvent(row.seq, row.text, row.kind == "ended") for row in found]

        return await self.database.do(work)

    async def last_seq(self, run_id: str) -> int:
        """The number of the run's last event."""
        query = select(runs.c.last_seq).where(runs.c.id == q.known_id(run_id))
        return await self.database.do(lambda c: int(q.one_row(c, query, run_id).last_seq))

    async def metrics(self, run_id: str, points: int | None = None) -> dict[str, Any]:
        """All measurements as columns. Read in pages, so that a long run's history holds up nobody."""
        through, after, history = await self.last_seq(run_id), 0, History()
        while page := await self.database.do(
            partial(q.measured, run_id=run_id, after=after, through=through)
        ):
            await asyncio.to_thread(q.read_page, history, page)
            after = page[-1].seq
        return {"series": await asyncio.to_thread(history.as_json, points), "through": through}

    # --- snapshots and control ------------------------------------------------------------------

    async def add_snapshot(
        self, run_id: str, attempt: int, snapshot: SnapshotRecord, seconds: float = 0.0
    ) -> Event:
        """The row of a snapshot and its event; ends the count of strikes."""

        def work(c: Connection) -> Event:
            row = q.fenced(c, run_id, attempt)
            same = snapshots.c.run == row.number, snapshots.c.kind == snapshot.kind
            c.execute(delete(snapshots).where(*same, snapshots.c.step == snapshot.step))
            values = {column.name: getattr(snapshot, column.name) for column in rows.SNAPSHOT}
            values |= {"run": row.number, "attempt": attempt, "metrics": rows.dumps(snapshot.metrics)}
            c.execute(insert(snapshots).values(values))
            spent = {"strikes": 0, "seconds": runs.c.seconds + seconds}
            c.execute(update(runs).where(runs.c.number == row.number).values(spent))
            saved = SnapshotSaved(
                id=snapshot.id,
                snapshot=snapshot.kind,
                step=snapshot.step,
                epoch=snapshot.epoch,
                sha256=snapshot.sha256,
            )
            return q.append_events(c, row, [saved])[0]

        return await self.database.do(work)

    async def snapshots(self, run_id: str, kind: SnapshotKind | None = None) -> list[SnapshotRecord]:
        """By step, oldest first."""
        return await self.database.do(lambda c: q.snapshots_of(c, q.number_of(c, run_id), kind))

    async def prune_snapshots(
        self, run_id: str, recovery: int = 2, timeline: int = 60, timeline_bytes: int = 200_000_000
    ) -> list[str]:
        """Drop rows beyond the bounds; gives the hashes of files that nothing needs any more."""

        def work(c: Connection) -> list[str]:
            gone = superfluous(
                q.snapshots_of(c, q.number_of(c, run_id), None), recovery, timeline, timeline_bytes
            )
            c.execute(delete(snapshots).where(snapshots.c.id.in_([s.id for s in gone])))
            return q.unneeded(c, [s.sha256 for s in gone])

        return await self.database.do(work)

    async def add_control(self, run_id: str, step: int | None, changes: Mapping[str, Any]) -> ControlRecord:
        """Keep a change before it is acknowledged."""
        facts: dict[str, Any] = {"step": step, "changes": rows.dumps(changes), "created": time.time()}

        def work(c: Connection) -> ControlRecord:
            values = facts | {"run": q.number_of(c, run_id)}
            return rows.control(c.execute(insert(controls).returning(*rows.CONTROL), [values]).one())

        return await self.database.do(work)

    async def apply_control(self, run_id: str, control_id: int, step: int) -> None:
        """Note at which step the worker applied it."""

        def work(c: Connection) -> None:
            wanted = controls.c.run == q.number_of(c, run_id), controls.c.id == control_id
            c.execute(update(controls).where(*wanted).values(step=step))

        await self.database.do(work)

    async def controls(self, run_id: str) -> list[ControlRecord]:
        """In the order they were made."""

        def work(c: Connection) -> list[ControlRecord]:
            query = (
                select(*rows.CONTROL).where(controls.c.run == q.number_of(c, run_id)).order_by(controls.c.id)
            )
            return [rows.control(row) for row in c.execute(query)]

        return await self.database.do(work)

    async def file_hashes(self) -> set[str]:
        """Every file that a row needs."""
        query = union(select(snapshots.c.sha256), select(runs.c.start).where(runs.c.start.is_not(None)))
        return await self.database.do(lambda c: set(c.execute(query).scalars()))

    # --- data sets ------------------------------------------------------------------------------

    async def create_dataset(self, owner: str, name: str) -> DatasetRecord:
        """An empty one."""
        values = {
            "id": new_id(),
            "owner": owner,
            "name": rows.plain(name, 120),
            "size": 0,
            "created": time.time(),
        }
        try:
            await self.database.do(lambda c: c.execute(insert(datasets).values(values)))
        except IntegrityError as error:
            raise ConflictError(
                "dataset.exists",
                f"There is a data set called {name!r} already.",
                hint="Choose another name, or delete that one.",
                name=name,
            ) from error
        return await self.get_dataset(owner, str(values["id"]))

    async def put_dataset_content(
        self, owner: str, dataset_id: str, sha256: str, size: int, info: Mapping[str, Any]
    ) -> DatasetRecord:
        """Its content is safe on the disk under this hash."""
        wanted = datasets.c.owner == owner, datasets.c.id == rows.plain(dataset_id)
        values = {"sha256": sha256, "size": size, "info": rows.dumps(info)}

        def work(c: Connection) -> DatasetRecord:
            c.execute(update(datasets).where(*wanted).values(values))
            return q.one_dataset(c, owner, dataset_id)

        return await self.database.do(work)

    async def get_dataset(self, owner: str, ref: str) -> DatasetRecord:
        """By id or by name."""
        return await self.database.do(lambda c: q.one_dataset(c, owner, ref))

    async def list_datasets(self, owner: str) -> list[DatasetRecord]:
        """By name."""
        query = select(*rows.DATASET).where(datasets.c.owner == owner).order_by(datasets.c.name)
        return await self.database.do(lambda c: [rows.dataset(row) for row in c.execute(query)])

    async def all_datasets(self) -> list[DatasetRecord]:
        """Of all owners."""
        query = select(*rows.DATASET).order_by(datasets.c.owner, datasets.c.name)
        return await self.database.do(lambda c: [rows.dataset(row) for row in c.execute(query)])

    async def delete_dataset(self, owner: str, dataset_id: str) -> None:
        """Refused while a run that has not ended uses it."""

        def work(c: Connection) -> None:
            found = q.one_dataset(c, owner, dataset_id)
            using = select(runs.c.id).where(
                runs.c.dataset == found.sha256, runs.c.owner == owner, runs.c.state.in_(q.OPEN)
            )
            if found.sha256 and c.execute(using.limit(1)).first():
                raise ConflictError(
                    "dataset.in_use",
                    "A run that has not ended learns from it.",
                    hint="Wait for it, or stop it.",
                )
            c.execute(delete(datasets).where(datasets.c.id == found.id))

        await self.database.do(work)

    async def dataset_hashes(self) -> set[str]:
        """Every data set content that a data set or a run needs."""
        query = union(
            select(datasets.c.sha256).where(datasets.c.sha256.is_not(None)),
            select(runs.c.dataset).where(runs.c.dataset.is_not(None)),
        )
        return await self.database.do(lambda c: set(c.execute(query).scalars()))

"""Runs: submit, control, look at, recover. Joins executor, helper, store, files and feed.

The `runs` table is the queue. A scheduler claims what waits; each run that is under way has one task, in
which `server.recording` drives it. A worker that falls silent is given up; what a restart interrupted is
taken up again. `server.drafts` judges documents before they are runs, `server.watches` keeps the live pictures.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from typing import Any, Literal
from weakref import WeakValueDictionary

import structlog

from models import experiment as documents
from models.control import Command, Pace
from models.events import ENDED, Ended
from models.replay import with_changes
from server.drafts import Drafts
from server.errors import ConflictError, NotFoundError, TooManyError
from server.executors.base import Executor
from server.feed import Feed
from server.files import Files
from server.helper import HelperDoor
from server.memory import machine_memory
from server.recording import RETRY_SECONDS, Active, Recorder, learning
from server.settings import Settings
from server.store.base import RunRecord, Store
from server.watches import Watches

log = structlog.get_logger()

Action = Literal["pause", "resume", "step", "epoch", "stop", "set", "pace"]

WORKER_BYTES = 150 * 2**20
"""What a worker takes before it has built anything, on top of the pages it shares."""

SLACK_BYTES = 2**30
"""What a run may take above its estimate: libraries, the copies of a moment."""

MEMORY_SHARE = 0.8
"""Of the machine's memory, at most, is promised to runs."""

SAVE_SECONDS = 1.0
"""What a closing server waits for last snapshots."""

RUNS_AT_ONCE = 32


class Runs:
    """All runs of this server."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        feed: Feed,
        files: Files,
        executor: Executor,
        helper: HelperDoor,
        *,
        build: str = "",
    ) -> None:
        self._settings = settings
        self._store = store
        self._feed = feed
        self._files = files
        self._executor = executor
        self._helper = helper
        self._build = build
        self._memory = int(machine_memory() * MEMORY_SHARE)
        self._active: dict[str, Active] = {}
        self._recovered: list[RunRecord] = []
        self._estimates: dict[str, int] = {}
        self._waiting: dict[str, list[Command]] = {}
        self._drafts = Drafts(settings, store, files, helper)
        self._watches = Watches(executor)
        self._wake = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._recorder = Recorder(settings, store, feed, files, executor, self._watches.of)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: list[asyncio.Task[None]] = []

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what a restart interrupted, and begin to schedule."""
        self._recovered = await self._store.unfinished()
        self._tasks = [asyncio.create_task(self._schedule()), asyncio.create_task(self._watch_leases())]
        self._wake.set()

    async def close(self) -> None:
        """Stop scheduling and end the workers; what is unfinished goes on at the next start."""
        await self._save_all()
        tasks = self._tasks + [active.task for active in self._active.values() if active.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._active.clear()

    async def _save_all(self) -> None:
        """Ask everything that learns for a snapshot, so that little has to be done again."""
        busy = [active for active in self._active.values() if not active.paused]
        for active in busy:
            active.saved.clear()
        asked = [a for a in busy if self._executor.control(a.record.id, Command("snapshot"))]
        if asked:
            saved = [asyncio.create_task(active.saved.wait()) for active in asked]
            _, late = await asyncio.wait(saved, timeout=SAVE_SECONDS)
            for task in late:
                task.cancel()

    @property
    def under_way(self) -> int:
        """Runs that have a worker now."""
        return len(self._active)

    @property
    def max_runs(self) -> int:
        """Runs that may learn at once; paused ones do not count."""
        return self._settings.max_runs or max(RUNS_AT_ONCE, 4 * (os.cpu_count() or 1))

    @property
    def memory_limit(self) -> int:
        """An estimate above is refused."""
        return self._settings.run_memory_bytes or self._memory // 2

    # --- before there is a run ------------------------------------------------------------------

    async def check(self, owner: str, document: bytes) -> dict[str, Any]:
        """All that can be said of a document: problems, shapes, cost. Raises DocumentError if it is none."""
        return await self._drafts.check(owner, document, self.memory_limit)

    async def preview(self, owner: str, document: bytes) -> dict[str, Any]:
        """The first rows of each part of its data. Raises DocumentError, DataError."""
        return await self._drafts.preview(owner, document)

    # --- submit ---------------------------------------------------------------------------------

    async def submit(
        self, owner: str, document: bytes | str | dict[str, Any], idempotency_key: str | None = None
    ) -> RunRecord:
        """Check, store, queue.

        Raises DocumentError with all problems, DataError, TooManyError, IdempotencyError, ConflictError.
        """
        experiment = documents.parse(document)
        body_hash = hashlib.sha256(experiment.model_dump_json().encode()).hexdigest()
        async with self._store.idempotent(owner, idempotency_key, body_hash) as known:
            if known is not None:
                return known
            return await self._create(owner, experiment, idempotency_key, body_hash)

    async def _create(
        self, owner: str, experiment: documents.Experiment, key: str | None, body_hash: str
    ) -> RunRecord:
        counts = await self._store.count_runs()
        if counts.get("queued", 0) >= self._settings.max_queued:
            raise TooManyError(
                "runs.queue_full", "Too many runs wait already.", hint="Wait until some have ended."
            )
        experiment = await self._drafts.pinned(owner, experiment)
        estimate = await self._drafts.checked(owner, experiment, self.memory_limit)
        record, _ = await self._store.create_run(
            owner,
            experiment.model_dump_json(),
            documents.digest(experiment),
            experiment.name,
            experiment.learner.epochs,
            key,
            body_hash,
            self._build,
        )
        self._estimates[record.id] = estimate
        self._wake.set()
        return record

    # --- control --------------------------------------------------------------------------------

    async def control(
        self,
        owner: str,
        run_id: str,
        action: Action,
        *,
        set: dict[str, Any] | None = None,
        pace: dict[str, Any] | Pace | None = None,
    ) -> RunRecord:
        """Steer a run, also one that waits. The change is stored before this returns.

        Raises NotFoundError, ControlError, and ConflictError when the run has ended (but stopping twice is
        fine).
        """
        async with self._lock(run_id):
            record = await self._store.get_run(owner, run_id)
            if action == "stop":
                return await self._stop(record)
            if record.state in ENDED:
                raise ConflictError(
                    "run.ended",
                    f"This run is {record.state}.",
                    hint="Start it anew, or branch from a snapshot.",
                )
            if action == "pace":
                chosen = None if pace is None else Pace.model_validate(pace)
                set = {"run.pace": None if chosen is None else chosen.model_dump()}
            elif action != "set":
                set = {"run.paused": action != "resume"}
            await self._change(record, action, set or {})
            return await self._store.get_run(owner, run_id)

    async def _change(self, record: RunRecord, action: Action, changes: dict[str, Any]) -> None:
        """Validate, store, and hand on to the worker, if there is one."""
        experiment = await self._changed(record, changes)
        kept = await self._store.add_control(record.id, None, changes)
        active = self._active.get(record.id)
        if action == "set" and (values := learning(changes)):
            self._tell(active, Command("set", set=values, id=kept.id))
        if "run.pace" in changes:
            self._tell(active, Command("pace", pace=experiment.run.pace))
        if action in ("pause", "resume", "step", "epoch"):
            command = Command(action)
            if active is None and action in ("step", "epoch"):
                self._waiting.setdefault(record.id, []).append(command)
            self._tell(active, command)

    def _tell(self, active: Active | None, command: Command) -> None:
        if active is not None and not self._executor.control(active.record.id, command):
            active.commands.append(command)

    async def _changed(self, record: RunRecord, changes: dict[str, Any]) -> documents.Experiment:
        """The experiment with all changes made until now, and these. Raises ControlError."""
        until_now = [control.set for control in await self._store.controls(record.id)]
        merged = {name: value for change in until_now for name, value in change.items()}
        now = documents.changed(documents.parse(record.document), merged)
        run = {name: value for name, value in changes.items() if name in ("run.paused", "run.pace")}
        rest = {name: value for name, value in changes.items() if name not in run}
        wanted = with_changes(now, rest)
        if any(name.startswith("networks.") or name == "learner.batch_size" for name in rest):
            await self._drafts.refuse_other_weights(record.owner, now, rest, wanted)
        return documents.changed(wanted, run)

    async def _stop(self, record: RunRecord) -> RunRecord:
        """Cancel: at once while it waits, else at the next step boundary, else by force."""
        if record.state in ENDED:
            return record
        async with self._claiming:  # not while it passes from the queue to a worker
            record = await self._store.request_cancel(record.owner, record.id)
            active = self._active.get(record.id)
            if active is not None:
                active.stopping = True
                self._executor.stop(record.id)
            elif record.state not in ENDED:
                self._recovered = [other for other in self._recovered if other.id != record.id]
                await self._recorder.end(record, Ended(state="cancelled"))
        return await self._store.get_run(record.owner, record.id)

    async def delete(self, owner: str, run_id: str) -> None:
        """Stop it if need be, and forget it with all it wrote."""
        await self.control(owner, run_id, "stop")
        await self.wait(run_id)
        await self._recorder.delete(owner, run_id)
        self._forget(run_id)

    async def wait(self, run_id: str) -> None:
        """Until no worker is busy with it any more."""
        active = self._active.get(run_id)
        if active is not None and active.task is not None:
            await asyncio.wait([active.task])

    def _lock(self, run_id: str) -> asyncio.Lock:
        lock = self._locks.get(run_id)
        if lock is None:
            lock = self._locks[run_id] = asyncio.Lock()
        return lock

    # --- looking --------------------------------------------------------------------------------

    async def watch(self, owner: str, run_id: str, probe: str, params: dict[str, Any]) -> int:
        """Ask for live pictures. Gives the id in their frames: the same for all who ask the same."""
        await self._store.get_run(owner, run_id)
        return self._watches.add(run_id, probe, params)

    async def unwatch(self, run_id: str, watch_id: int) -> None:
        """One watcher less; the last one ends the pictures."""
        self._watches.remove(run_id, watch_id)

    async def look(
        self,
        owner: str,
        run_id: str,
        what: Literal["probe", "predict", "exam"],
        payload: dict[str, Any],
        snapshot: str | None = None,
    ) -> Any:
        """Call the helper on a snapshot of a run (id; the newest when None). Payloads: see server.helper."""
        record = await self._store.get_run(owner, run_id)
        kept = await self._store.snapshots(run_id)
        chosen = [each for each in kept if snapshot in (None, each.id)]
        if not chosen:
            raise NotFoundError(
                "snapshot.unknown",
                "There is no such snapshot.",
                hint="The run's snapshots list all there are.",
            )
        data = documents.parse(record.document).data if what != "predict" else None
        outside = await self._drafts.outside(owner, data)
        path = self._files.path_of(chosen[-1].sha256)
        return await self._helper.call(what, {**payload, "snapshot": str(path), **outside})

    # --- schedule -------------------------------------------------------------------------------

    async def _schedule(self) -> None:
        """Start what waits, as far as there is room."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._has_room() and await self._start_next():
                    pass
            except Exception as error:  # the database is away: it may come back
                log.error("cannot start a run", problem=repr(error))
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    def _has_room(self) -> bool:
        busy = [active for active in self._active.values() if not active.paused]
        promised = sum(active.memory for active in self._active.values())
        return len(busy) < self.max_runs and (not busy or promised < self._memory)

    async def _start_next(self) -> bool:
        async with self._claiming:
            if self._recovered:
                record: RunRecord | None = await self._taken_over(self._recovered[0])
                del self._recovered[0]
            else:
                record = await self._store.claim_next()
            if record is None:
                return False
            active = self._active[record.id] = Active(record, self._lock(record.id), self._wake)
            estimate = self._estimates.get(record.id)
            active.memory = WORKER_BYTES + 2 * (estimate or 0)
            active.memory_limit = SLACK_BYTES + (self.memory_limit if estimate is None else 3 * estimate)
            active.commands = self._waiting.pop(record.id, [])
            active.task = asyncio.create_task(self._drive(active))
            return True

    async def _drive(self, active: Active) -> None:
        try:
            await self._recorder.drive(active)
            self._forget(active.record.id)
        finally:
            del self._active[active.record.id]
            self._wake.set()

    async def _taken_over(self, record: RunRecord) -> RunRecord:
        """A run that another life of this server had under way."""
        return await self._store.reclaim(record.id, record.attempt, strike=False)

    def _forget(self, run_id: str) -> None:
        self._estimates.pop(run_id, None)
        self._waiting.pop(run_id, None)
        self._watches.forget(run_id)

    async def _watch_leases(self) -> None:
        """A worker that is silent for a lease is lost. When this process itself slept, all get a new lease."""
        tick = self._settings.lease_seconds / 10
        before = time.monotonic()
        while True:
            await asyncio.sleep(tick)
            now = time.monotonic()
            slept, before = now - before > 3 * tick, now
            for active in self._active.values():
                if slept or active.behind:
                    active.heard = now
                elif active.pump is not None and now - active.heard > self._settings.lease_seconds:
                    log.warning("a worker fell silent", run=active.record.id)
                    active.heard = now
                    active.pump.cancel()

"""Runs: submit, control, record, recover. Joins executor, helper, store, files and feed.

The `runs` table is the queue. A scheduler claims what waits; each run that is under way has one task, which
hands its job to the executor, stores what it says and then publishes it. A worker that dies or falls silent
is replaced by the next attempt, from the last good snapshot; so is everything that a restart interrupted.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

import structlog

from models import experiment as documents
from models.control import Command, Pace, Watch
from models.data.base import DataSource
from models.data.dataset import Imported
from models.documents import load
from models.errors import DataError, DocumentError, OquError, Problem, SnapshotError
from models.events import ENDED, Controlled, Ended, Event, Finding, Resumed, StateChanged
from models.replay import with_changes
from server.errors import ConflictError, FencedError, NotFoundError, StorageError, TooManyError
from server.executors.base import Beat, Events, Executor, Frame, Job, Message, SnapshotBytes
from server.feed import Feed
from server.files import Files
from server.helper import HelperDoor
from server.settings import Settings
from server.store.base import ControlRecord, RunRecord, SnapshotRecord, Store

log = structlog.get_logger()

Action = Literal["pause", "resume", "step", "epoch", "stop", "set", "pace"]

SUBMIT_CHECK_SECONDS = 10.0
"""Deadline of the check at submission: longer than while somebody types, since nothing is lost by waiting."""

WORKER_BYTES = 150 * 2**20
"""What a worker takes before it has built anything, on top of the pages it shares."""

SLACK_BYTES = 2**30
"""What a run may take above its estimate: libraries, the copies of a moment."""

MEMORY_SHARE = 0.8
"""Of the machine's memory, at most, is promised to runs."""

STUCK_SECONDS = 900.0
"""A loop that gave no sign of life for so long, while its process beats, is taken for dead."""

MAX_WATCHES = 32
RUNS_AT_ONCE = 32
RETRY_SECONDS = 5.0


@dataclass
class _Watched:
    """A live picture that somebody asked for, and how many did."""

    watch: Watch
    watchers: int = 0


@dataclass
class _Active:
    """A run that is under way here."""

    record: RunRecord
    memory: int
    task: asyncio.Task[None] | None = None
    paused: bool = False
    stopping: bool = False
    heard: float = field(default_factory=time.monotonic)
    pump: asyncio.Task[None] | None = None
    ended: bool = False
    commands: list[Command] = field(default_factory=list)
    """Asked for before there was a worker."""


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
        self._active: dict[str, _Active] = {}
        self._recovered: list[RunRecord] = []
        self._estimates: dict[str, int] = {}
        self._waiting: dict[str, list[Command]] = {}
        self._watches: dict[str, dict[int, _Watched]] = {}
        self._watch_number = 0
        self._wake = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._keeping = asyncio.Lock()  # runs may share a file: none is deleted before another's row is there
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
        tasks = self._tasks + [active.task for active in self._active.values() if active.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._active.clear()

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
        payload = await self._draft(owner, document)
        answer: dict[str, Any] = await self._helper.call(
            "check", payload | {"memory_limit": self.memory_limit}
        )
        return answer

    async def preview(self, owner: str, document: bytes) -> dict[str, Any]:
        """The first rows of each part of its data. Raises DocumentError, DataError."""
        answer: dict[str, Any] = await self._helper.call("preview", await self._draft(owner, document))
        return answer

    async def _draft(self, owner: str, document: bytes) -> dict[str, Any]:
        """A document that may be wrong, as text, so that it is judged as it was written; and its data's place."""
        loaded, _ = load(document)
        data = loaded.get("data")
        folders = {}
        if isinstance(data, dict) and data.get("type") == "dataset":
            with contextlib.suppress(OquError, ValueError):  # said at its place by the check
                folders = await self._folders(owner, Imported.model_validate(data))
        return {"document": document.decode("utf-8-sig"), **self._outside(folders)}

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
        experiment = await self._pinned(owner, experiment)
        estimate = await self._checked(owner, experiment)
        record, _ = await self._store.create_run(
            owner,
            experiment.model_dump_json(),
            documents.digest(experiment),
            experiment.name,
            getattr(experiment.learner, "epochs", None),
            key,
            body_hash,
            self._build,
        )
        self._estimates[record.id] = estimate
        self._wake.set()
        return record

    async def _pinned(self, owner: str, experiment: documents.Experiment) -> documents.Experiment:
        """The same experiment with its imported data named by content."""
        data = experiment.data
        if not isinstance(data, Imported):
            return experiment
        try:
            dataset = await self._store.get_dataset(owner, data.name)
        except NotFoundError:
            raise _unknown_dataset(data.name) from None
        if dataset.sha256 is None:
            raise DataError(
                "data.empty",
                f"The data set {data.name!r} has no content yet.",
                hint="Upload it first.",
                path=("data", "name"),
            )
        if data.sha256 not in (None, dataset.sha256):
            raise DataError(
                "data.changed",
                f"The data set {data.name!r} is not the one this experiment was made with.",
                hint="Leave out sha256 to take the data set as it is now.",
                path=("data", "sha256"),
            )
        pinned = data.model_copy(update={"sha256": dataset.sha256})
        return experiment.model_copy(update={"data": pinned})

    async def _checked(self, owner: str, experiment: documents.Experiment) -> int:
        """The estimate in bytes. Raises DocumentError with all that is wrong, too big included."""
        if experiment.start is not None and not self._files.path_of(experiment.start.snapshot).exists():
            raise DocumentError(
                "start.unknown",
                "There is no such snapshot here.",
                hint="Choose a snapshot of one of your runs.",
                path=("start", "snapshot"),
            )
        payload = {
            "document": experiment.model_dump(mode="json"),
            "memory_limit": self.memory_limit,
            **self._outside(await self._folders(owner, experiment.data)),
        }
        answer = await self._helper.call("check", payload, SUBMIT_CHECK_SECONDS)
        if answer["errors"]:
            raise DocumentError.of([Problem.model_validate(error) for error in answer["errors"]])
        return sum(network["memory_bytes"] for network in answer["networks"].values())

    def _outside(self, folders: dict[str, Path]) -> dict[str, Any]:
        """Where another process finds what a document names: data sets by folder, downloads."""
        return {
            "datasets": {name: str(folder) for name, folder in folders.items()},
            "home": str(self._settings.home),
            "mirror": self._settings.mirror,
        }

    async def _folders(self, owner: str, data: DataSource) -> dict[str, Path]:
        """Where the prepared content of imported data lies."""
        if not isinstance(data, Imported):
            return {}
        sha256 = data.sha256
        if sha256 is None:
            try:
                sha256 = (await self._store.get_dataset(owner, data.name)).sha256
            except NotFoundError:
                raise _unknown_dataset(data.name) from None
        return {data.name: self._settings.home / "datasets" / str(sha256)}

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
        learning = {name: value for name, value in changes.items() if not name.startswith("run.")}
        if action == "set" and learning:
            self._tell(active, Command("set", set=learning, id=kept.id))
        if "run.pace" in changes:
            self._tell(active, Command("pace", pace=experiment.run.pace))
        if action in ("pause", "resume", "step", "epoch"):
            command = Command(action)
            if active is None and action in ("step", "epoch"):
                self._waiting.setdefault(record.id, []).append(command)
            self._tell(active, command)

    def _tell(self, active: _Active | None, command: Command) -> None:
        if active is not None and not self._executor.control(active.record.id, command):
            active.commands.append(command)

    async def _changed(self, record: RunRecord, changes: dict[str, Any]) -> documents.Experiment:
        """The experiment with all changes made until now, and these. Raises ControlError."""
        until_now = [control.set for control in await self._store.controls(record.id)]
        merged = {name: value for change in until_now for name, value in change.items()}
        now = documents.changed(documents.parse(record.document), merged)
        run = {name: value for name, value in changes.items() if name in ("run.paused", "run.pace")}
        learning = {name: value for name, value in changes.items() if name not in run}
        return documents.changed(with_changes(now, learning), run)

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
                await self._end(record, Ended(state="cancelled"))
        return await self._store.get_run(record.owner, record.id)

    async def delete(self, owner: str, run_id: str) -> None:
        """Stop it if need be, and forget it with all it wrote."""
        await self.control(owner, run_id, "stop")
        await self.wait(run_id)
        async with self._keeping:
            await self._discard(await self._store.delete_run(owner, run_id))
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
        watches = self._watches.setdefault(run_id, {})
        for watched in watches.values():
            if (watched.watch.probe, watched.watch.params) == (probe, params):
                watched.watchers += 1
                return watched.watch.id
        if len(watches) >= MAX_WATCHES:
            raise TooManyError(
                "watch.too_many", f"At most {MAX_WATCHES} live pictures of one run.", hint="Close some."
            )
        self._watch_number += 1
        watch = Watch(self._watch_number, probe, params)
        watches[watch.id] = _Watched(watch, 1)
        self._executor.control(run_id, Command("watch", watch=watch, id=watch.id))
        return watch.id

    async def unwatch(self, run_id: str, watch_id: int) -> None:
        """One watcher less; the last one ends the pictures."""
        watches = self._watches.get(run_id, {})
        watched = watches.get(watch_id)
        if watched is None:
            return
        watched.watchers -= 1
        if watched.watchers == 0:
            del watches[watch_id]
            self._executor.control(run_id, Command("unwatch", id=watch_id))
            if not watches:
                del self._watches[run_id]

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
        data = documents.parse(record.document).data
        outside = self._outside(await self._folders(owner, data) if what != "predict" else {})
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
        learning = [active for active in self._active.values() if not active.paused]
        promised = sum(active.memory for active in self._active.values())
        return len(learning) < self.max_runs and (not learning or promised < self._memory)

    async def _start_next(self) -> bool:
        async with self._claiming:
            if self._recovered:
                record: RunRecord | None = await self._taken_over(self._recovered[0])
                del self._recovered[0]
            else:
                record = await self._store.claim_next()
            if record is None:
                return False
            memory = WORKER_BYTES + 2 * self._estimates.get(record.id, 0)
            active = self._active[record.id] = _Active(record, memory)
            active.commands = self._waiting.pop(record.id, [])
            active.task = asyncio.create_task(self._drive(active))
            return True

    async def _taken_over(self, record: RunRecord) -> RunRecord:
        """A run that another life of this server had under way."""
        return await self._store.reclaim(record.id, record.attempt, strike=False)

    def _forget(self, run_id: str) -> None:
        for facts in (self._estimates, self._waiting, self._watches):
            facts.pop(run_id, None)

    # --- one run --------------------------------------------------------------------------------

    async def _drive(self, active: _Active) -> None:
        """All attempts at a run, until one ends it."""
        run_id = active.record.id
        try:
            while not await self._attempt(active):
                pass
        except FencedError:
            log.warning("a run was taken over", run=run_id)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            expected = isinstance(error, OquError)
            log.error("a run cannot be recorded", run=run_id, problem=repr(error), exc_info=not expected)
            self._executor.kill(run_id)
            await self._fail(active, error)
        finally:
            del self._active[run_id]
            self._wake.set()
        self._forget(run_id)

    async def _attempt(self, active: _Active) -> bool:
        """One attempt; whether the run has ended."""
        record = active.record
        if record.cancel_requested:
            await self._end(record, Ended(state="cancelled"))
            return True
        job = await self._job(active)
        await self._record(active, job)
        if active.ended:
            return True
        if active.stopping:
            await self._end(active.record, Ended(state="cancelled"))
            return True
        log.warning("a worker was lost", run=record.id, attempt=record.attempt)
        active.record = await self._store.reclaim(record.id, record.attempt, strike=True)
        if active.record.strikes < self._settings.attempts:
            return False
        await self._end(active.record, _lost(active.record.strikes))
        return True

    async def _job(self, active: _Active) -> Job:
        """What this attempt's worker is told: the document with all changes, and where to go on from."""
        record = active.record
        experiment = documents.parse(record.document)
        async with self._lock(record.id):  # not between the storing of a change and its handing over
            document, unapplied = _replayed(experiment, await self._store.controls(record.id))
            known = {command.id for command in unapplied}
            others = [command for command in active.commands if not command.id or command.id not in known]
            active.commands = unapplied + others
        resume = await self._resume_from(record)
        active.paused = document["run"]["paused"]
        if active.paused and resume is not None:  # "start paused" means the first start only
            active.commands.insert(0, Command("pause"))
        return Job(
            run_id=record.id,
            attempt=record.attempt,
            document=document,
            resume=resume,
            start=self._files.path_of(experiment.start.snapshot) if experiment.start else None,
            datasets=await self._folders(record.owner, experiment.data),
            home=self._settings.home,
            mirror=self._settings.mirror,
            downloads=self._settings.downloads,
            memory_limit=self._worker_limit(record.id),
            cuda=experiment.run.device != "cpu",
            heartbeat=self._settings.heartbeat_seconds,
            snapshot_every=self._settings.snapshot_seconds,
        )

    def _worker_limit(self, run_id: str) -> int:
        most = self._settings.run_memory_bytes or self._memory
        return min(SLACK_BYTES + 3 * self._estimates.get(run_id, most), SLACK_BYTES + most)

    async def _resume_from(self, record: RunRecord) -> Path | None:
        """The newest snapshot that is whole. Says so where one is not, and from where the run goes on."""
        if record.attempt <= 1:
            return None
        for snapshot in reversed(await self._store.snapshots(record.id)):
            try:
                path = await asyncio.to_thread(self._files.verify, snapshot.sha256)
            except SnapshotError:
                await self._say(record, _damaged(snapshot))
                continue
            facts = {"from_step": snapshot.step, "from_epoch": snapshot.epoch}
            await self._say(record, Resumed(attempt=record.attempt, **facts))
            return path
        await self._say(record, Resumed(attempt=record.attempt, from_step=0, from_epoch=0))
        return None

    async def _record(self, active: _Active, job: Job) -> None:
        """Store and publish what a worker says, in order, until it has ended or is lost."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(256)
        active.heard = time.monotonic()
        active.pump = asyncio.create_task(self._pump(active, job, queue))
        try:
            async for message in _grouped(queue):
                match message:
                    case Events(events):
                        await self._keep_events(active, events)
                    case SnapshotBytes():
                        await self._keep_snapshot(active, message)
        finally:
            active.pump.cancel()
            await asyncio.gather(active.pump, return_exceptions=True)

    async def _pump(self, active: _Active, job: Job, queue: asyncio.Queue[Message | None]) -> None:
        """Take messages from the executor. Pictures pass at once; they wait for nothing."""
        messages = self._executor.run(job)
        self._brief(active)
        try:
            async for message in messages:
                active.heard = time.monotonic()
                match message:
                    case Frame():
                        self._feed.publish_frame(job.run_id, message)
                    case Beat(idle):
                        if idle > STUCK_SECONDS:
                            log.warning("a worker's loop does not move", run=job.run_id, seconds=idle)
                            return
                    case _:
                        await queue.put(message)
        finally:
            await messages.aclose()
            await queue.put(None)

    def _brief(self, active: _Active) -> None:
        """Hand over what was asked before there was a worker."""
        run_id = active.record.id
        for command in active.commands:
            self._executor.control(run_id, command)
        active.commands = []
        for watched in self._watches.get(run_id, {}).values():
            watch = watched.watch
            self._executor.control(run_id, Command("watch", watch=watch, id=watch.id))
        if active.stopping:
            self._executor.stop(run_id)

    async def _keep_events(self, active: _Active, events: list[Event]) -> None:
        stored = await self._store.append(active.record.id, active.record.attempt, events)
        self._feed.publish(active.record.id, stored)
        for event in events:
            match event:
                case Controlled(action="set"):
                    await self._note_applied(active.record.id, event)
                case StateChanged(state=state):
                    active.paused = state == "paused"
                    self._wake.set()
                case Ended():
                    active.ended = True

    async def _note_applied(self, run_id: str, event: Controlled) -> None:
        """Remember at which step a change took effect, so that a repetition makes it there."""
        controls = await self._store.controls(run_id)
        if any(control.step == event.step and control.set == event.set for control in controls):
            return
        for control in controls:
            if control.step is None and _learning(control.set) == event.set:
                await self._store.apply_control(run_id, control.id, event.step)
                return

    async def _keep_snapshot(self, active: _Active, snapshot: SnapshotBytes) -> None:
        """The file, then its row and event, then away with what it replaces."""
        record = active.record
        async with self._keeping:
            sha256 = await asyncio.to_thread(self._files.put, snapshot.content)
            row = SnapshotRecord(
                step=snapshot.step,
                epoch=snapshot.epoch,
                kind=snapshot.kind,
                sha256=sha256,
                size=len(snapshot.content),
                metrics=snapshot.metrics,
            )
            event = await self._store.add_snapshot(record.id, record.attempt, row)
            self._feed.publish(record.id, [event])
            unneeded = await self._store.prune_snapshots(
                record.id,
                timeline=self._settings.timeline_snapshots,
                timeline_bytes=self._settings.timeline_bytes,
            )
            await self._discard(unneeded)

    async def _discard(self, hashes: Sequence[str]) -> None:
        for sha256 in hashes:
            await asyncio.to_thread(self._files.delete, sha256)

    async def _say(self, record: RunRecord, *events: Event) -> None:
        self._feed.publish(record.id, await self._store.append(record.id, record.attempt, events))

    async def _end(self, record: RunRecord, event: Ended) -> None:
        with contextlib.suppress(FencedError):  # it has ended meanwhile
            await self._say(record, event)

    async def _fail(self, active: _Active, error: Exception) -> None:
        """End a run that the server itself failed. On a full disk that may take some tries."""
        ended = _server_failure(error)
        while True:
            try:
                await self._end(active.record, ended)
                return
            except Exception as again:
                log.error("cannot end a run", run=active.record.id, problem=repr(again))
                await asyncio.sleep(RETRY_SECONDS)

    async def _watch_leases(self) -> None:
        """A worker that is silent for a lease is lost. When this process itself slept, all get a new lease."""
        tick = self._settings.lease_seconds / 10
        before = time.monotonic()
        while True:
            await asyncio.sleep(tick)
            now = time.monotonic()
            slept, before = now - before > 3 * tick, now
            for active in self._active.values():
                if slept:
                    active.heard = now
                elif active.pump is not None and now - active.heard > self._settings.lease_seconds:
                    log.warning("a worker fell silent", run=active.record.id)
                    active.heard = now
                    active.pump.cancel()


async def _grouped(queue: asyncio.Queue[Message | None]) -> AsyncIterator[Message]:
    """Messages as they come; events that waited together are one message. Ends at None."""
    events: list[Event] = []
    while True:
        message = await queue.get()
        while isinstance(message, Events):
            events += message.events
            if queue.empty():
                break
            message = queue.get_nowait()
        if events:
            yield Events(events)
            events = []
        if message is None:
            return
        if not isinstance(message, Events):
            yield message


def _learning(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if not name.startswith("run.")}


def _replayed(
    experiment: documents.Experiment, controls: Sequence[ControlRecord]
) -> tuple[dict[str, Any], list[Command]]:
    """The document in which the changes made until now stand at their steps; and those without a step yet."""
    commands = []
    entries = []
    run: dict[str, Any] = {}
    for control in controls:
        learning = _learning(control.set)
        run |= {name: value for name, value in control.set.items() if name not in learning}
        if learning and control.step is None:
            commands.append(Command("set", set=learning, id=control.id))
        elif learning:
            entries.append({"step": control.step, "set": learning})
    document = documents.changed(experiment, run).model_dump(mode="json")
    document["control"] = sorted(document["control"] + entries, key=lambda entry: int(entry["step"]))
    return document, commands


def _unknown_dataset(name: str) -> DataError:
    return DataError(
        "data.unknown",
        f"There is no imported data set called {name!r}.",
        hint="Import it first, or choose another.",
        path=("data", "name"),
        name=name,
    )


def _damaged(snapshot: SnapshotRecord) -> Finding:
    return Finding(
        code="snapshot_damaged",
        step=snapshot.step,
        epoch=snapshot.epoch,
        detail=f"The snapshot of step {snapshot.step} is damaged or gone.",
        hint="The run goes on from the one before; check the disk.",
    )


def _lost(attempts: int) -> Ended:
    return Ended(
        state="failed",
        reason="worker_lost",
        detail=f"Its process was lost {attempts} times without getting further.",
        hint="It may need more memory than the machine has: choose smaller batches or layers.",
    )


def _server_failure(error: Exception) -> Ended:
    full = isinstance(error, StorageError) or getattr(error, "errno", None) == errno.ENOSPC
    if full or "disk is full" in str(error):
        return Ended(
            state="failed",
            reason="disk_full",
            detail="The disk is full.",
            hint="Free some space, or delete old runs.",
        )
    if isinstance(error, OquError):
        return Ended(state="failed", reason="bad_data", detail=error.problem.detail, hint=error.problem.hint)
    return Ended(
        state="failed",
        reason="internal",
        detail=f"Something unforeseen happened ({type(error).__name__}).",
        hint="The server's log has the details. Please report it.",
    )


def machine_memory() -> int:
    """Bytes that this machine, or this container, has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total

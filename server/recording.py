"""One run from its first attempt to its end: what a worker is told, and what becomes of what it says.

What is said is stored and then published, in order. An attempt that is lost is followed by the next, from
the last snapshot that is whole; the attempt's number is the fence that keeps late writes out.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from models import experiment as documents
from models.control import Command, Watch
from models.data.base import DataSource
from models.data.dataset import Imported
from models.errors import OquError, SnapshotError
from models.events import Controlled, Ended, Event, Finding, Resumed, StateChanged
from server.errors import FencedError, StorageError
from server.executors.base import Beat, Events, Executor, Frame, Job, Message, SnapshotBytes
from server.feed import Feed
from server.files import Files
from server.settings import Settings
from server.store.base import ControlRecord, RunRecord, SnapshotRecord, Store

log = structlog.get_logger(__name__)

STUCK_SECONDS = 900.0
"""A loop that gave no sign of life for so long, while its process beats, is taken for dead."""

RETRY_SECONDS = 5.0

QUEUE = 16
"""Messages read from a worker and not yet stored; then it waits."""


class Clock:
    """Seconds spent learning; it stands while a run is paused. They are taken from it once."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._seconds = 0.0

    def turn(self, on: bool) -> None:
        """Let it go, or stop it."""
        self._seconds = self.take()
        self._since = time.monotonic() if on else None

    def take(self) -> float:
        """The seconds since they were taken last."""
        now = time.monotonic()
        seconds, self._seconds = self._seconds, 0.0
        if self._since is not None:
            seconds, self._since = seconds + now - self._since, now
        return seconds


@dataclass
class Active:
    """A run that is under way here."""

    record: RunRecord
    lock: asyncio.Lock
    """Held while a change is stored and handed over."""
    changed: asyncio.Event
    """Set when it pauses or goes on: there may be room for another."""
    memory: int = 0
    """Bytes promised to it."""
    memory_limit: int | None = None
    """Bytes that its worker may take at most."""
    task: asyncio.Task[None] | None = None
    paused: bool = False
    stopping: bool = False
    clock: Clock = field(default_factory=Clock)
    heard: float = field(default_factory=time.monotonic)
    pump: asyncio.Task[None] | None = None
    behind: bool = False
    """The store is slower than the worker: its silence is then our own."""
    ended: bool = False
    saved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a snapshot is on the disk."""
    commands: list[Command] = field(default_factory=list)
    """Asked for before there was a worker."""


class Recorder:
    """Drives runs: hands their jobs to the executor, stores and publishes what comes back."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        feed: Feed,
        files: Files,
        executor: Executor,
        watches: Callable[[str], Iterable[Watch]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._feed = feed
        self._files = files
        self._executor = executor
        self._watches = watches
        self._keeping = asyncio.Lock()  # runs may share a file: none is deleted before another's row is there

    async def drive(self, active: Active) -> None:
        """All attempts at a run, until one ends it."""
        run_id = active.record.id
        try:
            while not await self._attempt(active):
                pass
        except FencedError:
            log.warning("a run was taken over", run=run_id)
        except Exception as error:
            expected = isinstance(error, OquError)
            log.error("a run cannot be recorded", run=run_id, problem=repr(error), exc_info=not expected)
            self._executor.kill(run_id)
            await self._fail(active, error)

    async def _attempt(self, active: Active) -> bool:
        """One attempt; whether the run has ended."""
        record = active.record
        if record.cancel_requested:
            await self.end(record, Ended(state="cancelled"))
            return True
        job = await self._job(active)
        await self._record(active, job)
        if active.ended:
            return True
        if active.stopping:
            await self.end(active.record, Ended(state="cancelled"))
            return True
        log.warning("a worker was lost", run=record.id, attempt=record.attempt)
        active.clock.turn(on=False)
        seconds = active.clock.take()
        active.record = await self._store.reclaim(record.id, record.attempt, strike=True, seconds=seconds)
        if active.record.strikes < self._settings.attempts:
            return False
        await self.end(active.record, _lost(active.record.strikes))
        return True

    async def _job(self, active: Active) -> Job:
        """What this attempt's worker is told: the document with all changes, and where to go on from."""
        record = active.record
        experiment = documents.parse(record.document)
        async with active.lock:  # not between the storing of a change and its handing over
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
            datasets=prepared_folders(self._settings, experiment.data),
            home=self._settings.home,
            mirror=self._settings.mirror,
            downloads=self._settings.downloads,
            memory_limit=active.memory_limit,
            spent=record.seconds,
            cuda=experiment.run.device != "cpu",
            heartbeat=self._settings.heartbeat_seconds,
            snapshot_every=self._settings.snapshot_seconds,
        )

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

    async def _record(self, active: Active, job: Job) -> None:
        """Store and publish what a worker says, in order, until it has ended or is lost."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE)
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
            while not active.pump.done():  # it may wait to be rid of what nobody will store any more
                while not queue.empty():
                    queue.get_nowait()
                await asyncio.wait([active.pump], timeout=0.05)

    async def _pump(self, active: Active, job: Job, queue: asyncio.Queue[Message | None]) -> None:
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
                        active.behind = queue.full()
                        await queue.put(message)
                        active.behind = False
        finally:
            await messages.aclose()
            await queue.put(None)

    def _brief(self, active: Active) -> None:
        """Hand over what was asked before there was a worker."""
        run_id = active.record.id
        for command in active.commands:
            self._executor.control(run_id, command)
        active.commands = []
        for watch in self._watches(run_id):
            self._executor.control(run_id, Command("watch", watch=watch, id=watch.id))
        if active.stopping:
            self._executor.stop(run_id)

    async def _keep_events(self, active: Active, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Controlled) and event.action == "set":
                await self._note_applied(active.record.id, event)  # first: an event can be missed, a step not
        stored = await self._store.append(active.record.id, active.record.attempt, events)
        self._feed.publish(active.record.id, stored)
        for event in events:
            match event:
                case StateChanged(state=state):
                    active.paused = state == "paused"
                    active.clock.turn(on=not active.paused)
                    active.changed.set()
                case Ended():
                    active.ended = True

    async def _note_applied(self, run_id: str, event: Controlled) -> None:
        """Remember at which step a change took effect, so that a repetition makes it there."""
        for control in await self._store.controls(run_id):
            if control.step is None and learning(control.set) == event.set:
                await self._store.apply_control(run_id, control.id, event.step)
                return

    async def _keep_snapshot(self, active: Active, snapshot: SnapshotBytes) -> None:
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
            seconds = active.clock.take()
            event = await self._store.add_snapshot(record.id, record.attempt, row, seconds)
            active.saved.set()
            self._feed.publish(record.id, [event])
            unneeded = await self._store.prune_snapshots(
                record.id,
                timeline=self._settings.timeline_snapshots,
                timeline_bytes=self._settings.timeline_bytes,
            )
            await self._discard(unneeded)

    async def delete(self, owner: str, run_id: str) -> None:
        """Forget an ended run, with the files that only it needs."""
        async with self._keeping:
            await self._discard(await self._store.delete_run(owner, run_id))

    async def _discard(self, hashes: Sequence[str]) -> None:
        for sha256 in hashes:
            await asyncio.to_thread(self._files.delete, sha256)

    async def _say(self, record: RunRecord, *events: Event) -> None:
        self._feed.publish(record.id, await self._store.append(record.id, record.attempt, events))

    async def end(self, record: RunRecord, event: Ended) -> None:
        """Say a run's last word for it, unless it was said meanwhile."""
        with contextlib.suppress(FencedError):
            await self._say(record, event)

    async def _fail(self, active: Active, error: Exception) -> None:
        """End a run that the server itself failed. On a full disk that may take some tries."""
        ended = _server_failure(error)
        while True:
            try:
                await self.end(active.record, ended)
                return
            except Exception as again:
                log.error("cannot end a run", run=active.record.id, problem=repr(again))
                await asyncio.sleep(RETRY_SECONDS)


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


def learning(changes: dict[str, Any]) -> dict[str, Any]:
    """Those changes that decide what is learnt; the others say how it is run."""
    return {name: value for name, value in changes.items() if not name.startswith("run.")}


def _replayed(
    experiment: documents.Experiment, controls: Sequence[ControlRecord]
) -> tuple[dict[str, Any], list[Command]]:
    """The document in which the changes made until now stand at their steps; and those without a step yet."""
    commands = []
    entries = []
    run: dict[str, Any] = {}
    for control in controls:
        values = learning(control.set)
        run |= {name: value for name, value in control.set.items() if name not in values}
        if values and control.step is None:
            commands.append(Command("set", set=values, id=control.id))
        elif values:
            entries.append({"step": control.step, "set": values})
    document = documents.changed(experiment, run).model_dump(mode="json")
    document["control"] = sorted(document["control"] + entries, key=lambda entry: int(entry["step"]))
    return document, commands


def prepared_folders(settings: Settings, data: DataSource, sha256: str | None = None) -> dict[str, Path]:
    """Where the content of imported data lies: of the given hash, else of the one that the document names."""
    if not isinstance(data, Imported):
        return {}
    return {data.name: settings.home / "datasets" / str(sha256 or data.sha256)}


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

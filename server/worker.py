"""A worker: the process of one run. Drives `models.training.train` and sends what it yields.

Four threads. The main one learns. One blocks on the pipe for commands and ends the process when the server
is gone. One sends: rows merged into blocks, at most one each 50 ms, everything in order. One beats, and
asks for a recovery snapshot now and then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from models.control import Command, Control
from models.errors import OquError
from models.events import Ended, Event, Progress, Reason, StateChanged, merge
from server import wire
from server.executors.base import Job, SnapshotBytes
from server.memory import limit_memory

if TYPE_CHECKING:
    from models.scene import Frame
    from models.snapshots import Snapshot

BLOCK_SECONDS = 0.05
MAX_WAITING_BYTES = 64 * 2**20
MAX_WAITING_ITEMS = 100_000
"""Above either the loop waits for the sender: a slow server costs bounded memory."""

SNAPSHOT_SHARE = 0.01
"""Of the time, at most, goes into recovery snapshots."""

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[Event])


def serve(sock: socket.socket) -> None:
    """Read the job, do it, end."""
    packet = wire.receive(sock)
    if packet is None:
        return
    job = Job.model_validate(packet[0]["job"])
    _be_modest()
    outbox = Outbox(sock)
    control = Control()
    loop = _Loop(job, control, outbox)
    for target in (lambda: _obey(sock, control), outbox.send_all, loop.beat):
        threading.Thread(target=target, daemon=True).start()
    if job.memory_limit is not None:
        limit_memory(job.memory_limit)  # on top of the threads' own stacks
    try:
        loop.run()
    except BaseException as error:
        if not isinstance(error, OquError | MemoryError):
            traceback.print_exc(file=sys.stderr)
        outbox.put_event(ended_by(error))
    outbox.close()


def _be_modest() -> None:
    """Lower priority than the server, first victim of the memory killer."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.nice(5)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _obey(sock: socket.socket, control: Control) -> None:
    """Put commands into the mailbox. The end of the pipe is the end of the server, and of this process."""
    while (packet := wire.receive(sock)) is not None:
        control.put(COMMAND.validate_python(packet[0]["command"]))
    os._exit(0)


class Outbox:
    """What waits to be sent, in order. Any thread puts, one sends."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._items: deque[tuple[str, Any]] = deque()
        self._frames: dict[int, Frame] = {}
        self._bytes = 0
        self._changed = threading.Condition()
        self._sent_at = 0.0
        self._urgent = False
        self._closing = False
        self._done = False

    def put_event(self, event: Event) -> None:
        """Send an event; a row may wait for others of its kind."""
        with self._changed:
            self._wait_for_room()
            self._items.append(("event", event))
            if not isinstance(event, Progress):
                self._hurry()
            elif len(self._items) == 1:  # the sender sleeps
                self._changed.notify_all()

    def put_snapshot(self, snapshot: SnapshotBytes) -> None:
        """Send a snapshot, after all that was said before it."""
        with self._changed:
            self._wait_for_room()
            self._items.append(("snapshot", snapshot))
            self._bytes += len(snapshot.content)
            self._hurry()

    def put_frame(self, frame: Frame) -> None:
        """Send a picture; it replaces one of the same watch that was not sent yet."""
        with self._changed:
            self._frames[frame.id] = frame
            self._hurry()

    def put_beat(self, idle: float) -> None:
        """Send a sign of life."""
        with self._changed:
            if not any(what == "beat" for what, _ in self._items):
                self._items.append(("beat", idle))
                self._hurry()

    def close(self) -> None:
        """Wait until all is sent."""
        with self._changed:
            self._closing = True
            self._hurry()
            self._changed.wait_for(lambda: self._done)

    def send_all(self) -> None:
        """The sender's thread."""
        while True:
            items, frames, last = self._take()
            try:
                self._send(items, frames)
            except OSError:  # the server is gone
                os._exit(0)
            except Exception:  # what cannot be sent: better lost, and tried again, than silent for ever
                traceback.print_exc(file=sys.stderr)
                os._exit(1)
            if last:
                break
        with self._changed:
            self._done = True
            self._changed.notify_all()

    def _hurry(self) -> None:
        self._urgent = True
        self._changed.notify_all()

    def _wait_for_room(self) -> None:
        self._changed.wait_for(
            lambda: self._bytes < MAX_WAITING_BYTES and len(self._items) < MAX_WAITING_ITEMS
        )

    def _take(self) -> tuple[list[tuple[str, Any]], list[Frame], bool]:
        """All that waits: at once where it is urgent, else what gathered in a block's time."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._closing or self._items)
            rest = self._sent_at + BLOCK_SECONDS - time.monotonic()
            self._changed.wait_for(lambda: self._urgent or self._closing, max(0.0, rest))
            self._sent_at = time.monotonic()
            items, frames = list(self._items), list(self._frames.values())
            self._items.clear()
            self._frames.clear()
            self._bytes = 0
            self._urgent = False
            self._changed.notify_all()
            return items, frames, self._closing

    def _send(self, items: list[tuple[str, Any]], frames: list[Frame]) -> None:
        events: list[Event] = []
        for what, value in items:
            if what == "event":
                events.append(value)
                continue
            self._send_events(events)
            events = []
            if what == "snapshot":
                facts = {name: getattr(value, name) for name in ("kind", "step", "epoch", "metrics")}
                wire.send(self._sock, {"snapshot": facts}, value.content)
            else:
                wire.send(self._sock, {"beat": value})
        self._send_events(events)
        for frame in frames:
            wire.send(self._sock, {"frame": frame.header, "id": frame.id}, frame.body)

    def _send_events(self, events: list[Event]) -> None:
        if events:
            said = EVENTS.dump_python(blocks(events), mode="json")
            wire.send(self._sock, {"events": said})


def blocks(events: list[Event]) -> list[Event]:
    """The same events in the same order, with neighbouring rows merged."""
    out: list[Event] = []
    rows: list[Progress] = []
    for event in events:
        if isinstance(event, Progress):
            rows.append(event)
            continue
        out += merge(rows)
        rows = []
        out.append(event)
    return out + merge(rows)


class _Loop:
    """The training loop, and what is known about it from outside."""

    def __init__(self, job: Job, control: Control, outbox: Outbox) -> None:
        self.job = job
        self.control = control
        self.outbox = outbox
        self.paused = False
        self.alive_at = time.monotonic()
        self.snapshot_at = self.alive_at + job.snapshot_every
        self.snapshot_step = -1

    def run(self) -> None:
        """Learn, and hand on what is said."""
        from models.scene import Frame
        from models.snapshots import Snapshot

        for item in learning(self.job, self.control):
            self.alive_at = time.monotonic()
            if isinstance(item, Snapshot):
                self._keep(item)
            elif isinstance(item, Frame):
                self.outbox.put_frame(item)
            else:
                if isinstance(item, StateChanged):
                    self._note_state(item)
                self.outbox.put_event(item)

    def _note_state(self, event: StateChanged) -> None:
        """A pause may last: what was learnt until now is kept first."""
        was, self.paused = self.paused, event.state == "paused"
        if self.paused and not was:
            self.control.put(Command("snapshot"))

    def _keep(self, snapshot: Snapshot) -> None:
        if snapshot.kind == "recovery" and snapshot.step == self.snapshot_step:
            return
        began = time.monotonic()
        self.outbox.put_snapshot(packed(snapshot))
        cost = 2 * (time.monotonic() - began)  # copying the tensors took about as long before
        self.snapshot_step = snapshot.step
        self.snapshot_at = time.monotonic() + max(self.job.snapshot_every, cost / SNAPSHOT_SHARE)

    def beat(self) -> None:
        """The thread that says that this process lives, and asks for snapshots."""
        beat_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= beat_at:
                self.outbox.put_beat(0.0 if self.paused else now - self.alive_at)
                beat_at = now + self.job.heartbeat
            if now >= self.snapshot_at:
                self.snapshot_at = now + self.job.snapshot_every
                if not self.paused:
                    self.control.put(Command("snapshot"))
            time.sleep(max(0.001, min(beat_at, self.snapshot_at) - time.monotonic()))


def learning(job: Job, control: Control) -> Iterator[Event | Snapshot | Frame]:
    """All that the job's experiment yields."""
    from models import experiment, training
    from server.doors import FolderDoor

    return training.train(
        experiment.parse(job.document),
        data=FolderDoor(job.home, job.datasets, job.mirror, job.downloads),
        control=control,
        resume=_snapshot(job.resume),
        start=_snapshot(job.start),
        spent=job.spent,
    )


def packed(snapshot: Snapshot) -> SnapshotBytes:
    """A snapshot as it goes to the disk."""
    from models.snapshots import encode

    metrics = snapshot.meta.get("metrics", {})
    return SnapshotBytes(snapshot.kind, snapshot.step, snapshot.epoch, encode(snapshot), metrics)


def _snapshot(path: Path | None) -> Snapshot | None:
    from models.snapshots import decode

    return None if path is None else decode(path.read_bytes())


def ended_by(error: BaseException) -> Ended:
    """The last event of a run whose loop raised: it does so for no failure that it foresaw."""
    if isinstance(error, OquError):
        return Ended(state="failed", reason="bad_data", detail=error.problem.detail, hint=error.problem.hint)
    reason = _reason(error)
    return Ended(state="failed", reason=reason, detail=_WORDS[reason](error), hint=_HINTS.get(reason, ""))


def _reason(error: BaseException) -> Reason:
    text = str(error)
    if type(error).__name__ == "OutOfMemoryError" or "CUDA out of memory" in text:
        return "gpu_out_of_memory"
    if isinstance(error, MemoryError) or "can't allocate memory" in text or "not enough memory" in text:
        return "out_of_memory"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk_full"
    return "internal"


_WORDS: dict[str, Callable[[BaseException], str]] = {
    "gpu_out_of_memory": lambda _: "The GPU's memory is full.",
    "out_of_memory": lambda _: "The run needed more memory than it may take.",
    "disk_full": lambda _: "The disk is full.",
    "internal": lambda error: f"Something unforeseen happened ({type(error).__name__}).",
}
_HINTS = {
    "gpu_out_of_memory": "Choose smaller batches or layers, or the CPU.",
    "out_of_memory": "Choose smaller batches or layers, or less data.",
    "disk_full": "Free some space, or delete old runs.",
    "internal": "The server's log has the details. Please report it.",
}

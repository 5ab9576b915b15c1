"""What people do to a run while it learns: a mailbox that the training loop looks into between steps.

The loop calls `poll()` (never blocks, costs an attribute read), `wait()` while paused, `hold()` to keep
a pace, and `due()` for the live pictures somebody watches. A driver's thread calls `put()`.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_FRAMES_PER_SECOND = 20


class Pace(BaseModel):
    """How fast a run may go, so that it can be watched. No part of the hash."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unit: Literal["epoch", "step"] = Field("epoch", title="Unit")
    per_second: float = Field(10, gt=0, le=10_000, title="Per second")


@dataclass(frozen=True)
class Command:
    """One thing asked of a running experiment."""

    action: Literal["pause", "resume", "step", "epoch", "stop", "set", "pace", "watch", "unwatch", "snapshot"]
    set: dict[str, Any] = field(default_factory=dict)
    pace: Pace | None = None
    watch: Watch | None = None
    id: int = 0


@dataclass
class Watch:
    """Somebody looks: compute this probe's live picture at most 20 times a second."""

    id: int
    probe: str
    params: dict[str, Any] = field(default_factory=dict)
    next_at: float = 0.0


class Control:
    """The mailbox of one run. Thread-safe: any thread puts, the training loop takes."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace
        self.waiting = False  # something is in the mailbox: all that a fast loop reads
        self.watches: dict[int, Watch] = {}
        self._mail: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._arrived = threading.Event()
        self._due_at = 0.0

    def put(self, command: Command) -> None:
        """Leave a command for the loop's next boundary."""
        self._mail.put(command)
        self.waiting = True
        self._arrived.set()

    def poll(self) -> Command | None:
        """The next command, or None. Never blocks."""
        if not self.waiting:
            return None
        try:
            return self._mail.get_nowait()
        except queue.Empty:
            self.waiting = False
            self._arrived.clear()
            if not self._mail.empty():  # put() came in between
                self.waiting = True
                return self._mail.get_nowait()
            return None

    def wait(self) -> Command:
        """The next command; blocks until there is one. Used while paused."""
        command = self._mail.get()
        self.waiting = True  # poll() finds out, and clears what hold() waits for
        return command

    def hold(self, unit: Literal["epoch", "step"]) -> None:
        """Sleep until the pace allows the next unit, or a command arrives."""
        pace = self.pace
        if pace is None or pace.unit != unit:
            return
        now = time.monotonic()
        self._due_at = max(self._due_at + 1 / pace.per_second, now - 1 / pace.per_second)
        if self._due_at > now:
            self._arrived.wait(self._due_at - now)

    def due(self) -> list[Watch]:
        """The watches whose next picture may be computed now."""
        if not self.watches:
            return []
        now = time.monotonic()
        ready = [watch for watch in self.watches.values() if watch.next_at <= now]
        for watch in ready:
            watch.next_at = now + 1 / MAX_FRAMES_PER_SECOND
        return ready

    def spent(self, watch: Watch, seconds: float) -> None:
        """Account for a picture: one that took long waits nine times as long before the next."""
        watch.next_at = max(watch.next_at, time.monotonic() + 9 * seconds)

"""Executes each job in a thread of this process: a real executor without processes, for tests.

Its jobs learn as everywhere else. They can be lost (`kill`) and frozen (`freeze`), but not made to respect a
memory limit, and a killed one goes on unheard until its next step.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.control import Command, Control
from models.events import Event
from server.executors.base import Beat, Events, Frame, Job, Message, SnapshotBytes

if TYPE_CHECKING:
    from models.snapshots import Snapshot


@dataclass
class _Running:
    control: Control = field(default_factory=Control)
    said: asyncio.Queue[Message | None] = field(default_factory=asyncio.Queue)
    thawed: threading.Event = field(default_factory=threading.Event)
    dead: bool = False


class MemoryExecutor:
    """One thread per job."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Running] = {}

    async def start(self) -> None:
        """Nothing needs to get warm."""

    def run(self, job: Job) -> AsyncGenerator[Message, None]:
        """Execute a job in a thread. A job of the same run that is still under way is ended first."""
        self.kill(job.run_id)
        running = self._jobs[job.run_id] = _Running()
        running.thawed.set()
        return self._run(job, running)

    def control(self, run_id: str, command: Command) -> bool:
        """Hand a command to a job."""
        running = self._jobs.get(run_id)
        if running is None:
            return False
        running.control.put(command)
        return True

    def stop(self, run_id: str) -> None:
        """End a job at its next step boundary."""
        self.control(run_id, Command("stop"))

    def kill(self, run_id: str) -> None:
        """Never hear of a job again."""
        running = self._jobs.pop(run_id, None)
        if running is not None:
            running.dead = True
            running.control.put(Command("stop"))
            running.thawed.set()
            running.said.put_nowait(None)

    def freeze(self, run_id: str) -> None:
        """Let a job fall silent, as a stopped process does."""
        self._jobs[run_id].thawed.clear()

    async def close(self) -> None:
        """End all jobs at once."""
        for run_id in list(self._jobs):
            self.kill(run_id)

    async def _run(self, job: Job, running: _Running) -> AsyncGenerator[Message, None]:
        loop = asyncio.get_running_loop()

        def say(message: Message | None) -> None:
            running.thawed.wait()
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(running.said.put_nowait, message)

        threading.Thread(target=_learn, args=(job, running, say), daemon=True).start()
        try:
            while not running.dead:
                try:
                    message = await asyncio.wait_for(running.said.get(), job.heartbeat)
                except TimeoutError:
                    if running.thawed.is_set():
                        yield Beat()
                    continue
                if message is None:
                    return
                yield message
        finally:
            if self._jobs.get(job.run_id) is running:
                self.kill(job.run_id)


def _learn(job: Job, running: _Running, say: Callable[[Message | None], None]) -> None:
    from server import worker

    try:
        for item in worker.learning(job, running.control):
            if running.dead:
                return
            say(_message(item))
    except BaseException as error:
        say(Events([worker.ended_by(error)]))
    finally:
        say(None)


def _message(item: Event | Snapshot | Frame) -> Events | SnapshotBytes | Frame:
    from models.snapshots import Snapshot
    from server import worker

    if isinstance(item, Snapshot):
        return worker.packed(item)
    return item if isinstance(item, Frame) else Events([item])

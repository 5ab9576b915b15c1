"""Executes each job in a process of its own on this machine, forked from the warm fork server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from pydantic import TypeAdapter

from models.control import Command
from models.events import Event
from server import wire
from server.executors.base import Beat, Events, Frame, Job, Message, SnapshotBytes
from server.forks import Child, ForkServer

log = structlog.get_logger()

TERMINATE_AFTER = 5.0
KILL_AFTER = 10.0
"""Seconds after which a job that was told to stop is ended by force."""

SPARE_AFTER = 0.5
"""Seconds that the next spare process waits, so as not to be in the way of the job that took the last one."""

EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[Event])
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


@dataclass
class _Running:
    """A job under way. Commands that come before its process is there wait."""

    child: Child | None = None
    writer: asyncio.StreamWriter | None = None
    early: list[Command] = field(default_factory=list)
    killed: bool = False
    ladder: asyncio.Task[None] | None = None

    def send(self, command: Command) -> None:
        if self.writer is None:
            self.early.append(command)
        elif not self.writer.is_closing():
            self.writer.write(wire.pack({"command": COMMAND.dump_python(command, mode="json")}))

    def signal(self, number: int) -> None:
        if number == signal.SIGKILL:
            self.killed = True
        if self.child is not None:
            self.child.kill(number)


class LocalExecutor:
    """One process per job; the executor of a single machine."""

    def __init__(
        self, forks: ForkServer, *, terminate_after: float = TERMINATE_AFTER, kill_after: float = KILL_AFTER
    ) -> None:
        self._forks = forks
        self._terminate_after = terminate_after
        self._kill_after = kill_after
        self._jobs: dict[str, _Running] = {}
        self._spares: dict[bool, asyncio.Task[Child]] = {}
        self._closed = False

    async def start(self) -> None:
        """Warm the fork server, and have a process ready for the next job; where there is a GPU, two."""
        await self._forks.start()
        self._get_ready(fresh=False)
        if has_gpu():
            self._get_ready(fresh=True)

    def pid(self, run_id: str) -> int | None:
        """The process of a job, for tests and for those who look at the machine."""
        job = self._jobs.get(run_id)
        return job.child.pid if job and job.child else None

    def run(self, job: Job) -> AsyncGenerator[Message, None]:
        """Execute a job in a new process. A job of the same run that is still under way is ended first."""
        if (before := self._jobs.get(job.run_id)) is not None:
            before.signal(signal.SIGKILL)
        running = self._jobs[job.run_id] = _Running()
        return self._run(job, running)

    async def _run(self, job: Job, running: _Running) -> AsyncGenerator[Message, None]:
        try:
            running.child = await self._child(job)
            if running.killed:
                return
            reader, running.writer = await asyncio.open_connection(sock=running.child.socket, limit=2**20)
            running.writer.write(wire.pack({"job": job.model_dump(mode="json")}))
            for command in running.early:
                running.send(command)
            while (packet := await wire.read(reader)) is not None:
                yield _message(*packet)
        finally:
            await self._end(job.run_id, running)

    def control(self, run_id: str, command: Command) -> bool:
        """Hand a command to a job."""
        running = self._jobs.get(run_id)
        if running is None:
            return False
        running.send(command)
        return True

    def stop(self, run_id: str) -> None:
        """Next step boundary; SIGTERM after 5 s; SIGKILL after 10 s."""
        running = self._jobs.get(run_id)
        if running is not None and running.ladder is None:
            running.send(Command("stop"))
            running.ladder = asyncio.create_task(self._climb(running))

    def kill(self, run_id: str) -> None:
        """End a job now, also one that is frozen."""
        if (running := self._jobs.get(run_id)) is not None:
            running.signal(signal.SIGKILL)

    async def close(self) -> None:
        """End all jobs at once. They go on from their snapshots another time."""
        for running in self._jobs.values():
            running.signal(signal.SIGKILL)
        self._closed = True
        for spare in self._spares.values():
            with contextlib.suppress(ConnectionError):
                (await spare).socket.close()

    async def _child(self, job: Job) -> Child:
        """The spare process, if there is one and it still lives; the next one gets ready a little later."""
        fresh = job.cuda and has_gpu()
        spare = self._spares.pop(fresh, None)
        asyncio.get_running_loop().call_later(SPARE_AFTER, lambda: self._get_ready(fresh=fresh))
        if spare is not None:
            with contextlib.suppress(ConnectionError):
                child = await spare
                if not child.ended.done():
                    return child
                child.socket.close()
        return await self._forks.child("worker", fresh=fresh)

    def _get_ready(self, *, fresh: bool) -> None:
        if not self._closed and fresh not in self._spares:
            self._spares[fresh] = asyncio.create_task(self._forks.child("worker", fresh=fresh))

    async def _climb(self, running: _Running) -> None:
        await asyncio.sleep(self._terminate_after)
        running.signal(signal.SIGTERM)
        await asyncio.sleep(self._kill_after - self._terminate_after)
        running.signal(signal.SIGKILL)

    async def _end(self, run_id: str, running: _Running) -> None:
        """Nothing of a job outlives its messages: whatever it waited for, its process is gone."""
        if self._jobs.get(run_id) is running:
            del self._jobs[run_id]
        if running.ladder is not None:
            running.ladder.cancel()
        if running.writer is not None:
            running.writer.close()
        if running.child is not None:
            if running.writer is None:
                running.child.socket.close()
            with contextlib.suppress(TimeoutError):  # it ends by itself after its last word
                await asyncio.wait_for(asyncio.shield(running.child.ended), 0.2)
            running.child.kill()


def _message(header: dict[str, Any], body: bytes) -> Message:
    match header:
        case {"events": events}:
            return Events(EVENTS.validate_python(events))
        case {"snapshot": {"kind": kind, "step": step, "epoch": epoch, "metrics": metrics}}:
            return SnapshotBytes(kind, step, epoch, body, metrics)
        case {"frame": frame, "id": id}:
            return Frame(id, frame, body)
        case {"beat": idle}:
            return Beat(idle)
    raise ValueError("a worker said what nobody understands")


def has_gpu() -> bool:
    """Whether there is an NVIDIA GPU, without touching it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return not hidden and any(Path("/dev").glob("nvidia[0-9]*"))

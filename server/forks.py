"""The handle of the warm fork server: a process that has imported torch once, and forks one child per request.

It stands in the web process, which never imports torch itself; the other side is `server.forker`. A child gets
one socket and a role from a fixed table; it reads its orders from the socket and ends when that is closed, so
that no child outlives the server. A child that may touch a GPU is spawned fresh.

The very first child is forked before torch is there: it does what needs none, in a new server's first
seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from server import wire

log = structlog.get_logger()

Role = Literal["worker", "helper"]
ROLES: dict[str, str] = {"worker": "server.worker", "helper": "server.helper"}
"""Modules with `serve(socket)`."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A process that forks must have no threads; children choose their number themselves."""

FIRST = "fork"
"""What the warm process is told to be; other processes are told their role."""

FORKS = sys.platform == "linux"
"""Elsewhere torch does not survive a fork: every child is spawned fresh."""

START_TIMEOUT = 120.0


@dataclass
class Child:
    """A process with a role, and this side of its socket."""

    pid: int
    socket: socket.socket
    ended: asyncio.Future[int] = field(repr=False)
    """Its exit status; negative for the signal that ended it."""

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the child and all that it started. A stopped process is ended too."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


class ForkServer:
    """Starts children; keeps the warm process alive."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._ready: asyncio.Future[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._starting: dict[int, tuple[socket.socket, asyncio.Future[Child]]] = {}
        self._children: dict[int, Child] = {}
        self._fresh: set[asyncio.Task[None]] = set()
        self._number = 0
        self._first: asyncio.Future[Child] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The warm process."""
        return self._process.pid if self._process else None

    @property
    def warm(self) -> bool:
        """Whether children come at once."""
        return not FORKS or (self._ready is not None and self._ready.done())

    def launch(self) -> None:
        """Let the warm process begin to warm up. Does nothing where it does already."""
        if FORKS and not self._closed and self._ready is None:
            self._launch()

    async def start(self) -> None:
        """Start the warm process and wait until it has warmed up. Does nothing where it is warm."""
        if not FORKS or self._closed:
            return
        self.launch()
        assert self._ready is not None
        await asyncio.wait_for(asyncio.shield(self._ready), START_TIMEOUT)

    async def child(self, role: Role, *, fresh: bool = False) -> Child:
        """A new process of this role: forked, or started from nothing for a GPU."""
        if fresh or not FORKS:
            return await self._spawn(role)
        for _ in range(2):
            try:
                await self.start()
                return await self._fork(role)
            except (ConnectionError, asyncio.IncompleteReadError):
                log.warning("the fork server died and is started again")
        raise ConnectionError("the fork server dies at once")

    async def first(self) -> Child:
        """The helper that does not wait for torch, for whoever asks first; then one like all others."""
        self.launch()
        first, self._first = self._first, None
        if first is not None:
            with contextlib.suppress(ConnectionError):
                return await first
        return await self.child("helper")

    async def close(self) -> None:
        """End the warm process; its children end with their own sockets."""
        self._closed = True
        self._end_first()
        if self._channel is not None:
            self._channel.close()
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    def _end_first(self) -> None:
        """Nobody asked for it."""
        first, self._first = self._first, None
        if first is not None and first.done() and not first.exception():
            first.result().socket.close()

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        mine, first = socket.socketpair()
        with theirs, first:
            self._process = subprocess.Popen(  # outlives no one: it ends when `ours` is closed
                [sys.executable, "-m", "server.forker", str(theirs.fileno()), FIRST, str(first.fileno())],
                pass_fds=[theirs.fileno(), first.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ | ONE_THREAD,
            )
        self._channel = ours
        self._ready, self._first = (asyncio.get_running_loop().create_future() for _ in range(2))
        self._starting[0] = (mine, self._first)
        self._listener = asyncio.create_task(self._listen(self._process, ours, self._ready))

    async def _listen(
        self, process: subprocess.Popen[bytes], channel: socket.socket, ready: asyncio.Future[None]
    ) -> None:
        """Take in what the warm process says, until it dies."""
        reader, writer = await asyncio.open_connection(sock=channel.dup())
        try:
            while (packet := await wire.read(reader)) is not None:
                self._heard(packet[0], ready)
        finally:
            writer.close()
            channel.close()
            self._lost(ready)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()

    def _heard(self, header: dict[str, Any], ready: asyncio.Future[None]) -> None:
        if "ready" in header:
            log.info("warm", seconds=header["ready"])
            if not ready.done():
                ready.set_result(None)
        elif "status" in header:
            child = self._children.pop(header["pid"], None)
            if child is not None and not child.ended.done():
                child.ended.set_result(header["status"])
        else:
            ours, born = self._starting.pop(header["id"])
            child = Child(header["pid"], ours, asyncio.get_running_loop().create_future())
            self._children[child.pid] = child
            if born.cancelled():
                ours.close()
            else:
                born.set_result(child)

    def _lost(self, ready: asyncio.Future[None]) -> None:
        """The warm process is gone. Its children live on; how they end is seen by their sockets only."""
        self._end_first()
        self._ready = None
        self._channel = None
        gone = ConnectionError("the fork server died")
        if not ready.done():
            ready.set_exception(gone)
            ready.exception()  # looked at, where nobody waits
        for ours, born in self._starting.values():
            ours.close()
            if not born.done():
                born.set_exception(gone)
                born.exception()
        self._starting.clear()
        for child in self._children.values():
            self._watch_orphan(child)
        self._children.clear()

    def _watch_orphan(self, child: Child) -> None:
        task = asyncio.create_task(_until_gone(child))
        self._fresh.add(task)
        task.add_done_callback(self._fresh.discard)

    async def _fork(self, role: Role) -> Child:
        assert self._channel is not None
        self._number += 1
        ours, theirs = socket.socketpair()
        born: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._starting[self._number] = (ours, born)
        request = wire.pack({"id": self._number, "role": role})
        with theirs:
            socket.send_fds(self._channel, [request], [theirs.fileno()])
        return await born

    async def _spawn(self, role: Role) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "server.forker", str(theirs.fileno()), role),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        child = Child(process.pid, ours, asyncio.get_running_loop().create_future())

        async def reap() -> None:
            child.ended.set_result(await process.wait())

        task = asyncio.create_task(reap())
        self._fresh.add(task)
        task.add_done_callback(self._fresh.discard)
        return child


async def _until_gone(child: Child) -> None:
    """Wait for a process that is nobody's child any more."""
    while True:
        try:
            os.kill(child.pid, 0)
        except ProcessLookupError:
            if not child.ended.done():
                child.ended.set_result(-signal.SIGKILL)
            return
        await asyncio.sleep(0.05)

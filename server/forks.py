"""The warm fork server: a process that has imported torch once, and forks one child per request.

`ForkServer` is its handle in the web process, which never imports torch itself. A child gets one socket
and a role from a fixed table; it reads its orders from the socket and ends when that is closed, so that
no child outlives the server. The fork server makes one optimiser step with one thread and never touches
a GPU; a child that may, is spawned fresh.

The very first child is forked before torch is there: it does what needs none, in a new server's first
seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
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

IDLE_IMPORTS = ("sklearn.datasets", "PIL.Image", "plotly.graph_objects")
"""What many children need, imported one by one while nobody asks for a fork."""

IDLE_SECONDS = 1.0

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
                [sys.executable, "-m", "server.forks", str(theirs.fileno()), FIRST, str(first.fileno())],
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
                *(sys.executable, "-m", "server.forks", str(theirs.fileno()), role),
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


# In the warm process.


def main(channel: socket.socket, first: socket.socket) -> None:
    """Fork once, warm up, then fork until the channel is closed."""
    began = time.perf_counter()
    for module in ROLES.values():
        importlib.import_module(module)
    wire.send(channel, {"id": 0, "pid": _fork_first(channel, first)})
    importlib.import_module("server.datasets")
    warm_up()
    gc.collect()
    gc.freeze()  # children share these pages: the collector must not write on them
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wire.send(channel, {"ready": round(time.perf_counter() - began, 3)})
    _Forker(channel, wake, woken).run()


def _fork_first(channel: socket.socket, sock: socket.socket) -> int:
    """The helper that has no torch."""
    pid = os.fork()
    if pid == 0:
        channel.close()
        become("helper", sock)
    sock.close()
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    return pid


class _Forker:
    """The loop of the warm process."""

    def __init__(self, channel: socket.socket, wake: socket.socket, woken: socket.socket) -> None:
        self.channel = channel
        self.wake = wake
        self.woken = woken
        self.idle = list(IDLE_IMPORTS)

    def run(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self.channel, selectors.EVENT_READ)
        selector.register(self.wake, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select(IDLE_SECONDS if self.idle else None)}
            if self.wake in ready:
                self._reap()
            if self.channel in ready and not self._serve(selector):
                return
            if not ready and self.idle:
                with contextlib.suppress(ImportError):
                    importlib.import_module(self.idle.pop(0))

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self.wake.recv(4096):
                pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            wire.send(self.channel, {"pid": pid, "status": os.waitstatus_to_exitcode(status)})

    def _serve(self, selector: selectors.BaseSelector) -> bool:
        """Fork once. False when the server is gone."""
        request, descriptor = _request(self.channel)
        if request is None or descriptor is None:
            return False
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            selector.close()
            for end in (self.channel, self.wake, self.woken):
                end.close()
            become(request["role"], socket.socket(fileno=descriptor))
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # the child does it as well: whoever comes first
        wire.send(self.channel, {"id": request["id"], "pid": pid})
        return True


def _request(channel: socket.socket) -> tuple[dict[str, Any] | None, int | None]:
    """One request with its socket. Only the first byte is peeked with it, the rest read as a packet."""
    try:
        first, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    except ConnectionError:
        return None, None
    if not first or not descriptors:
        return None, None
    packet = wire.receive(channel, first)
    return (packet[0] if packet else None), descriptors[0]


def become(role: str, sock: socket.socket) -> None:
    """Be a child of this role, and end with it. Never returns."""
    status = 1
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        importlib.import_module(ROLES[role]).serve(sock)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


WARM_UP: dict[str, Any] = {
    "data": {"type": "spiral", "samples": 20},
    "networks": {
        "model": {"layers": [{"type": "Linear", "out_features": 2}, {"type": "Tanh"}, {"type": "Linear"}]}
    },
    "learner": {"type": "supervised", "batch_size": 10, "epochs": 1},
    "run": {"device": "cpu", "engine": "eager"},
}
USUAL_LAYERS: list[dict[str, Any]] = [
    {"type": "Conv2d", "out_channels": 2, "kernel_size": 3},
    {"type": "ReLU"},
    {"type": "MaxPool2d", "kernel_size": 2},
    {"type": "Flatten"},
    {"type": "Dropout"},
    {"type": "Sigmoid"},
    {"type": "Linear"},
]


def warm_up() -> None:
    """Do once what costs each process a second at its first step: a whole run, and a look at its end.

    With one thread: two would hang the children.
    """
    import torch

    from models.check import check
    from models.data.base import NoDoor
    from models.experiment import parse
    from models.network import NetworkSpec, plan
    from models.probes import look
    from models.scene import scene_of
    from models.snapshots import Snapshot, decode, encode
    from models.training import train

    torch.set_num_threads(1)
    plan(NetworkSpec.model_validate({"layers": USUAL_LAYERS}), {"input": (1, 8, 8)}, (2,))
    check(WARM_UP, NoDoor())
    *_, last = (said for said in train(parse(WARM_UP), data=NoDoor()) if isinstance(said, Snapshot))
    look("decision_map", {}, scene_of(decode(encode(last)), NoDoor()))


def touch_gpu() -> None:
    """Pay for the first use of a GPU now. Never in a process that forks."""
    import torch

    if torch.cuda.is_available():
        torch.zeros(1, device="cuda").add_(1).cpu()


def limit_memory(headroom: int) -> None:
    """Let this process take at most that many bytes more than it has now.

    Private writable memory is what is limited: address space would count torch's reservations and the
    mapped data sets too, resident memory could only be watched, and one allocation is enough to be killed.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:  # not Linux: no such limit
        return
    now = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + headroom, hard))


if __name__ == "__main__":
    descriptor, what = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    if what == FIRST:
        main(descriptor, socket.socket(fileno=int(sys.argv[3])))
    else:
        warm_up()
        touch_gpu()
        become(what, descriptor)

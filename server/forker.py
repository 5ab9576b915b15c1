"""The warm process: imports torch once, then forks a child for each request. `server.forks` starts and asks it.

    python -m server.forker DESCRIPTOR fork DESCRIPTOR      the fork server, with the socket of its first child
    python -m server.forker DESCRIPTOR worker               one child, started fresh

It makes its steps with one thread and never touches a GPU: neither survives a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from typing import Any

from server import wire
from server.forks import FIRST, ROLES
from server.warm import touch_gpu, warm_up

IDLE_IMPORTS = ("PIL.Image", "plotly.graph_objects")
"""What many children need, imported one by one while nobody asks for a fork."""

IDLE_SECONDS = 1.0


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


if __name__ == "__main__":
    descriptor, what = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    if what == FIRST:
        main(descriptor, socket.socket(fileno=int(sys.argv[3])))
    else:
        warm_up()
        touch_gpu()
        become(what, descriptor)

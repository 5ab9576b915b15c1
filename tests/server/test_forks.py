"""The warm fork server, with real processes."""

import asyncio
import os
import signal
import time
from pathlib import Path

from server import wire
from server.forks import ForkServer


async def gone(pid: int) -> None:
    """Until there is no such process, or only its entry."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            if stat.rsplit(")", 1)[1].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"process {pid} is still there")


def test_a_child_is_forked_warm_and_ends_when_its_socket_is_closed(runner, forks):
    async def test():
        began = time.perf_counter()
        child = await forks.child("worker")
        assert time.perf_counter() - began < 1  # torch alone takes longer to import
        assert os.getpgid(child.pid) == child.pid
        child.socket.close()
        assert await asyncio.wait_for(child.ended, 10) == 0

    runner.run(test())


def test_a_killed_child_is_reported_with_its_signal(runner, forks):
    async def test():
        child = await forks.child("worker")
        os.kill(child.pid, signal.SIGSTOP)
        child.kill()
        assert await asyncio.wait_for(child.ended, 10) == -signal.SIGKILL
        child.kill()  # nothing is left to be killed
        child.socket.close()

    runner.run(test())


def test_a_dead_fork_server_is_replaced_and_its_children_live_on(runner, forks):
    async def test():
        before, old = forks.pid, await forks.child("helper")
        os.kill(before, signal.SIGKILL)
        new = await forks.child("worker")
        assert forks.pid != before
        old.socket.setblocking(True)
        wire.send(old.socket, {"call": "no such thing"}, b"{}")
        assert wire.receive(old.socket) == ({"failed": "KeyError"}, b"")
        for child in (old, new):
            child.socket.close()
            await asyncio.wait_for(child.ended, 10)

    runner.run(test())


def test_children_can_be_asked_for_at_the_same_time(runner, forks):
    async def test():
        children = await asyncio.gather(*(forks.child("worker") for _ in range(8)))
        assert len({child.pid for child in children}) == 8
        for child in children:
            child.socket.close()
        assert await asyncio.gather(*(child.ended for child in children)) == [0] * 8

    runner.run(test())


def test_a_fresh_child_shares_nothing_with_the_fork_server(runner, forks):
    async def test():
        child = await forks.child("worker", fresh=True)
        child.socket.close()
        assert await asyncio.wait_for(child.ended, 60) == 0

    runner.run(test())


def test_nothing_outlives_the_server(runner):
    async def test():
        forks = ForkServer()
        child = await forks.child("helper")
        warm = forks.pid
        await forks.close()
        await gone(warm)
        child.socket.close()
        await gone(child.pid)

    runner.run(test())

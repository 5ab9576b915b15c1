"""The server is killed at random moments: what it accepted goes on, and ends with the weights it would have had."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from server.files import Files
from server.store.base import LOCAL
from server.store.sql import SqlStore
from tests.drills.counting import Tally, times
from tests.running import spiral, undisturbed

ROOT = Path(__file__).parents[2]


class Driver:
    """A server process, and what it prints."""

    def __init__(self, home: Path, log: Path) -> None:
        self.began = time.monotonic()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.drills.driver", str(home), "60"],
                cwd=ROOT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )

    def said(self, word: str, seconds: float) -> bool:
        """Whether it says this in time."""
        output = self.process.stdout
        assert output is not None
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([output], [], [], left)[0]:
                line = output.readline()
                if not line:
                    return False
                if line.decode().startswith(word):
                    return True
        return False

    def kill(self) -> None:
        """kill -9, of this process alone."""
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Wait for its end."""
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


def descendants(pid: int) -> set[int]:
    """All processes that this one started, and those started by them."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def alive(pids: set[int]) -> set[int]:
    """Those that are more than an entry."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            found |= {pid} if state != "Z" else set()
    return found


def test_what_was_accepted_survives_every_kill_of_the_server(runner, forks, tmp_path):
    tally, dice = Tally("server SIGKILL", runs=1), random.Random(5)
    oracle, series = runner.run(undisturbed(tmp_path / "oracle", forks, spiral(200)))
    home, log = tmp_path / "home", tmp_path / "log"
    for _ in range(times(2, 12)):
        driver = Driver(home, log)
        if not driver.said("going", 60):
            driver.close()
            break
        tally.recoveries.append(time.monotonic() - driver.began)
        time.sleep(dice.uniform(0, 0.5))
        family = descendants(driver.process.pid)
        assert family
        driver.kill()
        tally.faults += 1
        deadline = time.monotonic() + 10
        while alive(family) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not alive(family), "a worker outlived its server"
    driver = Driver(home, log)
    assert driver.said("ended", 60), log.read_text()
    driver.close()

    async def look():
        store = SqlStore(f"sqlite:///{home / 'oqu.sqlite'}")
        await store.open()
        runs = await store.list_runs(LOCAL)
        record = await store.find_run(runs[0].id)
        events = await store.events(record.id, limit=100_000)
        snapshot = (await store.snapshots(record.id))[-1]
        metrics = (await store.metrics(record.id))["series"]
        await store.close()
        return len(runs), record, events, snapshot, metrics

    count, record, events, snapshot, metrics = runner.run(look())
    assert (count, record.state, record.strikes) == (1, "completed", 0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert metrics == series
    from models.snapshots import decode

    mine = decode(Files(home / "files").open(snapshot.sha256)).tensors
    theirs = decode(Files(tmp_path / "oracle" / "files").open(oracle)).tensors
    assert mine.keys() == theirs.keys()
    assert all(mine[name].numpy().tobytes() == theirs[name].numpy().tobytes() for name in mine)
    tally.equal = 1
    tally.print()

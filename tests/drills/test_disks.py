"""The disk runs full while a run learns: it ends in words, everything else goes on, and so do later runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import StorageError
from server.store.base import LOCAL
from tests.drills.counting import Tally
from tests.running import FOREVER, place, spiral

MB = 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("A small disk can only be mounted by root: run this drill in a container.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """A file that takes all of the disk but so many bytes."""
    facts = os.statvfs(folder)
    filler = folder / "filler"
    with filler.open("wb") as file:
        file.write(bytes(max(0, facts.f_bavail * facts.f_frsize - leave)))
    return filler


def heavy() -> dict:
    """Its snapshots are of some megabytes."""
    document = spiral(FOREVER)
    document["networks"]["model"]["layers"][:1] = [
        {"type": "Linear", "out_features": 400},
        {"type": "Tanh"},
        {"type": "Linear", "out_features": 400},
    ]
    return document


def test_a_full_disk_ends_the_run_in_words_and_nothing_else(runner, forks, small_disk):
    tally = Tally("disk full")

    async def test():
        async with place(small_disk / "home", forks, snapshot_seconds=0.2) as here:
            before = await here.runs.submit(LOCAL, spiral(2))
            assert (await here.until(before.id)).state == "completed"
            run = await here.runs.submit(LOCAL, heavy())
            await here.past(run.id, 20)
            filler = fill(small_disk, leave=3 * MB)
            began = time.monotonic()
            await asyncio.wait_for(here.runs.wait(run.id), 30)
            tally.recoveries.append(time.monotonic() - began)
            tally.faults += 1
            record = await here.store.find_run(run.id)
            assert (record.state, record.reason) == ("failed", "disk_full"), record
            assert "disk" in record.detail.lower() and "space" in record.hint.lower()
            assert (await here.store.find_run(before.id)).state == "completed"
            assert here.files.verify((await here.store.snapshots(run.id))[-1].sha256)

            filler.unlink()
            filler = fill(
                small_disk, leave=0
            )  # now nothing can be stored at all: no 201 for what is not kept
            with pytest.raises(StorageError, match="disk is full"):
                for _ in range(200):
                    await here.runs.submit(LOCAL, spiral(FOREVER))
            assert (await here.store.find_run(run.id)).reason == "disk_full"  # it can still be read
            filler.unlink()
            for each in await here.store.list_runs(LOCAL, limit=500):
                if each.state not in ("completed", "failed", "cancelled"):
                    await here.runs.control(LOCAL, each.id, "stop")
            again = await here.runs.submit(LOCAL, spiral(2))
            assert (await here.until(again.id)).state == "completed"
            tally.runs += 1

    runner.run(test())
    tally.print()

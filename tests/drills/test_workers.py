"""Workers are killed and frozen at random moments: every run ends with the weights of an undisturbed one."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time

import pytest

from server.store.base import LOCAL, SnapshotRecord
from tests.drills.counting import Tally, times
from tests.running import Place, place, spiral, undisturbed

DOCUMENT = spiral(200)
PACED = spiral(200, run={"device": "cpu", "pace": {"per_second": 100}})
SETTINGS = {"snapshot_seconds": 0.2, "heartbeat_seconds": 0.1, "lease_seconds": 1.0, "attempts": 100}


async def weights(here: Place, run_id: str) -> dict[str, bytes]:
    """All tensors after the last step."""
    from models.snapshots import decode

    snapshot = decode(here.files.open(await here.weights(run_id)))
    return {name: tensor.numpy().tobytes() for name, tensor in snapshot.tensors.items()}


async def strike(here: Place, run_id: str, number: int) -> float | None:
    """Send a signal to the run's worker; the seconds until its successor says something."""
    pid = here.executor.pid(run_id)  # type: ignore[attr-defined]
    record = await here.store.find_run(run_id)
    if pid is None or record.state != "running":
        return None
    began = time.monotonic()
    os.kill(pid, number)
    while (now := await here.store.find_run(run_id)).attempt == record.attempt and now.state == "running":
        await asyncio.sleep(0.005)
    seq = now.last_seq
    while (now := await here.store.find_run(run_id)).last_seq <= seq + 1 and now.state == "running":
        await asyncio.sleep(0.005)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("number", "count"),
    [(signal.SIGKILL, times(3, 40)), (signal.SIGSTOP, times(2, 20))],
    ids=["kill", "stop"],
)
def test_weights_and_curves_are_those_of_an_undisturbed_run(runner, forks, tmp_path, number, count):
    tally = Tally(f"worker {signal.Signals(number).name}")
    dice = random.Random(3)

    async def test():
        async with place(tmp_path / "home", forks, **SETTINGS) as here:
            whole = await here.runs.submit(LOCAL, DOCUMENT)
            await here.until(whole.id)
            oracle = await weights(here, whole.id)
            series = (await here.store.metrics(whole.id))["series"]
            while tally.faults < count:
                run = await here.runs.submit(LOCAL, PACED)
                tally.runs += 1
                while tally.faults < count and (await here.store.find_run(run.id)).state != "completed":
                    await asyncio.sleep(dice.uniform(0, 0.8))
                    recovery = await strike(here, run.id, number)
                    if recovery is not None:
                        tally.faults += 1
                        tally.recoveries.append(recovery)
                record = await here.until(run.id)
                same = (await here.store.metrics(run.id))["series"] == series
                tally.lost += record.state != "completed"
                tally.equal += same and await weights(here, run.id) == oracle
                events = await here.store.events(run.id, limit=10_000)
                assert [event.seq for event in events] == list(range(1, len(events) + 1))

    runner.run(test())
    tally.print()
    assert (tally.lost, tally.equal) == (0, tally.runs)


def test_without_snapshots_the_same_drill_would_show_it(runner, forks, tmp_path, monkeypatch):
    """The negative control: the oracle notices a run that does not go on from where it was."""

    async def forgets(record):
        return None

    async def test():
        _, series = await undisturbed(tmp_path / "oracle", forks, DOCUMENT)
        async with place(tmp_path / "home", forks, **SETTINGS) as here:
            monkeypatch.setattr(here.runs._recorder, "_resume_from", forgets)
            run = await here.runs.submit(LOCAL, PACED)
            await here.past(run.id, 200)
            await strike(here, run.id, signal.SIGKILL)
            await here.until(run.id)
            assert (await here.store.metrics(run.id))["series"] != series

    runner.run(test())


def test_a_frozen_worker_that_wakes_up_writes_nothing_more(runner, forks, tmp_path):
    """What it may still say is refused by the fence, and its process is gone."""

    async def test():
        async with place(tmp_path / "home", forks, **SETTINGS) as here:
            run = await here.runs.submit(LOCAL, PACED)
            await here.past(run.id, 100)
            frozen = here.executor.pid(run.id)
            os.kill(frozen, signal.SIGSTOP)
            while (record := await here.store.find_run(run.id)).attempt == 1:
                await asyncio.sleep(0.01)
            for late in (
                here.store.append(run.id, 1, []),
                here.store.add_snapshot(
                    run.id, 1, SnapshotRecord(step=1, epoch=0, kind="recovery", sha256="0" * 64, size=1)
                ),
            ):
                with pytest.raises(Exception, match="attempt"):
                    await late
            record = await here.until(run.id)
            assert (record.state, record.attempt) == ("completed", 2)
            with pytest.raises(ProcessLookupError):
                os.kill(frozen, signal.SIGCONT)

    runner.run(test())

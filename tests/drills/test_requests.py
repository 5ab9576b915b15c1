"""People press buttons at the wrong moment, and programs ask too often."""

from __future__ import annotations

import asyncio
import random
import time

from server.errors import ConflictError
from server.store.base import LOCAL
from tests.drills.counting import Tally, times
from tests.running import FOREVER, place, spiral


def test_a_run_can_be_cancelled_at_any_moment(runner, forks, tmp_path):
    """Before it begins, while it begins, while it learns, as it ends; once or twice."""
    tally, dice = Tally("cancel"), random.Random(11)

    async def test():
        async with place(tmp_path / "home", forks) as here:
            for i in range(times(8, 200)):
                epochs = FOREVER if i % 2 else dice.randint(1, 30)
                run = await here.runs.submit(LOCAL, spiral(epochs))
                await asyncio.sleep(dice.choice([0, dice.uniform(0, 0.05), dice.uniform(0, 0.4)]))
                began = time.monotonic()
                await asyncio.gather(*(here.runs.control(LOCAL, run.id, "stop") for _ in range(1 + i % 2)))
                record = await here.until(run.id, seconds=15)
                tally.recoveries.append(time.monotonic() - began)
                tally.runs += 1
                tally.faults += 1 + i % 2
                events = await here.store.events(run.id, limit=10_000)
                ends = [event.seq for event in events if event.kind == "ended"]
                allowed = ("cancelled",) if epochs == FOREVER else ("cancelled", "completed")
                tally.lost += record.state not in allowed or ends != [len(events)]
                await here.runs.wait(run.id)
            assert here.runs.under_way == 0

    runner.run(test())
    tally.print()
    assert tally.lost == 0


def test_fifty_submissions_with_one_key_make_one_run(runner, forks, tmp_path):
    tally = Tally("50 submissions with one key")

    async def test():
        async with place(tmp_path / "home", forks) as here:

            async def submit(key):
                while True:
                    try:
                        return (await here.runs.submit(LOCAL, spiral(1), key)).id
                    except ConflictError:  # still in flight
                        tally.faults += 1
                        await asyncio.sleep(0.05)

            for i in range(times(1, 20)):
                ids = set(await asyncio.gather(*(submit(f"key {i}") for _ in range(50))))
                tally.runs += 1
                tally.equal += len(ids) == 1
            assert len(await here.store.list_runs(LOCAL, limit=500)) == tally.runs
            without = {(await here.runs.submit(LOCAL, spiral(1))).id for _ in range(3)}
            assert len(without) == 3  # the negative control: it is the key that does it

    runner.run(test())
    tally.print()
    assert tally.equal == tally.runs

"""All parts of running, put together as the server does, and small experiments to run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.events import ENDED
from server.executors.base import Executor
from server.executors.local import LocalExecutor
from server.feed import Feed
from server.files import Files
from server.forks import ForkServer
from server.helper import Helper
from server.runs import Runs
from server.settings import Settings
from server.store.base import LOCAL, RunRecord
from server.store.sql import SqlStore

FOREVER = 1_000_000


def spiral(epochs: int = 30, **changes: Any) -> dict[str, Any]:
    """A tiny experiment: two arms of a spiral, one hidden layer, some randomness in each step."""
    document: dict[str, Any] = {
        "name": "Spiral",
        "seed": 7,
        "data": {"type": "spiral", "samples": 80, "noise": 0.1},
        "networks": {
            "model": {
                "layers": [
                    {"type": "Linear", "out_features": 8},
                    {"type": "Tanh"},
                    {"type": "Dropout", "p": 0.1},
                    {"type": "Linear"},
                ]
            }
        },
        "learner": {
            "type": "supervised",
            "loss": {"type": "CrossEntropyLoss"},
            "optimizer": {"type": "Adam", "lr": 0.01},
            "batch_size": 10,
            "epochs": epochs,
        },
        "run": {"device": "cpu"},
    }
    return document | changes


@dataclass
class Place:
    """The parts of a running server."""

    settings: Settings
    store: SqlStore
    files: Files
    feed: Feed
    executor: Executor
    helper: Helper
    runs: Runs

    async def until(self, run_id: str, *states: str, seconds: float = 60) -> RunRecord:
        """The run once it is in one of these states, or has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            record = await self.store.find_run(run_id)
            if record.state in {*states, *ENDED}:
                return record
            await asyncio.sleep(0.005)
        raise AssertionError(f"still {record.state} after {seconds} s: {await self.store.events(run_id)}")

    async def past(self, run_id: str, step: int, seconds: float = 60) -> RunRecord:
        """The run once it has reported more than this many steps."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            record = await self.store.find_run(run_id)
            if record.step > step:
                return record
            assert record.state not in ENDED, record
            await asyncio.sleep(0.005)
        raise AssertionError(f"still at step {record.step} after {seconds} s")

    async def weights(self, run_id: str) -> str:
        """The hash of all state after the last step."""
        return (await self.store.snapshots(run_id))[-1].sha256


@asynccontextmanager
async def place(
    home: Path, forks: ForkServer, executor: Executor | None = None, *, idle: bool = False, **settings: Any
) -> AsyncIterator[Place]:
    """Runs with everything they need, open; closed at the end as a server closes. Idle ones start no run."""
    chosen = Settings(home=home, **settings)
    store = SqlStore(chosen.database)
    await store.open()
    files, feed, helper = Files(home / "files"), Feed(store.lines), Helper(forks)
    executor = executor or LocalExecutor(forks)
    runs = Runs(chosen, store, feed, files, executor, helper)
    try:
        if not idle:
            await runs.start()
        yield Place(chosen, store, files, feed, executor, helper, runs)
    finally:
        await runs.close()
        await executor.close()
        await helper.close()
        await store.close()


async def undisturbed(home: Path, forks: ForkServer, document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The hash of the last state, and the history, of a run that nothing disturbs."""
    async with place(home, forks) as here:
        run = await here.runs.submit(LOCAL, document)
        assert (await here.until(run.id)).state == "completed"
        return await here.weights(run.id), (await here.store.metrics(run.id))["series"]

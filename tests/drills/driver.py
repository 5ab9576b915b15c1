"""A server without its web part, to be killed: submits an experiment once and goes on with it at each start.

python -m tests.drills.driver HOME PACE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from models.events import ENDED
from server.forks import ForkServer
from server.store.base import LOCAL
from tests.running import place, spiral


async def main(home: Path, pace: float) -> None:
    """Until the run has ended."""
    forks = ForkServer()
    await forks.start()
    async with place(home, forks, snapshot_seconds=0.2) as here:
        document = spiral(200, run={"device": "cpu", "pace": {"per_second": pace}})
        run = await here.runs.submit(LOCAL, document, "once")
        print("accepted", run.id, flush=True)
        since = run.last_seq
        while (record := await here.store.find_run(run.id)).state not in ENDED:
            if since is not None and record.last_seq > since + 1:
                print("going", record.step, flush=True)
                since = None
            await asyncio.sleep(0.005)
        await here.runs.wait(run.id)
        print("ended", record.state, flush=True)
    await forks.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2])))

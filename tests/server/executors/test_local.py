"""What only processes can do: memory limits, priorities, force, and a spare one that is ready."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from models.events import Ended, StateChanged
from server.executors.base import Events, Job
from server.executors.local import LocalExecutor
from tests.running import FOREVER, spiral


@pytest.fixture
def executor(runner, forks):
    made = LocalExecutor(forks, terminate_after=0.2, kill_after=0.4)
    runner.run(made.start())
    yield made
    runner.run(made.close())


async def last_event(messages):
    last = None
    async for message in messages:
        if isinstance(message, Events):
            last = message.events[-1]
    return last


async def running(messages):
    async for message in messages:
        if isinstance(message, Events) and StateChanged(state="running") in message.events:
            return


def wide() -> dict:
    document = spiral(2)
    document["networks"]["model"]["layers"][0]["out_features"] = 2000
    document["data"]["samples"] = 5000
    document["learner"]["batch_size"] = "full"
    return document


def test_a_job_that_takes_more_memory_than_it_may_ends_in_words(runner, executor):
    limited = Job(run_id="a", document=wide(), memory_limit=30 * 2**20)
    ended = runner.run(asyncio.wait_for(last_event(executor.run(limited)), 60))
    assert (ended.state, ended.reason) == ("failed", "out_of_memory")
    assert ended.hint
    unlimited = Job(run_id="a", document=wide())  # the control: it is the limit that does it
    assert runner.run(last_event(executor.run(unlimited))).state == "completed"


def test_a_worker_steps_back_behind_the_server_and_is_the_first_to_go(runner, executor):
    async def test():
        messages = executor.run(Job(run_id="a", document=spiral(FOREVER)))
        await running(messages)
        pid = executor.pid("a")
        assert os.getpgid(pid) == pid
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
        await messages.aclose()

    runner.run(test())


def test_a_frozen_job_told_to_stop_is_ended_by_force(runner, executor):
    async def test():
        messages = executor.run(Job(run_id="a", document=spiral(FOREVER)))
        await running(messages)
        os.kill(executor.pid("a"), signal.SIGSTOP)
        began = time.monotonic()
        executor.stop("a")
        assert not isinstance(await asyncio.wait_for(last_event(messages), 10), Ended)
        assert time.monotonic() - began >= 0.4

    runner.run(test())


def test_a_spare_process_that_died_is_passed_over(runner, executor):
    async def test():
        spare = await executor._spares[False]
        spare.kill()
        await spare.ended
        ended = await asyncio.wait_for(last_event(executor.run(Job(run_id="a", document=spiral(1)))), 60)
        assert ended.state == "completed"

    runner.run(test())


def test_two_threads_work_in_a_process_that_was_warmed_with_one(runner, executor):
    document = wide() | {"run": {"device": "cpu", "threads": 2}}
    ended = runner.run(asyncio.wait_for(last_event(executor.run(Job(run_id="a", document=document))), 60))
    assert ended.state == "completed"

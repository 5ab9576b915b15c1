"""What every executor does: one suite over all of them."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from models.control import Command, Watch
from models.events import Ended, Event, StateChanged
from server.executors.base import Events, Frame, Job, Message, SnapshotBytes
from server.executors.local import LocalExecutor
from server.executors.memory import MemoryExecutor
from tests.running import FOREVER, spiral


@pytest.fixture(params=["local", "memory"])
def executor(request, runner, forks):
    made = LocalExecutor(forks) if request.param == "local" else MemoryExecutor()
    runner.run(made.start())
    yield made
    runner.run(made.close())


def job(run_id: str = "a", **changes) -> Job:
    return Job(**{"run_id": run_id, "document": spiral(3), **changes})


async def collect(messages: AsyncGenerator[Message, None]) -> list[Message]:
    return [message async for message in messages]


def events_of(messages: list[Message]) -> list[Event]:
    return [event for message in messages if isinstance(message, Events) for event in message.events]


async def first_event(messages: AsyncGenerator[Message, None], kind: type) -> None:
    async for message in messages:
        if isinstance(message, Events) and any(isinstance(event, kind) for event in message.events):
            return
    raise AssertionError(f"never said {kind.__name__}")


def test_a_job_says_everything_in_order_and_ends(runner, executor):
    messages = runner.run(asyncio.wait_for(collect(executor.run(job())), 60))
    events = events_of(messages)
    assert events[0].kind == "prepared"
    assert isinstance(events[-1], Ended) and events[-1].state == "completed"
    epochs = [value for event in events if event.kind == "progress" for value in event.columns["epoch"]]
    assert epochs == [0, 1, 2, 3]
    snapshots = [message for message in messages if isinstance(message, SnapshotBytes)]
    assert snapshots[0].step == 0 and snapshots[-1].epoch == 3


def test_two_executions_say_the_same(runner, executor):
    first = runner.run(collect(executor.run(job("a"))))
    second = runner.run(collect(executor.run(job("b"))))
    states = [[m.content for m in said if isinstance(m, SnapshotBytes)] for said in (first, second)]
    assert states[0] == states[1]


def test_a_job_goes_on_exactly_from_a_snapshot(runner, executor, tmp_path):
    whole = [m for m in runner.run(collect(executor.run(job()))) if isinstance(m, SnapshotBytes)]
    middle = tmp_path / "middle"
    middle.write_bytes(whole[len(whole) // 2].content)
    resumed = runner.run(collect(executor.run(job("b", resume=middle))))
    assert [m for m in resumed if isinstance(m, SnapshotBytes)][-1].content == whole[-1].content


def test_a_job_told_to_stop_ends_cancelled_at_the_next_step(runner, executor):
    async def test():
        messages = executor.run(job(document=spiral(FOREVER)))
        await first_event(messages, StateChanged)
        executor.stop("a")
        executor.stop("a")
        rest = await asyncio.wait_for(collect(messages), 10)
        assert events_of(rest)[-1] == Ended(state="cancelled")
        assert any(isinstance(message, SnapshotBytes) for message in rest)

    runner.run(test())


def test_a_killed_jobs_messages_end_without_a_last_word(runner, executor):
    async def test():
        messages = executor.run(job(document=spiral(FOREVER)))
        await first_event(messages, StateChanged)
        executor.kill("a")
        rest = await asyncio.wait_for(collect(messages), 10)
        assert not any(isinstance(event, Ended) for event in events_of(rest))
        assert not executor.control("a", Command("pause"))

    runner.run(test())


def test_closing_the_messages_ends_the_job(runner, executor):
    async def test():
        messages = executor.run(job(document=spiral(FOREVER)))
        await first_event(messages, StateChanged)
        await messages.aclose()
        assert not executor.control("a", Command("pause"))

    runner.run(test())


def test_commands_given_before_the_job_is_there_are_kept(runner, executor):
    async def test():
        messages = executor.run(job(document=spiral(FOREVER)))
        assert executor.control("a", Command("pause"))
        async for message in messages:
            if isinstance(message, Events) and StateChanged(state="paused") in message.events:
                break
        executor.stop("a")
        assert events_of(await collect(messages))[-1].state == "cancelled"

    runner.run(test())


def test_a_watched_job_sends_pictures(runner, executor):
    async def test():
        messages = executor.run(job(document=spiral(FOREVER)))
        executor.control("a", Command("watch", watch=Watch(5, "decision_map"), id=5))
        async for message in messages:
            if isinstance(message, Frame):
                break
        assert message.id == 5
        assert message.header["probe"] == "decision_map" and len(message.body) > 0
        executor.stop("a")
        await collect(messages)

    runner.run(test())


def test_what_fails_ends_as_an_event(runner, executor):
    document = spiral(3)
    document["data"] = {"type": "dataset", "name": "nowhere"}
    ended = events_of(runner.run(collect(executor.run(job(document=document)))))[-1]
    assert (ended.state, ended.reason) == ("failed", "bad_data")
    assert ended.detail and ended.hint


def test_a_loss_that_is_no_number_ends_the_job_as_diverged(runner, executor):
    document = spiral(50)
    document["learner"]["optimizer"] = {"type": "SGD", "lr": 1e9}
    document["data"] = {"type": "regression_plane"}
    document["learner"]["loss"] = {"type": "MSELoss"}
    ended = events_of(runner.run(collect(executor.run(job(document=document)))))[-1]
    assert (ended.state, ended.reason) == ("failed", "diverged")

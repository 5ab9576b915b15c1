"""Runs from submission to their end, with real workers, a real store and real training."""

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager

import pytest

from models.errors import ControlError, DocumentError
from server.errors import ConflictError, FencedError, IdempotencyError, NotFoundError, StorageError
from server.executors.memory import MemoryExecutor
from server.store.base import LOCAL
from tests.running import FOREVER, place, spiral


@pytest.fixture
def within(runner, forks, tmp_path):
    """Run a test inside open parts: `within(test, lease_seconds=1)`."""

    def run(test, **settings):
        async def inside():
            async with place(tmp_path / "home", forks, **settings) as here:
                return await asyncio.wait_for(test(here), 120)

        return runner.run(inside())

    run.place = lambda **settings: place(tmp_path / "home", forks, **settings)
    return run


async def kinds(here, run_id):
    return [event.kind for event in await here.store.events(run_id)]


async def finish(here, document=None, **options):
    run = await here.runs.submit(LOCAL, document or spiral(3), **options)
    record = await here.until(run.id)
    await here.runs.wait(run.id)
    return record


def test_a_run_learns_and_everything_it_says_is_kept_in_order(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(3))
        assert (run.state, run.epochs, run.name) == ("queued", 3, "Spiral")
        record = await here.until(run.id)
        assert (record.state, record.epoch, record.reason) == ("completed", 3, None)
        assert record.metrics["train_loss"] > 0
        events = await here.store.events(run.id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events[-1].kind == "ended"
        snapshots = await here.store.snapshots(run.id)
        assert snapshots[0].step == 0 and snapshots[-1].epoch == 3
        assert all(here.files.verify(snapshot.sha256) for snapshot in snapshots)

    within(test)


def test_watchers_get_what_the_store_has(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(5))
        texts = []
        async with here.feed.watch(run.id) as watcher:
            texts += [message async for message in watcher]
        assert texts[-1].count('"kind":"ended"') == 1
        assert sum(text.count('"seq":') for text in texts) == await here.store.last_seq(run.id)

    within(test)


def test_the_same_experiment_gives_the_same_weights(within):
    async def test(here):
        first, second = [await finish(here) for _ in range(2)]
        assert first.digest == second.digest
        assert await here.weights(first.id) == await here.weights(second.id)

    within(test)


def test_the_stored_document_has_all_defaults_written_out(within):
    async def test(here):
        record = await finish(here)
        assert '"betas"' in record.document and '"validation_fraction"' in record.document

    within(test)


def test_all_that_is_wrong_with_a_document_is_said_before_it_is_kept(within):
    async def test(here):
        document = spiral(3)
        document["networks"]["model"]["layers"][0] = {"type": "Conv2d", "out_channels": 4, "kernel_size": 3}
        with pytest.raises(DocumentError) as error:
            await here.runs.submit(LOCAL, document)
        assert error.value.problem.where.path[:4] == ("networks", "model", "layers", 0)
        assert await here.store.list_runs(LOCAL) == []

    within(test)


def test_too_big_is_refused_with_the_estimate(within):
    async def test(here):
        document = spiral(3)
        document["networks"]["model"]["layers"][0]["out_features"] = 500_000
        document["networks"]["model"]["layers"].insert(1, {"type": "Linear", "out_features": 500_000})
        with pytest.raises(DocumentError) as error:
            await here.runs.submit(LOCAL, document)
        assert error.value.problem.error == "TooLargeError"
        assert await here.store.list_runs(LOCAL) == []

    within(test)


def test_one_key_makes_one_run_however_many_ask_at_once(within):
    async def test(here):
        async def submit():
            try:
                return (await here.runs.submit(LOCAL, spiral(2), "a key")).id
            except ConflictError:
                return None  # still in flight: ask again

        answers = await asyncio.gather(*(submit() for _ in range(50)))
        answers += [await submit()]
        assert len(set(answers) - {None}) == 1 and answers[-1] is not None
        assert len(await here.store.list_runs(LOCAL)) == 1
        with pytest.raises(IdempotencyError):
            await here.runs.submit(LOCAL, spiral(3), "a key")

    within(test)


def test_another_owner_sees_and_steers_nothing(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        for call in (
            here.runs.control("somebody", run.id, "stop"),
            here.runs.delete("somebody", run.id),
            here.runs.watch("somebody", run.id, "decision_map", {}),
            here.runs.look("somebody", run.id, "predict", {"rows": [[0, 0]]}),
        ):
            with pytest.raises(NotFoundError):
                await call
        await here.runs.control(LOCAL, run.id, "stop")

    within(test)


def test_a_run_can_be_paused_stepped_and_resumed(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.past(run.id, 0)
        await here.runs.control(LOCAL, run.id, "pause")
        paused = await here.until(run.id, "paused")
        assert paused.state == "paused"
        await here.runs.control(LOCAL, run.id, "step")
        stepped = await here.past(run.id, paused.step)
        await here.runs.control(LOCAL, run.id, "resume")
        await here.past(run.id, stepped.step + 8)
        await here.runs.control(LOCAL, run.id, "stop")
        assert (await here.until(run.id)).state == "cancelled"

    within(test)


def test_a_change_is_kept_with_its_step(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.past(run.id, 0)
        await here.runs.control(LOCAL, run.id, "set", set={"learner.optimizer.lr": 0.002})
        await here.past(run.id, (await here.store.find_run(run.id)).step + 100)
        await here.runs.control(LOCAL, run.id, "stop")
        await here.until(run.id)
        said = [event for event in await here.store.events(run.id) if event.kind == "control"]
        changes = [event for event in said if event.action == "set"]
        assert [event.set for event in changes] == [{"learner.optimizer.lr": 0.002}]
        kept = await here.store.controls(run.id)
        assert [(each.step, each.set) for each in kept if "learner.optimizer.lr" in each.set] == [
            (changes[0].step, {"learner.optimizer.lr": 0.002})
        ]

    within(test)


def test_a_change_that_makes_no_sense_is_refused_and_leaves_no_trace(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        for changes in ({"learner.optimizer.lr": -1}, {"learner.optimizer.speed": 1}):
            with pytest.raises(ControlError):
                await here.runs.control(LOCAL, run.id, "set", set=changes)
        assert await here.store.controls(run.id) == []
        await here.runs.control(LOCAL, run.id, "stop")

    within(test)


def test_a_change_made_twice_is_kept_twice_and_none_is_left_over(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.past(run.id, 0)
        for lr in (0.002, 0.002, 0.005):
            await here.runs.control(LOCAL, run.id, "set", set={"learner.optimizer.lr": lr})
        while None in [control.step for control in await here.store.controls(run.id)]:
            await asyncio.sleep(0.005)
        await here.runs.control(LOCAL, run.id, "stop")

    within(test)


def test_the_pace_can_be_changed_while_it_learns(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(40, run={"device": "cpu", "pace": {"per_second": 0.5}}))
        await here.past(run.id, 0)
        await here.runs.control(LOCAL, run.id, "pace", pace=None)
        assert (await here.until(run.id, seconds=20)).state == "completed"

    within(test)


@asynccontextmanager
async def full(here):
    """The only place is taken by a run that goes on for ever."""
    first = await here.runs.submit(LOCAL, spiral(FOREVER))
    await here.past(first.id, 0)
    yield first
    await here.runs.control(LOCAL, first.id, "stop")


def test_a_waiting_run_can_be_cancelled_at_once(within):
    async def test(here):
        async with full(here):
            waiting = await here.runs.submit(LOCAL, spiral(3))
            record = await here.runs.control(LOCAL, waiting.id, "stop")
            assert record.state == "cancelled"
            assert await kinds(here, waiting.id) == ["ended"]

    within(test, max_runs=1)


def test_a_waiting_run_can_be_paused_and_stepped_before_it_begins(within):
    async def test(here):
        async with full(here):
            waiting = await here.runs.submit(LOCAL, spiral(3))
            await here.runs.control(LOCAL, waiting.id, "pause")
            await here.runs.control(LOCAL, waiting.id, "step")
        record = await here.past(waiting.id, 0)
        assert (await here.until(waiting.id, "paused")).step == record.step == 1
        await here.runs.control(LOCAL, waiting.id, "resume")
        assert (await here.until(waiting.id)).state == "completed"

    within(test, max_runs=1)


def test_a_paused_run_leaves_its_place_to_others(within):
    async def test(here):
        async with full(here) as first:
            await here.runs.control(LOCAL, first.id, "pause")
            assert (await finish(here)).state == "completed"

    within(test, max_runs=1)


def test_a_cancelled_run_ends_soon_and_keeps_its_last_snapshot(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.past(run.id, 10)
        began = time.monotonic()
        await here.runs.control(LOCAL, run.id, "stop")
        await here.runs.control(LOCAL, run.id, "stop")  # twice is fine
        record = await here.until(run.id)
        assert record.state == "cancelled" and record.reason is None
        assert time.monotonic() - began < 10
        assert (await here.store.snapshots(run.id))[-1].step == record.step > 10
        assert (await here.runs.control(LOCAL, run.id, "stop")).state == "cancelled"
        with pytest.raises(ConflictError):
            await here.runs.control(LOCAL, run.id, "resume")

    within(test)


def test_a_run_cancelled_as_it_begins_ends_cancelled(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.until(run.id, "running")
        await here.runs.control(LOCAL, run.id, "stop")
        assert (await here.until(run.id)).state == "cancelled"

    within(test)


def test_a_deleted_run_is_gone_with_its_files(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        await here.past(run.id, 10)
        await here.runs.delete(LOCAL, run.id)
        with pytest.raises(NotFoundError):
            await here.store.get_run(LOCAL, run.id)
        assert list(here.files.folder.glob("??/*")) == []

    within(test)


def test_deleting_one_of_two_equal_runs_leaves_the_others_files(within):
    async def test(here):
        first, second = [await finish(here) for _ in range(2)]
        await here.runs.delete(LOCAL, first.id)
        assert all(here.files.verify(each.sha256) for each in await here.store.snapshots(second.id))

    within(test)


def test_a_loss_that_is_no_number_ends_the_run_as_diverged_and_breaks_no_list(within):
    async def test(here):
        document = spiral(50)
        document["data"] = {"type": "regression_plane"}
        document["learner"] |= {"loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 1e9}}
        record = await finish(here, document)
        assert (record.state, record.reason) == ("failed", "diverged")
        assert "diverged" in [
            event.code for event in await here.store.events(record.id) if event.kind == "finding"
        ]
        assert (await here.store.list_runs(LOCAL))[0].id == record.id
        await here.store.metrics(record.id)

    within(test)


def test_a_finished_run_can_be_looked_at(within):
    async def test(here):
        record = await finish(here)
        answer = await here.runs.look(LOCAL, record.id, "predict", {"rows": [[0.5, -1.0], [0, 0]]})
        assert len(answer["probabilities"]) == 2 and set(answer["classes"]) <= {"0", "1"}
        first = (await here.store.snapshots(record.id))[0]
        payload = {"probe": "decision_map", "params": {}, "form": "tiles"}
        then = await here.runs.look(LOCAL, record.id, "probe", payload, first.id)
        now = await here.runs.look(LOCAL, record.id, "probe", payload)
        assert isinstance(now, bytes) and then != now
        figure = await here.runs.look(LOCAL, record.id, "probe", payload | {"form": "figure"})
        assert "data" in figure
        with pytest.raises(NotFoundError):
            await here.runs.look(LOCAL, record.id, "predict", {"rows": [[0, 0]]}, "nothing")

    within(test)


def test_equal_watchers_share_one_picture_and_the_last_one_ends_it(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER))
        first = await here.runs.watch(LOCAL, run.id, "decision_map", {})
        assert await here.runs.watch(LOCAL, run.id, "decision_map", {}) == first
        async with here.feed.watch(run.id) as watcher:
            watcher.show(first, 9)
            async for message in watcher:
                if isinstance(message, bytes):
                    break
        assert b'"id":9' in message
        await here.runs.unwatch(run.id, first)
        await here.runs.unwatch(run.id, first)
        await here.runs.unwatch(run.id, first)  # nobody is left: nothing happens
        assert await here.runs.watch(LOCAL, run.id, "decision_map", {}) != first
        await here.runs.control(LOCAL, run.id, "stop")

    within(test)


def test_a_killed_worker_is_replaced_and_the_end_is_the_same_bit_for_bit(within):
    async def test(here):
        whole = await finish(here, spiral(60))
        run = await here.runs.submit(LOCAL, spiral(60, run={"device": "cpu", "pace": {"per_second": 40}}))
        await here.past(run.id, 100)
        os.kill(here.executor.pid(run.id), signal.SIGKILL)
        record = await here.until(run.id)
        assert (record.state, record.attempt) == ("completed", 2)
        resumed = [event for event in await here.store.events(run.id) if event.kind == "resumed"]
        assert [event.attempt for event in resumed] == [2]
        series = [(await here.store.metrics(each.id))["series"] for each in (whole, record)]
        assert series[0] == series[1]
        assert [(s.step, s.metrics) for s in await here.store.snapshots(run.id) if s.kind == "timeline"][
            -1
        ] == [(s.step, s.metrics) for s in await here.store.snapshots(whole.id)][-1]

    within(test, snapshot_seconds=0.2)


def test_a_worker_lost_again_and_again_ends_the_run(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(FOREVER, run={"device": "cpu", "paused": True}))
        await here.until(run.id, "paused")
        await here.runs.control(LOCAL, run.id, "pause")
        last = None
        while (record := await here.store.find_run(run.id)).state != "failed":
            pid = here.executor.pid(run.id)
            if pid is not None and pid != last:
                os.kill(pid, signal.SIGKILL)
                last = pid
            await asyncio.sleep(0.001)
        assert record.reason == "worker_lost"
        assert record.attempt <= 6

    within(test)


def test_a_frozen_worker_is_replaced_and_its_late_writes_are_refused(within):
    async def test(here):
        run = await here.runs.submit(LOCAL, spiral(60, run={"device": "cpu", "pace": {"per_second": 40}}))
        await here.past(run.id, 50)
        os.kill(here.executor.pid(run.id), signal.SIGSTOP)
        record = await here.until(run.id)
        assert (record.state, record.attempt) == ("completed", 2)
        with pytest.raises(FencedError):
            await here.store.append(run.id, 1, [])

    within(test, lease_seconds=0.6, heartbeat_seconds=0.1, snapshot_seconds=0.2)


def test_a_silent_job_is_given_up_whatever_its_executor_does(runner, forks, tmp_path):
    async def test():
        executor = MemoryExecutor()
        settings = {"lease_seconds": 0.5, "heartbeat_seconds": 0.1}
        async with place(tmp_path / "home", forks, executor, **settings) as here:
            run = await here.runs.submit(LOCAL, spiral(60, run={"device": "cpu", "pace": {"per_second": 40}}))
            await here.past(run.id, 50)
            executor.freeze(run.id)
            record = await here.until(run.id)
            assert (record.state, record.attempt) == ("completed", 2)

    runner.run(test())


@pytest.mark.parametrize("damage", ["flipped", "truncated", "deleted"])
def test_a_damaged_snapshot_is_passed_over_and_an_event_says_so(runner, within, damage):
    async def before():
        async with within.place() as here:
            run = await here.runs.submit(LOCAL, spiral(60, run={"device": "cpu", "pace": {"per_second": 40}}))
            await here.past(run.id, 100)
            return run.id

    async def after(run_id):
        async with within.place(max_runs=1) as here:
            record = await here.until(run_id)
            assert (record.state, record.attempt) == ("completed", 2)
            return await here.store.events(run_id)

    def spoil(run_id):
        async def newest():
            async with within.place(idle=True) as here:
                snapshot = (await here.store.snapshots(run_id))[-1]
                return snapshot.step, here.files.path_of(snapshot.sha256)

        step, path = runner.run(newest())
        content = path.read_bytes()
        path.unlink()
        if damage == "flipped":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        elif damage == "truncated":
            path.write_bytes(content[: len(content) // 2])
        return step

    run_id = runner.run(before())
    step = spoil(run_id)
    events = runner.run(after(run_id))
    assert [event.step for event in events if getattr(event, "code", "") == "snapshot_damaged"] == [step]
    assert next(event for event in events if event.kind == "resumed").from_step < step


def test_a_restart_goes_on_with_what_was_running_waiting_and_paused(runner, within):
    async def before():
        async with within.place(max_runs=2) as here:
            running = await here.runs.submit(
                LOCAL, spiral(60, run={"device": "cpu", "pace": {"per_second": 40}})
            )
            paused = await here.runs.submit(LOCAL, spiral(3, run={"device": "cpu", "paused": True}))
            await here.until(paused.id, "paused")
            other = await here.runs.submit(LOCAL, spiral(FOREVER))
            await here.past(other.id, 0)
            await here.past(running.id, 50)
            waiting = await here.runs.submit(LOCAL, spiral(3))
            await here.store.request_cancel(LOCAL, other.id)  # as if it died before the worker heard of it
            return [run.id for run in (running, paused, waiting, other)]

    async def after(ids):
        async with within.place(max_runs=2) as here:
            running, paused, waiting, other = [await here.until(ids[i], *s) for i, s in enumerate(states)]
            assert (running.state, running.strikes) == ("completed", 0)
            assert (waiting.state, other.state) == ("completed", "cancelled")
            assert (paused.state, paused.step) == ("paused", 0)
            await here.runs.control(LOCAL, paused.id, "resume")
            assert (await here.until(paused.id)).state == "completed"

    states: list[tuple[str, ...]] = [(), ("paused",), (), ()]
    runner.run(asyncio.wait_for(after(runner.run(asyncio.wait_for(before(), 60))), 60))


def test_a_closing_server_saves_what_was_learnt(runner, within):
    async def before():
        async with within.place() as here:
            run = await here.runs.submit(LOCAL, spiral(80, run={"device": "cpu", "pace": {"per_second": 40}}))
            return await here.past(run.id, 150)

    async def after(record):
        async with within.place() as here:
            await here.until(record.id)
            events = await here.store.events(record.id)
            assert next(event for event in events if event.kind == "resumed").from_step >= record.step

    runner.run(after(runner.run(before())))


def test_a_change_made_before_a_crash_is_made_again_at_its_step(within):
    async def test(here):
        change = {"learner.optimizer.lr": 0.05}
        run = await here.runs.submit(LOCAL, spiral(80, run={"device": "cpu", "pace": {"per_second": 40}}))
        await here.past(run.id, 50)
        await here.runs.control(LOCAL, run.id, "set", set=change)
        at = 0
        while not at:
            events = await here.store.events(run.id)
            at = next((event.step for event in events if event.kind == "control"), 0)
        await here.past(run.id, at + 50)
        os.kill(here.executor.pid(run.id), signal.SIGKILL)
        record = await here.until(run.id)
        assert (record.state, record.attempt) == ("completed", 2)
        again = await finish(here, spiral(80, control=[{"step": at, "set": change}]))
        series = [(await here.store.metrics(each.id))["series"] for each in (record, again)]
        assert series[0] == series[1]

    within(test, snapshot_seconds=0.3)


def test_a_full_disk_ends_the_run_in_words(within, monkeypatch):
    async def test(here):
        def full(content):
            raise StorageError("disk_full", "The disk is full: nothing was stored.")

        monkeypatch.setattr(here.files, "put", full)
        record = await finish(here)
        assert (record.state, record.reason) == ("failed", "disk_full")
        assert record.hint

    within(test)


def test_a_time_limit_ends_the_run(within):
    async def test(here):
        settings = {"device": "cpu", "time_limit_seconds": 0.3}
        record = await finish(here, spiral(FOREVER, run=settings))
        assert (record.state, record.reason) == ("failed", "time_limit")

    within(test)


def test_a_time_limit_counts_all_attempts(within):
    async def test(here):
        settings = {"device": "cpu", "time_limit_seconds": 2}
        run = await here.runs.submit(LOCAL, spiral(FOREVER, run=settings))
        await here.until(run.id, "running")
        await asyncio.sleep(1.2)
        os.kill(here.executor.pid(run.id), signal.SIGKILL)
        record = await here.until(run.id)
        assert (record.reason, record.attempt) == ("time_limit", 2)
        assert 1.5 < record.seconds < 2.8, "it would be 3.2 if the limit began anew"

    within(test, snapshot_seconds=0.2)

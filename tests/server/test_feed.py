"""The feed: every event once and in order, whoever is slow, late, cut off or many."""

from __future__ import annotations

import asyncio
import json
import random
import tracemalloc
from dataclasses import dataclass, field

import pytest

from models.events import Ended, Progress
from server.feed import MESSAGE_BYTES, Feed
from server.store.sql import SqlStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Bench:
    """A real store, a feed over it, and a run that talks."""

    def __init__(self, store: SqlStore, run_id: str, waiting_bytes: int = 1_000_000) -> None:
        self.store, self.run_id = store, run_id
        self.feed = Feed(store.lines, waiting_bytes)
        self.said = 0

    async def say(self, count: int = 1, pad: int = 0) -> None:
        column = f"loss_{'x' * pad}"
        events = [
            Progress.row("epoch", {"epoch": self.said + i + 1, "step": self.said + i + 1, column: 0.5})
            for i in range(count)
        ]
        self.said += count
        self.feed.publish(self.run_id, await self.store.append(self.run_id, 1, events))

    async def end(self) -> None:
        self.said += 1
        self.feed.publish(self.run_id, await self.store.append(self.run_id, 1, [Ended(state="completed")]))


@pytest.fixture
async def bench(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path / 'oqu.sqlite'}")
    await store.open()
    run, _ = await store.create_run("local", "{}", "d", "n", None)
    await store.claim_next()
    yield Bench(store, run.id)
    await store.close()


def seqs(message: str) -> list[int]:
    return [event["seq"] for event in json.loads(message)]


def numbers(messages: list[str | bytes]) -> list[int]:
    return [seq for message in messages if isinstance(message, str) for seq in seqs(message)]


async def read(bench: Bench, after: int = 0, pause: float = 0.0) -> list[int]:
    """All numbers a watcher receives, until the run's end."""
    seen: list[int] = []
    async with bench.feed.watch(bench.run_id, after) as watcher:
        async for message in watcher:
            seen += seqs(message)
            await asyncio.sleep(pause)
    return seen


async def talk(bench: Bench, count: int) -> None:
    for _ in range(count):
        await bench.say(random.randint(1, 3))
        if random.random() < 0.3:
            await asyncio.sleep(random.random() / 100)
    await bench.end()


async def test_a_watcher_gets_what_was_said_before_and_what_is_said_then(bench):
    await bench.say(5)
    reading = asyncio.create_task(read(bench))
    await talk(bench, 30)
    assert await reading == list(range(1, bench.said + 1))


async def test_a_watcher_that_comes_back_gets_only_what_it_missed(bench):
    await bench.say(5)
    reading = asyncio.create_task(read(bench, after=3))
    await talk(bench, 5)
    assert await reading == list(range(4, bench.said + 1))


async def test_an_ended_run_is_replayed_and_ends(bench):
    await talk(bench, 300)
    assert await read(bench) == list(range(1, bench.said + 1))
    assert await read(bench, after=bench.said - 1) == [bench.said]
    assert await read(bench, after=bench.said) == []


async def test_a_number_that_does_not_exist_yet_means_from_the_start(bench):
    await bench.say(3)
    await bench.end()
    assert await read(bench, after=999) == [1, 2, 3, 4]


async def test_watchers_that_are_cut_again_and_again_miss_and_double_nothing(bench):
    async def cut_off(seed: int) -> list[int]:
        dice, seen = random.Random(seed), []
        while not seen or seen[-1] != "end":
            async with bench.feed.watch(bench.run_id, seen[-1] if seen else 0) as watcher:
                left = dice.randint(1, 4)
                async for message in watcher:
                    for event in json.loads(message):
                        seen.append(event["seq"])
                        if event["kind"] == "ended":
                            return seen
                    left -= 1
                    if not left:
                        break
            await asyncio.sleep(dice.random() / 50)
        return seen

    watchers = [asyncio.create_task(cut_off(seed)) for seed in range(8)]
    await talk(bench, 80)
    for watcher in watchers:
        assert await watcher == list(range(1, bench.said + 1))
    assert bench.feed.watchers == 0


async def test_publications_out_of_order_or_lost_are_mended_from_the_store(bench):
    reading = asyncio.create_task(read(bench))
    await asyncio.sleep(0)
    batches = [
        await bench.store.append(bench.run_id, 1, [Progress.row("epoch", {"epoch": i})]) for i in range(30)
    ]
    random.shuffle(batches)
    for batch in batches[:20]:
        bench.feed.publish(bench.run_id, batch)
        bench.feed.publish(bench.run_id, batch)
        await asyncio.sleep(0.002)
    bench.said = 30
    await bench.end()
    assert await reading == list(range(1, 32))


async def test_events_that_come_together_go_out_together_encoded_once(bench):
    async def collect() -> list[str | bytes]:
        async with bench.feed.watch(bench.run_id) as watcher:
            return [message async for message in watcher]

    await bench.say()
    readers = [asyncio.create_task(collect()) for _ in range(20)]
    while bench.feed.watchers < 20:
        await asyncio.sleep(0.001)
    rows = [[Progress.row("epoch", {"epoch": i})] for i in range(10)]
    for stored in [await bench.store.append(bench.run_id, 1, row) for row in rows]:
        bench.feed.publish(bench.run_id, stored)
    bench.said += 10
    await bench.end()
    messages = [await reader for reader in readers]
    assert all(numbers(got) == list(range(1, 13)) for got in messages)
    shared = [got[-1] for got in messages]
    assert all(text is shared[0] for text in shared), "the same text for everybody, not a copy"


async def test_ten_events_in_one_moment_are_one_message(bench):
    await bench.say()
    async with bench.feed.watch(bench.run_id) as watcher:
        messages = aiter(watcher)
        assert seqs(await anext(messages)) == [1]
        rows = [[Progress.row("epoch", {"epoch": i})] for i in range(10)]
        for stored in [await bench.store.append(bench.run_id, 1, row) for row in rows]:
            bench.feed.publish(bench.run_id, stored)
        assert seqs(await anext(messages)) == list(range(2, 12))
        await messages.aclose()


async def test_long_histories_come_in_messages_that_clients_take(bench):
    for _ in range(10):
        await bench.say(20, pad=3000)
    await bench.end()
    async with bench.feed.watch(bench.run_id) as watcher:
        sizes = [len(message) async for message in watcher]
    assert len(sizes) > 1 and max(sizes) < MESSAGE_BYTES + 10_000


async def stalled_and_quick(bench: Bench, rounds: int) -> tuple[int, list[int], list[int]]:
    """A watcher that reads one message and stalls beside one that reads on; the most that waited, and both."""
    stalled = bench.feed.watch(bench.run_id)
    most, go_on = 0, asyncio.Event()

    async def stall() -> list[int]:
        seen: list[int] = []
        async with stalled:
            async for message in stalled:
                seen += seqs(message)
                await go_on.wait()
        return seen

    await bench.say()
    slow, quick = asyncio.create_task(stall()), asyncio.create_task(read(bench))
    await asyncio.sleep(0.02)
    for _ in range(rounds):
        await bench.say(5, pad=200)
        await asyncio.sleep(0.017)
        most = max(most, stalled.waiting_bytes)
    await bench.end()
    fast = await asyncio.wait_for(quick, 5)
    go_on.set()
    return most, await asyncio.wait_for(slow, 5), fast


async def test_a_watcher_that_does_not_read_costs_bounded_memory_and_slows_nobody(bench):
    bench.feed.waiting_bytes = 10_000
    most, slow, fast = await stalled_and_quick(bench, 60)
    assert most <= 10_000 and bench.feed.overflows > 0
    assert slow == fast == list(range(1, bench.said + 1))


async def test_without_the_bound_it_would_grow(bench):
    """The negative control of the test above."""
    bench.feed.waiting_bytes = 10**12
    most, slow, fast = await stalled_and_quick(bench, 60)
    assert most > 50_000 and bench.feed.overflows == 0
    assert slow == fast == list(range(1, bench.said + 1))


async def test_a_watcher_that_is_always_too_slow_still_gets_everything(bench):
    bench.feed.waiting_bytes = 1_500
    reading = asyncio.create_task(read(bench, pause=0.03))
    await talk(bench, 60)
    assert await reading == list(range(1, bench.said + 1))
    assert bench.feed.overflows > 0


async def test_a_run_that_nobody_watches_costs_nothing(bench):
    await bench.say(10)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    events = await bench.store.events(bench.run_id)
    for _ in range(1000):
        bench.feed.publish(bench.run_id, events)
    assert tracemalloc.get_traced_memory()[0] - before < 200_000
    tracemalloc.stop()


async def test_a_run_that_does_not_exist_is_said(bench):
    with pytest.raises(Exception, match="no such run"):
        async with bench.feed.watch("0" * 16) as watcher:
            async for _ in watcher:
                pass
    assert bench.feed.watchers == 0


# --- pictures


@dataclass
class Picture:
    id: int
    step: int
    body: bytes = b"pixels"
    header: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.header = {"probe": "decision_map", "id": self.id, "step": self.step}


def parsed(message: bytes) -> tuple[dict, bytes]:
    length = int.from_bytes(message[:4], "big")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


async def test_of_the_pictures_only_the_newest_waits_under_the_watchers_own_number(bench):
    await bench.say()
    async with bench.feed.watch(bench.run_id) as watcher:
        watcher.show(watch_id=70, theirs=1)
        watcher.show(watch_id=71, theirs=2)
        messages = aiter(watcher)
        assert seqs(await anext(messages)) == [1]
        for step in range(100):
            for watch in (70, 71, 72):
                bench.feed.publish_frame(bench.run_id, Picture(watch, step))
        got = [parsed(await anext(messages)) for _ in range(2)]
        assert sorted(header["id"] for header, _ in got) == [1, 2]
        assert all(header["step"] == 99 and body == b"pixels" for header, body in got)
        assert watcher.hide(2) == 71 and watcher.hide(2) is None and watcher.shown == [70]
        bench.feed.publish_frame(bench.run_id, Picture(71, 100))
        bench.feed.publish_frame(bench.run_id, Picture(70, 100))
        header, _ = parsed(await anext(messages))
        assert (header["id"], header["step"]) == (1, 100)
        await messages.aclose()


async def test_pictures_never_hold_up_events(bench):
    async def collect(watcher) -> list[str | bytes]:
        return [message async for message in watcher]

    async with bench.feed.watch(bench.run_id) as watcher:
        watcher.show(1, 1)
        task = asyncio.create_task(collect(watcher))
        for step in range(50):
            bench.feed.publish_frame(bench.run_id, Picture(1, step))
            await bench.say()
        await bench.end()
        reading = await asyncio.wait_for(task, 5)
    assert numbers(reading) == list(range(1, 52))
    steps = [parsed(m)[0]["step"] for m in reading if isinstance(m, bytes)]
    assert steps and steps == sorted(steps)

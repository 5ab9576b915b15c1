"""The store's promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from models.events import (
    Controlled,
    Ended,
    Finding,
    Prepared,
    Progress,
    Resumed,
    SnapshotSaved,
    StateChanged,
)
from server.errors import BusyError, ConflictError, FencedError, IdempotencyError, NotFoundError, StorageError
from server.store.base import SnapshotRecord
from server.store.sql import SqlStore

from .conftest import row

pytestmark = pytest.mark.anyio


def snap(step: int, kind: str = "timeline", size: int = 10, sha256: str = "") -> SnapshotRecord:
    sha256 = sha256 or f"{step:064x}"
    return SnapshotRecord(step=step, epoch=step // 10, kind=kind, sha256=sha256, size=size)


# --- runs


async def test_a_run_is_found_again_with_all_that_was_given(store, make):
    made = await make.run(name="Spiral", document='{"version":1,"name":"Spiral"}', build="0.1.0")
    found = await store.get_run("local", made.id)
    assert found == made
    assert (found.state, found.attempt, found.epochs, found.step) == ("queued", 0, 300, 0)
    assert found.document == '{"version":1,"name":"Spiral"}' and found.build == "0.1.0"
    assert found.created.tzinfo is not None and found.started is None


async def test_an_owner_sees_own_runs_only(store, make):
    mine, theirs = await make.run("ann"), await make.run("bob")
    assert [run.id for run in await store.list_runs("ann")] == [mine.id]
    for ask in (store.get_run, store.delete_run, store.request_cancel):
        with pytest.raises(NotFoundError):
            await ask("ann", theirs.id)


@pytest.mark.parametrize("run_id", ["", "x", "../../etc", "\0", "0" * 16, "é" * 40, "0" * 5000])
async def test_an_id_that_is_nobodys_is_not_found(store, run_id):
    for ask in (store.find_run, store.last_seq, store.lines, store.metrics, store.snapshots):
        with pytest.raises(NotFoundError):
            await ask(run_id)


async def test_a_name_of_any_characters_is_kept(store, make):
    run = await make.run(name="ҚазҰУ 🎓 \0 \ud800 %_" + "x" * 300)
    assert len(run.name) == 200 and run.name.startswith("ҚазҰУ 🎓 \ufffd ? %_")
    assert [found.id for found in await store.list_runs("local", search="қазұу")] == [run.id]
    assert await store.list_runs("local", search="\0\ud800") == []


async def test_the_list_is_read_page_by_page_newest_first(store, make):
    made = [await make.run(name=f"Run {i}") for i in range(7)]
    seen, before = [], None
    while page := await store.list_runs("local", limit=3, before=before):
        seen += [run.id for run in page]
        before = page[-1].number
        await make.run(name="made while somebody reads")
    assert seen == [run.id for run in reversed(made)]


async def test_the_list_is_filtered_by_state_and_name(store, make):
    await make.run(name="Digits 100%")
    await make.run(name="Spiral")
    claimed = await store.claim_next()
    assert [run.name for run in await store.list_runs("local", state="running")] == [claimed.name]
    assert [run.name for run in await store.list_runs("local", search="0%")] == ["Digits 100%"]
    assert [run.name for run in await store.list_runs("local", search="SPI")] == ["Spiral"]
    assert await store.list_runs("local", state="\0") == []


async def test_runs_are_counted_by_state(store, make):
    await make.run()
    await make.running("bob")
    assert await store.count_runs() == {"queued": 1, "running": 1}


async def test_only_an_ended_run_is_deleted_and_all_of_it(store, make):
    run = await make.running(idempotency_key="k", body_hash="b")
    await store.add_snapshot(run.id, 1, snap(1))
    await store.add_control(run.id, 1, {"a": 1})
    with pytest.raises(ConflictError):
        await store.delete_run("local", run.id)
    await store.append(run.id, 1, [Ended(state="completed")])
    assert await store.delete_run("local", run.id) == [snap(1).sha256]
    with pytest.raises(NotFoundError):
        await store.find_run(run.id)
    async with store.idempotent("local", "k", "another body") as made:
        assert made is None


async def test_a_wish_to_cancel_is_kept(store, make):
    run = await make.run()
    assert (await store.request_cancel("local", run.id)).cancel_requested
    assert (await store.claim_next()).cancel_requested
    await store.append(run.id, 1, [Ended(state="cancelled")])
    ended = await store.request_cancel("local", run.id)
    assert (ended.state, ended.ended is not None) == ("cancelled", True)


# --- idempotency


async def test_the_same_key_and_body_give_the_same_run(store, make):
    first, created = await store.create_run("local", "{}", "d", "n", None, "key", "body")
    again, created_again = await store.create_run("local", "{}", "d", "n", None, "key", "body")
    assert (first.id, created, created_again) == (again.id, True, False)
    other, created = await store.create_run("bob", "{}", "d", "n", None, "key", "body")
    assert created and other.id != first.id, "keys are an owner's own"


async def test_the_same_key_with_another_body_is_refused(store):
    await store.create_run("local", "{}", "d", "n", None, "key\0" * 200, "body")
    with pytest.raises(IdempotencyError):
        await store.create_run("local", "{}", "d", "n", None, "key\0" * 200, "other")
    with pytest.raises(IdempotencyError):
        async with store.idempotent("local", "key\0" * 200, "other"):
            pass


async def test_fifty_submits_at_once_with_one_key_make_one_run(store):
    async def submit() -> str:
        async with store.idempotent("local", "key", "body") as made:
            if made is None:
                await asyncio.sleep(0)  # the check of the document
                made, _ = await store.create_run("local", "{}", "d", "n", None, "key", "body")
            return made.id

    answers = await asyncio.gather(*(submit() for _ in range(50)), return_exceptions=True)
    ids = {answer for answer in answers if isinstance(answer, str)}
    assert ids == {(await store.list_runs("local"))[0].id}
    assert all(isinstance(answer, str | ConflictError) for answer in answers)
    assert any(isinstance(answer, ConflictError) for answer in answers)
    assert await submit() in ids


async def test_fifty_creations_at_once_with_one_key_make_one_run(store):
    made = await asyncio.gather(
        *(store.create_run("local", "{}", "d", "n", None, "key", "body") for _ in range(50))
    )
    assert len({record.id for record, _ in made}) == 1
    assert [created for _, created in made].count(True) == 1


async def test_a_key_is_free_again_when_its_request_failed(store):
    with pytest.raises(ValueError):
        async with store.idempotent("local", "key", "body"):
            raise ValueError
    async with store.idempotent("local", "key", "body") as made:
        assert made is None


# --- the queue


async def test_claiming_begins_the_oldest_run_and_raises_its_attempt(store, make):
    first, second = await make.run(), await make.run()
    claimed = [await store.claim_next() for _ in range(3)]
    assert [run and run.id for run in claimed] == [first.id, second.id, None]
    assert (claimed[0].state, claimed[0].attempt) == ("running", 1)
    assert claimed[0].started is not None


async def test_owners_take_turns(store, make):
    for owner, count in (("ann", 4), ("bob", 2), ("cem", 1)):
        for _ in range(count):
            await make.run(owner)
    order = []
    while run := await store.claim_next():
        order.append(run.owner)
        await store.append(run.id, 1, [Ended(state="completed")])  # one slot
    assert order == ["ann", "bob", "cem", "ann", "bob", "ann", "ann"]


async def test_who_has_fewer_runs_under_way_comes_first(store, make):
    for owner in ("ann", "ann", "ann", "bob"):
        await make.run(owner)
    assert [(await store.claim_next()).owner for _ in range(3)] == ["ann", "bob", "ann"]


async def test_two_stores_never_claim_the_same_run(url, store, make):
    if url.startswith("sqlite"):
        pytest.skip("SQLite's file belongs to one store")
    for i in range(20):
        await make.run(f"owner{i % 3}")
    other = SqlStore(url)
    await other.open()
    claimed = await asyncio.gather(*(s.claim_next() for _ in range(15) for s in (store, other)))
    await other.close()
    ids = [run.id for run in claimed if run]
    assert len(ids) == len(set(ids)) == 20


async def test_sqlites_file_belongs_to_one_store(tmp_path):
    url = f"sqlite:///{tmp_path / 'oqu.sqlite'}"
    first, second = SqlStore(url), SqlStore(url)
    await first.open()
    with pytest.raises(BusyError):
        await second.open()
    await second.close()
    await first.close()
    with pytest.raises(BusyError):
        await first.find_run("0" * 16)


async def test_the_next_attempt_fences_off_the_one_before(store, make):
    run = await make.running()
    assert [u.id for u in await store.unfinished()] == [run.id]
    again = await store.reclaim(run.id, 1, strike=True)
    assert (again.attempt, again.strikes, again.state) == (2, 1, "running")
    with pytest.raises(FencedError):
        await store.append(run.id, 1, [row(1)])
    with pytest.raises(FencedError):
        await store.add_snapshot(run.id, 1, snap(1))
    with pytest.raises(FencedError):
        await store.reclaim(run.id, 1, strike=True)
    assert await store.last_seq(run.id) == 0 and await store.snapshots(run.id) == []


async def test_restarts_are_no_strikes_and_a_snapshot_ends_the_count(store, make):
    run = await make.running()
    run = await store.reclaim(run.id, 1, strike=True)
    run = await store.reclaim(run.id, 2, strike=False)
    assert (run.attempt, run.strikes) == (3, 1)
    await store.add_snapshot(run.id, 3, snap(1))
    assert (await store.find_run(run.id)).strikes == 0


async def test_an_ended_run_takes_no_more_events(store, make):
    run = await make.running()
    ended = Ended(state="failed", reason="diverged", detail="Loss is not finite.", hint="Lower the rate.")
    await store.append(run.id, 1, [ended])
    with pytest.raises(FencedError):
        await store.append(run.id, 1, [row(1)])
    found = await store.find_run(run.id)
    assert (found.state, found.reason, found.detail, found.hint) == (
        "failed",
        "diverged",
        "Loss is not finite.",
        "Lower the rate.",
    )
    assert await store.unfinished() == []


# --- events


async def test_events_are_numbered_from_one_without_gaps(store, make):
    run = await make.running()
    prepared = Prepared(
        task="classification",
        parts={"train": 250},
        parameters=9,
        device="cpu",
        threads=1,
        steps_per_epoch=25,
        evaluate_every=1,
    )
    first = await store.append(run.id, 1, [prepared, StateChanged(state="running")])
    assert await store.append(run.id, 1, []) == []
    second = await store.append(run.id, 1, [row(1), row(2)])
    assert [event.seq for event in [*first, *second]] == [1, 2, 3, 4]
    assert await store.events(run.id) == [*first, *second]
    assert await store.events(run.id, after=1, limit=2) == [first[1], second[0]]
    assert await store.last_seq(run.id) == 4
    assert await store.events(run.id, after=2**70) == []


async def test_many_appends_at_once_leave_no_gap_and_no_double(store, make):
    run = await make.running()
    batches = await asyncio.gather(*(store.append(run.id, 1, [row(i), row(i)]) for i in range(40)))
    assert sorted(event.seq for batch in batches for event in batch) == list(range(1, 81))
    for batch in batches:
        assert batch[1].seq == batch[0].seq + 1
    assert [event.seq for event in await store.events(run.id)] == list(range(1, 81))


async def test_a_batch_is_stored_whole_or_not_at_all(store, make):
    run = await make.running()
    broken = row(2).model_copy(update={"kind": None})
    with pytest.raises(Exception, match=r"(?i)null"):
        await store.append(run.id, 1, [row(1), broken])
    assert await store.last_seq(run.id) == 0 and await store.events(run.id) == []


async def test_lines_are_what_is_sent(store, make):
    run = await make.running()
    await store.append(run.id, 1, [row(1), Ended(state="completed")])
    lines = await store.lines(run.id)
    assert [line.last for line in lines] == [False, True]
    assert lines[1].text.startswith('{"seq":2,"kind":"ended","state":"completed"')


async def test_a_number_that_is_not_finite_breaks_no_list(store, make):
    run = await make.running()
    bad = Progress(series="epoch", columns={"epoch": [1, 2], "train_loss": [math.nan, -math.inf]})
    finding = Finding(code="diverged", step=1, epoch=1, numbers={"loss": math.inf})
    stored = await store.append(run.id, 1, [row(0, math.nan), bad, finding])
    assert stored[1].columns["train_loss"] == [None, None]
    assert stored[1].nonfinite == {"train_loss": [(0, "nan"), (1, "-inf")]}
    again = await store.events(run.id)
    assert again[:2] == stored[:2] and again[2].numbers == {"loss": None}
    assert (await store.list_runs("local"))[0].metrics["train_loss"] is None
    series = (await store.metrics(run.id))["series"]["epoch"]
    assert series["nonfinite"] == {"train_loss": [(0, "nan"), (1, "nan"), (2, "-inf")]}


async def test_the_runs_row_follows_its_events(store, make):
    run = await make.running()
    await store.append(run.id, 1, [StateChanged(state="running"), row(1, 0.9, val_loss=0.8), row(3, 0.7)])
    found = await store.find_run(run.id)
    assert (found.epoch, found.step, found.last_seq) == (3, 30, 3)
    assert found.metrics == {"epoch": 3, "step": 30, "train_loss": 0.7, "val_loss": 0.8}
    await store.append(run.id, 1, [StateChanged(state="paused"), Controlled(action="set", step=31)])
    found = await store.find_run(run.id)
    assert (found.state, found.step, found.last_seq) == ("paused", 31, 5)


# --- metrics


async def test_metrics_are_columns_with_the_number_read_through(store, make):
    run = await make.running()
    await store.append(run.id, 1, [row(1, 0.9), StateChanged(state="running"), row(2, 0.8, val_loss=0.7)])
    await store.append(run.id, 1, [Progress.row("step", {"step": 21, "grad": 2.0})])
    metrics = await store.metrics(run.id)
    assert metrics["through"] == 4
    assert metrics["series"]["epoch"]["columns"] == {
        "epoch": [1, 2],
        "step": [10, 20],
        "train_loss": [0.9, 0.8],
        "val_loss": [None, 0.7],
    }
    assert metrics["series"]["step"]["columns"] == {"step": [21], "grad": [2.0]}


async def test_long_metrics_are_thinned_with_both_ends(store, make):
    run = await make.running()
    columns = {"epoch": list(range(1000)), "step": list(range(0, 10000, 10))}
    await store.append(run.id, 1, [Progress(series="epoch", columns=columns)])
    thin = (await store.metrics(run.id, points=11))["series"]["epoch"]["columns"]
    assert len(thin["epoch"]) == len(thin["step"]) == 11
    assert (thin["epoch"][0], thin["epoch"][-1]) == (0, 999)
    assert all(90 <= b - a <= 110 for a, b in zip(thin["epoch"], thin["epoch"][1:], strict=False))


async def test_rows_voided_by_a_resumption_are_dropped(store, make):
    run = await make.running()
    await store.append(run.id, 1, [row(i, 1 / i) for i in range(1, 8)])
    for step in (0, 30, 50):
        await store.add_snapshot(run.id, 1, snap(step))
    await store.reclaim(run.id, 1, strike=True)
    await store.append(run.id, 2, [Resumed(attempt=2, from_step=30, from_epoch=3)])
    found = await store.find_run(run.id)
    assert (found.epoch, found.step, found.metrics["train_loss"]) == (3, 30, 1 / 3)
    assert [s.step for s in await store.snapshots(run.id)] == [0, 30]
    await store.append(run.id, 2, [row(4, 0.04)])
    metrics = await store.metrics(run.id)
    assert metrics["series"]["epoch"]["columns"]["epoch"] == [1, 2, 3, 4]
    assert metrics["series"]["epoch"]["columns"]["train_loss"][-1] == 0.04


async def test_a_history_longer_than_a_page_is_read_whole(store, make, monkeypatch):
    monkeypatch.setattr("server.store.queries.PAGE", 7)
    run = await make.running()
    await store.append(run.id, 1, [row(i) for i in range(50)])
    assert (await store.metrics(run.id))["series"]["epoch"]["columns"]["epoch"] == list(range(50))


# --- snapshots and control


async def test_a_snapshot_is_a_row_and_an_event_in_one(store, make):
    run = await make.running()
    await store.append(run.id, 1, [row(1)])
    kept = snap(12)
    event = await store.add_snapshot(run.id, 1, kept)
    assert event == SnapshotSaved(
        seq=2, id=kept.id, snapshot="timeline", step=12, epoch=1, sha256=kept.sha256
    )
    assert await store.snapshots(run.id) == [kept]
    assert await store.snapshots(run.id, "recovery") == []
    again = snap(12, sha256="f" * 64)
    await store.add_snapshot(run.id, 1, again)
    assert await store.snapshots(run.id) == [again], "the same place again replaces it"


async def test_two_recovery_snapshots_and_a_bounded_time_line_are_kept(store, make):
    run = await make.running()
    for step in range(0, 40):
        await store.add_snapshot(run.id, 1, snap(step, sha256=f"{step:064x}"))
        await store.add_snapshot(run.id, 1, snap(step, "recovery", sha256=f"{1000 + step:064x}"))
    gone = await store.prune_snapshots(run.id, timeline=8)
    kept = await store.snapshots(run.id)
    assert [s.step for s in kept if s.kind == "recovery"] == [38, 39]
    line = [s.step for s in kept if s.kind == "timeline"]
    assert (len(line), line[0], line[-1]) == (8, 0, 39)
    gaps = [b - a for a, b in itertools.pairwise(line)]
    assert gaps[0] <= 2 < gaps[-2], "denser where the network changes fastest"
    assert len(gone) == 38 + 32 and not set(gone) & {s.sha256 for s in kept}
    assert await store.prune_snapshots(run.id, timeline=8) == []


async def test_a_time_line_is_bounded_by_bytes(store, make):
    run = await make.running()
    for step in range(5):
        await store.add_snapshot(run.id, 1, snap(step, size=100))
    await store.prune_snapshots(run.id, timeline_bytes=300)
    assert len(await store.snapshots(run.id)) == 3
    await store.prune_snapshots(run.id, timeline_bytes=0)
    assert [s.step for s in await store.snapshots(run.id)] == [0, 4], "both ends stay whatever they weigh"


async def test_a_file_that_another_run_needs_is_not_given_up(store, make):
    first, second = await make.running(), await make.running()
    shared = "a" * 64
    for run in (first, second):
        await store.add_snapshot(run.id, 1, snap(0, sha256=shared))
        await store.append(run.id, 1, [Ended(state="completed")])
    branch = await make.run(document='{"start":{"snapshot":"' + shared + '"}}')
    assert await store.delete_run("local", first.id) == []
    assert await store.delete_run("local", second.id) == []
    assert await store.file_hashes() == {shared}
    await store.append(branch.id, 0, [Ended(state="cancelled")])
    assert await store.delete_run("local", branch.id) == [shared]
    assert await store.file_hashes() == set()


async def test_changes_made_while_learning_are_kept_in_order(store, make):
    run = await make.running()
    first = await store.add_control(run.id, None, {"learner.optimizer.lr": 0.002})
    second = await store.add_control(run.id, 40, {"learner.optimizer.lr": 0.001})
    await store.apply_control(run.id, first.id, 30)
    kept = await store.controls(run.id)
    assert [(c.id, c.step) for c in kept] == [(first.id, 30), (second.id, 40)]
    assert kept[0].set == {"learner.optimizer.lr": 0.002}


# --- data sets


async def test_a_data_set_is_found_by_id_and_by_name(store):
    made = await store.create_dataset("local", "mnist10k")
    assert (made.state, made.sha256, made.info) == ("empty", None, None)
    ready = await store.put_dataset_content("local", made.id, "a" * 64, 7, {"rows": 3})
    assert (ready.state, ready.size, ready.info) == ("ready", 7, {"rows": 3})
    assert await store.get_dataset("local", "mnist10k") == await store.get_dataset("local", made.id) == ready
    assert await store.list_datasets("local") == await store.all_datasets() == [ready]


async def test_a_data_sets_name_is_its_owners_only_once(store):
    await store.create_dataset("ann", "digits")
    with pytest.raises(ConflictError):
        await store.create_dataset("ann", "digits")
    await store.create_dataset("bob", "digits")
    with pytest.raises(NotFoundError):
        await store.get_dataset("cem", "digits")
    with pytest.raises(NotFoundError):
        await store.get_dataset("ann", "\0")


async def test_a_data_set_in_use_is_not_deleted_and_its_content_outlives_it(store, make):
    made = await store.create_dataset("local", "flowers")
    await store.put_dataset_content("local", made.id, "a" * 64, 7, {})
    run = await make.run(document='{"data":{"type":"dataset","sha256":"' + "a" * 64 + '"}}')
    with pytest.raises(ConflictError):
        await store.delete_dataset("local", made.id)
    await store.append(run.id, 0, [Ended(state="cancelled")])
    await store.delete_dataset("local", made.id)
    assert await store.dataset_hashes() == {"a" * 64}, "the run can still be looked at"
    await store.delete_run("local", run.id)
    assert await store.dataset_hashes() == set()


# --- what survives

WRITER = """
import asyncio, structlog, sys
from models.events import Progress
from server.store.sql import SqlStore

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

async def main():
    store = SqlStore(sys.argv[1])
    await store.open()
    run, _ = await store.create_run("local", "{}", "d", "n", None)
    await store.claim_next()
    print(run.id, flush=True)
    i = 0
    while True:
        events = [Progress.row("epoch", {"epoch": i + k, "step": i + k}) for k in range(3)]
        stored = await store.append(run.id, 1, events)
        print(stored[-1].seq, flush=True)
        i += 3

asyncio.run(main())
"""


async def test_kill_9_in_the_middle_of_appends_loses_nothing_acknowledged(url):
    for lines in (3, 40):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        run_id = writer.stdout.readline().strip()
        acknowledged = [int(writer.stdout.readline()) for _ in range(lines)][-1]
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.wait(10)
        writer.stdout.close()

        store = SqlStore(url)
        await store.open()
        found = await store.find_run(run_id)
        events = await store.events(run_id, limit=2000)
        while events and len(events) % 2000 == 0 and (more := await store.events(run_id, len(events), 2000)):
            events += more
        await store.close()
        assert found.last_seq >= acknowledged > 0
        assert [event.seq for event in events] == list(range(1, found.last_seq + 1))
        assert found.last_seq % 3 == 0, "batches are whole"
        assert (found.state, found.epoch) == ("running", found.last_seq - 1)


async def test_closing_finishes_what_was_asked(url):
    store = SqlStore(url)
    await store.open()
    run, _ = await store.create_run("local", "{}", "d", "n", None)
    await store.claim_next()
    waiting = [asyncio.create_task(store.append(run.id, 1, [row(i)])) for i in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    assert [batch[0].seq for batch in await asyncio.gather(*waiting)] == list(range(1, 21))


async def test_a_full_disk_is_said_in_words_and_the_store_goes_on_after(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path / 'oqu.sqlite'}")
    await store.open()
    run, _ = await store.create_run("local", "{}", "d", "n", None)
    await store.claim_next()
    await store.append(run.id, 1, [row(1)])

    def limit(pages: int):
        return store.database.do(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar())

    await limit(await store.database.do(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar()))
    big = Finding(code="diverged", step=1, epoch=1, detail="x" * 100_000)
    with pytest.raises(StorageError, match="disk is full") as caught:
        await store.append(run.id, 1, [row(2), big])
    assert caught.value.problem.key == "error.disk_full"
    assert (await store.find_run(run.id)).last_seq == await store.last_seq(run.id) == 1
    await limit(1_000_000)
    assert [event.seq for event in await store.append(run.id, 1, [row(2), big])] == [2, 3]
    await store.close()


async def test_a_connection_that_postgresql_ended_is_replaced(url, store, make):
    if url.startswith("sqlite"):
        pytest.skip("SQLite's connection is a file")
    run = await make.running()
    backend = await store.database.do(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({backend})")
    admin.dispose()
    assert (await store.append(run.id, 1, [row(1)]))[0].seq == 1

"""train(): the same again, bit for bit, however it is interrupted, watched or changed."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
import torch

from models.agenda import TIMELINE
from models.control import Command, Control, Pace, Watch
from models.data import NoDoor
from models.events import Controlled, Ended, Finding, Prepared, Progress, StateChanged
from models.experiment import parse
from models.kinds import kinds
from models.optimizers import Optimizer
from models.snapshots import Snapshot, decode, encode
from models.training import train
from tests.models.learning import (
    document,
    ended,
    experiment,
    findings,
    frames,
    rows,
    said,
    same,
    same_tensors,
    snapshots,
)


def test_a_run_says_first_what_it_works_with_and_last_how_it_ended() -> None:
    run = said(experiment())
    first, second = run[:2]
    assert isinstance(first, Prepared)
    assert first.parts == {"train": 42, "validation": 18, "test": 0}
    assert (first.steps_per_epoch, first.parameters, first.device) == (6, 32, "cpu")
    assert second == StateChanged(state="running")
    assert ended(run) == Ended(state="completed")
    assert [row.columns["epoch"][0] for row in rows(run)] == list(range(13))
    assert set(rows(run)[0].columns) == {
        *("epoch", "step", "learning_rate"),
        *(
            f"{part}_{name}"
            for part in ("train", "val")
            for name in ("loss", "accuracy", "precision", "recall", "f1")
        ),
    }


def test_the_time_line_begins_with_the_initial_weights_ends_with_the_last_and_is_bounded() -> None:
    taken = snapshots(said(experiment()))
    steps = [snapshot.step for snapshot in taken]
    assert steps[0] == 0 and max(steps) == 72
    assert len(steps) == len(set(steps)) <= TIMELINE + 3


def test_twice_the_same_experiment_is_twice_the_same_run() -> None:
    one, other = said(experiment()), said(experiment())
    assert len(one) == len(other)
    for mine, theirs in zip(one, other, strict=True):
        if isinstance(mine, Snapshot):
            assert same(mine, theirs)
        else:
            assert mine == theirs


def test_another_seed_is_another_run() -> None:
    assert rows(said(experiment()))[-1] != rows(said(experiment(seed=4)))[-1]


CHANGES = [{"step": 20, "set": {"learner.optimizer.lr": 0.02, "networks.model.layers.dropout_1.p": 0.4}}]
SCHEDULE = {"type": "CosineAnnealingLR", "T_max": 80, "per": "step", "warmup_steps": 5}


def busy(optimizer: dict[str, Any]) -> dict[str, Any]:
    """Everything at once: dropout, a schedule, a change in between, penalties, clipping, early stopping."""
    learner = {
        "optimizer": optimizer,
        "schedule": SCHEDULE,
        "l2": 0.001,
        "l1": 0.0001,
        "clip_norm": 1.0,
        "early_stopping": {"patience": 50},
    }
    return document(learner, control=CHANGES)


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_resumed_from_any_snapshot_is_as_if_never_interrupted(name: str) -> None:
    what = parse(busy({"type": name, "lr": 0.05}))
    whole = said(what)
    kept = snapshots(whole)
    middle = [snapshot for snapshot in kept if snapshot.meta["row"]]
    assert middle, "no snapshot lies within an epoch"
    for snapshot in [kept[0], *random.sample(middle, 3), kept[-2]]:
        again = said(what, resume=decode(encode(snapshot)))
        assert rows(again) == rows(whole, after=snapshot.step)
        assert same_tensors(snapshots(again)[-1], kept[-1])
        assert snapshots(again)[-1].meta == kept[-1].meta
        assert ended(again) == ended(whole)


@pytest.mark.parametrize(
    "optimizer",
    [
        {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"type": "RMSprop", "momentum": 0.5, "centered": True},
        {"type": "Adam", "amsgrad": True},
        {"type": "LBFGS", "max_iter": 4, "line_search_fn": "strong_wolfe"},
    ],
)
def test_resumed_is_exact_with_everything_an_optimiser_can_remember(optimizer: dict[str, Any]) -> None:
    what = parse(busy(optimizer))
    whole = said(what)
    snapshot = next(each for each in snapshots(whole) if each.step > 20 and each.meta["row"])
    again = said(what, resume=decode(encode(snapshot)))
    assert same_tensors(snapshots(again)[-1], snapshots(whole)[-1])


def test_resumed_is_exact_for_a_network_with_running_averages() -> None:
    layers = [
        {"type": "Conv2d", "out_channels": 3, "kernel_size": 3},
        {"type": "BatchNorm2d"},
        {"type": "ReLU"},
        {"type": "Flatten"},
        {"type": "Linear"},
    ]
    what = parse(
        document(
            {"batch_size": 64, "epochs": 2},
            data={"type": "digits", "validation_fraction": 0.5},
            networks={"model": {"layers": layers}},
        )
    )
    whole = said(what)
    snapshot = next(each for each in snapshots(whole) if each.meta["row"] and each.step > 5)
    again = said(what, resume=decode(encode(snapshot)))
    assert same_tensors(snapshots(again)[-1], snapshots(whole)[-1])
    assert rows(again) == rows(whole, after=snapshot.step)


def test_a_live_change_and_its_replay_are_the_same_run() -> None:
    what, control = experiment(), Control()
    live: list[Any] = []
    for each in train(what, data=NoDoor(), control=control):
        live.append(each)
        if isinstance(each, Progress) and each.columns["epoch"] == [4]:
            control.put(Command("set", set={"learner.optimizer.lr": 0.03, "learner.batch_size": 5}))
    changes = [each for each in live if isinstance(each, Controlled)]
    assert [(each.action, each.step) for each in changes] == [("set", 24)]
    replay = said(parse(document(control=[{"step": each.step, "set": each.set} for each in changes])))
    assert rows(replay) == rows(live)
    assert same_tensors(snapshots(replay)[-1], snapshots(live)[-1])
    assert rows(live)[-1].columns["learning_rate"] == [0.03]
    assert rows(live)[-1].columns["step"] == [24 + 8 * 9]


def test_a_snapshot_remembers_a_live_change_that_the_document_does_not_know() -> None:
    what, control = experiment(), Control()
    live: list[Any] = []
    for each in train(what, data=NoDoor(), control=control):
        live.append(each)
        if isinstance(each, Progress) and each.columns["epoch"] == [2]:
            control.put(Command("set", set={"learner.l2": 0.01}))
            control.put(Command("snapshot"))
    recovery = next(each for each in snapshots(live) if each.kind == "recovery")
    again = said(what, resume=decode(encode(recovery)))
    assert same_tensors(snapshots(again)[-1], snapshots(live)[-1])


@pytest.mark.parametrize(
    "change",
    [
        {"networks.model.layers.linear_1.out_features": 9},
        {"seed": 9},
        {"learner.loss.type": "MSELoss"},
        {"learner.optimizer.lr": -1},
        {"learner.optimizer.speed": 1},
        {"data.noise": 0.2},
    ],
)
def test_a_change_that_a_run_cannot_take_is_refused_in_words_and_leaves_no_trace(
    change: dict[str, Any],
) -> None:
    control = Control()
    control.put(Command("set", set=change))
    run = said(experiment(), control=control)
    assert findings(run) == ["change_refused"]
    assert rows(run) == rows(said(experiment()))


def test_watching_never_changes_numbers_and_shows_the_newest_weights() -> None:
    control = Control()
    control.put(Command("watch", watch=Watch(1, "decision_map", {"resolution": 8})))
    control.put(Command("watch", watch=Watch(2, "no_such_probe")))
    watched, alone = said(experiment(), control=control), said(experiment())
    assert rows(watched) == rows(alone)
    assert same(snapshots(watched)[-1], snapshots(alone)[-1])
    seen = frames(watched)
    assert {frame.id for frame in seen} == {1, 2}
    last = [frame for frame in seen if frame.id == 1][-1]
    assert (last.header["step"], last.header["epoch"], last.header["shape"]) == (72, 12, [2, 8, 8])
    assert len(last.body) == 2 * 8 * 8 * 4
    assert next(frame for frame in seen if frame.id == 2).header["error"]["detail"]


def test_the_callers_random_numbers_and_threads_are_left_alone() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    threads = torch.get_num_threads()
    for _ in train(experiment(), data=NoDoor()):
        torch.rand(1)
        assert torch.get_num_threads() == threads
    torch.manual_seed(11)
    said(experiment())
    assert torch.equal(torch.rand(3), expected)


def test_paused_it_waits_goes_single_steps_and_epochs_and_on() -> None:
    control = Control()
    for action in ("step", "step", "epoch"):
        control.put(Command(action))
    run: list[Any] = []
    for each in train(parse(document(run={"paused": True})), data=NoDoor(), control=control):
        run.append(each)
        if isinstance(each, Progress) and each.columns["epoch"] == [1]:
            control.put(Command("resume"))
    assert run[1] == StateChanged(state="paused")
    steps = [row.columns["step"][0] for row in rows(run) if row.series == "step"]
    assert steps == [1, 2]
    acted = [(each.action, each.step) for each in run if isinstance(each, Controlled)]
    assert acted == [("step", 0), ("step", 1), ("epoch", 2), ("resume", 6)]
    assert [each.state for each in run if isinstance(each, StateChanged)] == ["paused", "running"]
    assert [row for row in rows(run) if row.series == "epoch"] == rows(said(experiment()))


def test_paused_it_blocks_until_somebody_says_something() -> None:
    control = Control()
    control.put(Command("pause"))
    run = train(experiment(), data=NoDoor(), control=control)
    heard: list[Any] = []
    paused, over = threading.Event(), threading.Event()

    def drive() -> None:
        for each in run:
            heard.append(each)
            if each == StateChanged(state="paused"):
                paused.set()
        over.set()

    thread = threading.Thread(target=drive)
    thread.start()
    assert paused.wait(30)
    assert not over.wait(0.05)
    control.put(Command("stop"))
    thread.join(30)
    assert ended(heard) == Ended(state="cancelled")


def test_stopped_it_keeps_the_last_weights() -> None:
    control = Control()
    heard: list[Any] = []
    for each in train(experiment({"epochs": 100_000}), data=NoDoor(), control=control):
        heard.append(each)
        if isinstance(each, Progress) and each.columns["epoch"] == [3]:
            control.put(Command("stop"))
    assert ended(heard).state == "cancelled"
    assert max(snapshot.step for snapshot in snapshots(heard)) == 18


def test_a_pace_holds_the_run_back_and_a_command_ends_the_holding() -> None:
    control = Control(Pace(unit="epoch", per_second=0.01))
    heard: list[Any] = []
    for each in train(experiment(), data=NoDoor(), control=control):
        heard.append(each)
        if isinstance(each, Progress) and each.columns["epoch"] == [1]:
            threading.Timer(0.05, control.put, [Command("pace", pace=None)]).start()
    assert ended(heard).state == "completed"
    assert [each.action for each in heard if isinstance(each, Controlled)] == ["pace"]


def test_divergence_ends_the_run_with_the_step_the_layer_and_what_to_change() -> None:
    what = experiment(
        {"loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 1e9}},
        data={"type": "regression_plane", "samples": 60},
        networks={
            "model": {"layers": [{"type": "Linear", "out_features": 4}, {"type": "ReLU"}, {"type": "Linear"}]}
        },
    )
    run = said(what)
    end = ended(run)
    assert (end.state, end.reason) == ("failed", "diverged")
    finding = next(each for each in run if isinstance(each, Finding) and each.code == "diverged")
    assert finding.layer == "linear_1" and finding.setting == "learner.optimizer.lr"
    assert 1 <= finding.step <= 7 and str(finding.step) in finding.detail and finding.hint
    shown = rows(run)[-1]
    assert shown.columns["train_loss"] == [None] and shown.nonfinite["train_loss"]
    assert run.index(shown) < run.index(finding)


def test_what_cannot_be_used_ends_the_run_as_failed_with_words() -> None:
    run = said(parse(document(data={"type": "dataset", "name": "nowhere"})))
    assert len(run) == 1
    assert (ended(run).state, ended(run).reason) == ("failed", "bad_data")
    assert "nowhere" in ended(run).detail and ended(run).hint


def test_a_time_limit_ends_the_run_and_keeps_what_was_learnt() -> None:
    run = said(parse(document({"epochs": 1_000_000}, run={"time_limit_seconds": 0.2})))
    assert (ended(run).state, ended(run).reason) == ("failed", "time_limit")
    assert max(snapshot.step for snapshot in snapshots(run)) >= 6


def test_a_time_limit_counts_what_was_spent_before_and_no_pause() -> None:
    limited = parse(document({"epochs": 1_000_000}, run={"time_limit_seconds": 0.5, "paused": True}))
    control = Control()
    timer = threading.Timer(0.7, lambda: control.put(Command("resume")))
    timer.start()
    began = time.monotonic()
    first = list(train(limited, data=NoDoor(), control=control))
    assert ended(first).reason == "time_limit" and time.monotonic() - began >= 1.2
    began = time.monotonic()
    resumed = train(limited, data=NoDoor(), resume=snapshots(first)[-1], spent=0.5)
    assert ended(list(resumed)).reason == "time_limit" and time.monotonic() - began < 0.4


def test_early_stopping_ends_with_the_best_weights() -> None:
    patient = {
        "early_stopping": {"patience": 3, "min_delta": 0.0},
        "optimizer": {"type": "Adam", "lr": 0.5},
        "epochs": 400,
    }
    run = said(experiment(patient))
    losses = [row.columns["val_loss"][0] for row in rows(run)]
    best = min(range(len(losses)), key=lambda i: losses[i] or 0)
    assert ended(run).state == "completed"
    assert len(losses) < 401 and len(losses) - 1 - best == 3
    last = snapshots(run)[-1]
    assert (last.epoch, last.meta["metrics"]["val_loss"]) == (best, losses[best])


def test_the_best_moment_is_among_the_snapshots() -> None:
    run = said(experiment({"optimizer": {"type": "Adam", "lr": 0.3}, "epochs": 40}))
    best = min(row.columns["val_loss"][0] or 0 for row in rows(run))
    assert best in [snapshot.meta["metrics"]["val_loss"] for snapshot in snapshots(run)]


def test_a_run_starts_from_anothers_weights_and_frozen_layers_stay() -> None:
    before = snapshots(said(experiment()))[-1]
    what = parse(
        document(
            start={"snapshot": "0" * 64, "layers": {"linear_1": "linear_1"}, "frozen": ["linear_1"]}, seed=9
        )
    )
    run = snapshots(said(what, start=before))
    for snapshot in (run[0], run[-1]):
        assert torch.equal(
            snapshot.tensors["model.layers.linear_1.weight"], before.tensors["model.layers.linear_1.weight"]
        )
    name = "model.layers.linear_2.weight"
    assert not torch.equal(run[0].tensors[name], before.tensors[name])
    assert not torch.equal(run[0].tensors[name], run[-1].tensors[name])


def test_a_start_that_fits_nowhere_is_refused() -> None:
    before = snapshots(said(experiment()))[-1]
    for start in ({"layers": {"linear_1": "linear_2"}}, {"layers": {"linear_1": "gone"}}):
        run = said(parse(document(start={"snapshot": "0" * 64, **start})), start=before)
        assert ended(run).state == "failed" and "linear_1" in ended(run).detail
    assert ended(said(parse(document(start={"snapshot": "0" * 64})))).state == "failed"


def test_a_snapshot_of_another_experiment_is_not_resumed() -> None:
    other = snapshots(said(experiment(seed=8)))[-1]
    assert "another experiment" in ended(said(experiment(), resume=other)).detail


def test_evaluations_are_thinned_where_epochs_are_short_but_not_at_first() -> None:
    run = said(experiment({"batch_size": "full", "epochs": 160}))
    epochs = [row.columns["epoch"][0] for row in rows(run)]
    period = run[0].evaluate_every
    assert period > 1
    assert epochs[:101] == list(range(101))
    assert epochs[101:] == [epoch for epoch in range(101, 161) if epoch % period == 0 or epoch == 160]
    every = said(experiment({"epochs": 10, "evaluate_every": 4}))
    assert [row.columns["epoch"][0] for row in rows(every)] == [0, 4, 8, 10]


def test_long_epochs_report_their_steps() -> None:
    what = document(
        {"batch_size": 1, "epochs": 1, "shuffle": False},
        data={"type": "moons", "samples": 4000, "validation_fraction": 0.1},
    )
    run = said(parse(what))
    steps = [row for row in rows(run) if row.series == "step"]
    assert len(steps) >= 3
    assert all(set(row.columns) == {"epoch", "step", "train_loss", "learning_rate"} for row in steps)


def test_without_validation_rows_the_curves_are_of_training_alone() -> None:
    run = said(parse(document(data={"type": "moons", "samples": 40, "validation_fraction": 0.0})))
    assert ended(run).state == "completed"
    assert not any(name.startswith("val_") for name in rows(run)[-1].columns)

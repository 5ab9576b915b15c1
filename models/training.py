"""train(): an experiment learns, and says so. A generator: it knows no socket, no file and no database.

    for said in train(experiment, data=NoDoor()):
        print(said)                 # events, snapshots, and frames where somebody watches

Deterministic: the same experiment on the same build and thread count says the same numbers, bit for bit,
also when it goes on from a snapshot in the middle of an epoch. This file is the loop; where a run stands is
`models.state`, what people do to it `models.steering`, when it looks up from learning `models.agenda`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.control import Control
from models.data.base import DataDoor
from models.errors import OquError, SnapshotError
from models.events import Ended, Prepared, Progress, Reason, StateChanged
from models.experiment import Experiment, canonical, parse
from models.findings import diverged
from models.lazy import torch
from models.scene import Frame
from models.snapshots import Snapshot
from models.state import RunState
from models.steering import Steering
from models.world import World

if TYPE_CHECKING:
    from models.events import Event

EPOCH_LOOK_SECONDS = 0.05
"""An epoch longer than this is looked into before it ends, also when the pace counts epochs."""


def train(
    experiment: Experiment,
    *,
    data: DataDoor,
    control: Control | None = None,
    resume: Snapshot | None = None,
    start: Snapshot | None = None,
    spent: float = 0.0,
) -> Iterator[Event | Snapshot | Frame]:
    """Learn, from the beginning or from a snapshot, until it ends; the last thing said is Ended.

    `spent` seconds of the time limit were used before; pauses do not count.
    `start` is the snapshot that `experiment.start` names. What can be expected to fail ends the run as
    Ended(failed) with its reason and never as an exception.
    """
    control = control or Control()
    if control.pace is None:
        control.pace = experiment.run.pace
    world = World(experiment)
    return world.apart(_ended(_run(experiment, data, control, resume, start, world, spent)))


def _ended(said: Iterator[Event | Snapshot | Frame]) -> Iterator[Event | Snapshot | Frame]:
    """The same, with expected failures as the last event."""
    try:
        yield from said
    except OquError as error:
        problem = error.problem
        yield Ended(
            state="failed",
            reason="bad_data",
            detail=str(error).removesuffix(problem.hint).strip(),
            hint=problem.hint,
        )
    except (MemoryError, RuntimeError) as error:
        reason = _memory(error)
        if reason is None:
            raise
        hint = "Use a smaller batch_size or a smaller network."
        yield Ended(state="failed", reason=reason, detail="There was not enough memory.", hint=hint)


def _memory(error: Exception) -> Reason | None:
    """Which memory ran out, if that is what happened."""
    if isinstance(error, torch.OutOfMemoryError):
        return "gpu_out_of_memory"
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "out_of_memory"
    return None


def _run(
    experiment: Experiment,
    door: DataDoor,
    control: Control,
    resume: Snapshot | None,
    start: Snapshot | None,
    world: World,
    spent: float,
) -> Iterator[Event | Snapshot | Frame]:
    """Get everything ready, then learn."""
    if resume is not None:
        experiment = _continued(experiment, resume)
    at = resume.step if resume else -1
    state = RunState(experiment, door, start, world, at)
    if resume is not None:
        state.load(resume)
    paused = experiment.run.paused and resume is None
    loop = Loop(state, Steering(state, control, paused=paused, at=at), control, spent)
    yield from loop.events(fresh=resume is None)


def _continued(experiment: Experiment, snapshot: Snapshot) -> Experiment:
    """The experiment with the changes that only its snapshot knows. Raises SnapshotError for another's."""
    theirs = parse(snapshot.meta["document"])
    if canonical(_original(experiment)) != canonical(_original(theirs)):
        raise SnapshotError(
            "snapshot.other",
            "The snapshot is of another experiment.",
            hint='Use it as "start" to begin a new run with its weights.',
        )
    given = experiment.control
    entries = [*given, *(entry for entry in theirs.control if entry not in given)]
    return experiment.model_copy(update={"control": sorted(entries, key=lambda entry: entry.step)})


def _original(experiment: Experiment) -> Experiment:
    """Without the changes made while it learnt."""
    return experiment.model_copy(update={"control": []})


class Loop:
    """One run at work: learns in stretches, and accounts for each."""

    def __init__(self, state: RunState, steering: Steering, control: Control, spent: float) -> None:
        self.state, self.steering, self.control = state, steering, control
        self.failure: Ended | None = None
        self._epoch_began = time.monotonic()
        limit = state.experiment.run.time_limit_seconds
        self._deadline = time.monotonic() + limit - spent if limit else math.inf

    def events(self, *, fresh: bool) -> Iterator[Event | Snapshot | Frame]:
        """Everything, from the first event to the last."""
        state, steering = self.state, self.steering
        yield self._prepared()
        yield StateChanged(state=steering.said)
        if fresh:
            yield from self._assess()
            yield from state.keep()
        while not (state.over or steering.stopped or self.failure):
            began = time.monotonic()
            yield from steering.attend()
            self._deadline += time.monotonic() - began  # a pause does not count
            if steering.stopped or state.over:
                break
            self._stretch()
            yield from self._account()
        yield from self._farewell()

    def _prepared(self) -> Prepared:
        state = self.state
        return Prepared(
            task=state.prepared.info.task,
            parts={name: len(part) for name, part in state.prepared.parts.items()},
            classes=list(state.prepared.info.classes),
            parameters=state.parameters,
            device=state.device.type,
            threads=state.world.threads,
            steps_per_epoch=state.session.steps_per_epoch,
            evaluate_every=state.session.evaluation_period,
        )

    def _farewell(self) -> Iterator[Event | Snapshot | Frame]:
        """The best moment, the last one, and how it ended."""
        yield from self.state.snapshot_of_best()
        diverged = self.failure is not None and self.failure.reason == "diverged"
        if not diverged and not self.state.session.ends_with_best:
            yield from self.state.keep()
        yield from self.steering.look()
        yield self.failure or Ended(state="cancelled" if self.steering.stopped else "completed")

    # ---------------------------------------------------------------- learning

    def _stretch(self) -> None:
        """Steps until there is something else to do: the loop that has to be quick."""
        state, control = self.state, self.control
        if state.batches is None:
            state.batches = state.session.batches(state.epoch, state.row)
            if state.row == 0:
                self._epoch_began = time.monotonic()
        session, losses = state.session, state.losses
        limit, watch_at, deadline = self._next_stop(), self._look_at(), self._deadline
        clock = bool(control.watches) or deadline < math.inf
        epoch, step, row = state.epoch, state.step, state.row
        for batch in state.batches:
            losses.append(session.step(batch, epoch, step))
            step += 1
            row += len(batch[0])
            if step >= limit or control.waiting:
                break
            if clock and (now := time.monotonic()) and (now >= watch_at or now >= deadline):
                break
        state.step, state.row = step, row

    def _next_stop(self) -> int:
        """The step after which to look up."""
        paced = self.control.pace is not None and self.control.pace.unit == "step"
        if self.steering.until == "step" or paced:
            return self.state.step + 1
        stop, change = self.state.agenda.next_step(self.state.step), self.steering.next_change()
        return stop if change is None else min(stop, change)

    def _look_at(self) -> float:
        """When the next live picture is due, within an epoch."""
        watches, pace = self.control.watches, self.control.pace
        due = min((watch.next_at for watch in watches.values()), default=math.inf)
        if pace is not None and pace.unit == "epoch":
            return max(due, self._epoch_began + EPOCH_LOOK_SECONDS)
        return due

    # ---------------------------------------------------------------- what is said

    def _account(self) -> Iterator[Event | Snapshot | Frame]:
        """After some steps: reports, the end of an epoch, snapshots, pictures, and the pace."""
        state, steering = self.state, self.steering
        ended = state.row >= state.session.rows
        if state.agenda.reports(state.step) or steering.until == "step":
            yield from self._report()
        if ended and not self.failure:
            state.end_epoch()
            if state.agenda.evaluates(state.epoch):
                yield from self._assess()
        if self.failure:
            return
        if state.step in state.agenda.timeline and not state.over:
            yield from state.keep()
        if steering.until == "step" or (steering.until == "epoch" and ended):
            steering.until = None
            yield from steering.look()
        elif self.control.watches and (ended or time.monotonic() >= self._look_at()):
            yield from steering.look(self.control.due())
        if time.monotonic() >= self._deadline:
            self.failure = _too_long(state.experiment)
        elif not steering.paused and not state.over:
            self.control.hold("step")
            if ended:
                self.control.hold("epoch")

    def _report(self) -> Iterator[Event]:
        """The mean loss of the steps since the last report, in long epochs."""
        state = self.state
        if not state.losses:
            return
        loss = torch.stack(state.losses).mean().item()
        columns = {
            "epoch": state.epoch,
            "step": state.step,
            "train_loss": loss,
            "learning_rate": state.session.rate,
        }
        yield Progress.row("step", columns)
        if math.isfinite(loss):
            state.losses.clear()
        else:
            yield from self._diverge()

    def _assess(self) -> Iterator[Event]:
        """One evaluation: its row, what it shows, and whether it is the best so far."""
        state = self.state
        measured = state.session.evaluate()
        state.metrics = {
            "epoch": state.epoch,
            "step": state.step,
            **measured.columns,
            "learning_rate": state.session.rate,
        }
        yield Progress.row("epoch", state.metrics)
        if not math.isfinite(measured.columns["train_loss"]):
            yield from self._diverge()
            return
        state.losses.clear()
        yield from state.session.findings(measured, state.epoch, state.step)
        state.keep_best(measured)

    def _diverge(self) -> Iterator[Event]:
        """Say where the numbers ended, and end."""
        state, step = self.state, self.state.step
        if state.losses:
            finite = torch.isfinite(torch.stack(state.losses)).tolist()
            step = step - len(finite) + finite.index(False) + 1 if False in finite else step
        session = state.session
        finding = diverged(step, state.epoch, session.broken(), "learner.optimizer.lr", session.rate)
        yield finding
        self.failure = Ended(state="failed", reason="diverged", detail=finding.detail, hint=finding.hint)


def _too_long(experiment: Experiment) -> Ended:
    return Ended(
        state="failed",
        reason="time_limit",
        detail=f"The time limit of {experiment.run.time_limit_seconds:g} s is reached.",
        hint="Raise run.time_limit_seconds, or go on from the last snapshot.",
    )

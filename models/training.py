"""train(): an experiment learns, and says so. A generator: it knows no socket, no file and no database.

    for said in train(experiment, data=NoDoor()):
        print(said)                 # events, snapshots, and frames where somebody watches

Deterministic: the same experiment on the same build and thread count says the same numbers, bit for bit,
also when it goes on from a snapshot in the middle of an epoch. Everything that decides what comes next is
in `Training.snapshot()`: weights, optimiser, learner state, torch's random generator, the position in the
epoch (whose order is a function of seed and epoch) and the losses not yet reported.
"""

from __future__ import annotations

import bisect
import copy
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import ValidationError

from models.control import Command, Control, Watch
from models.data.base import DataDoor
from models.engine import Eager
from models.errors import ControlError, OquError, SnapshotError
from models.evaluation import Measured, rows_at_once
from models.events import Controlled, Ended, Finding, Prepared, Progress, Reason, State, StateChanged
from models.experiment import ControlEntry, Experiment, canonical, parse
from models.findings import diverged
from models.lazy import torch
from models.learners.base import EACH_EPOCH_UNTIL, Costs, Place, Session
from models.network import plan
from models.prepare import prepare
from models.replay import as_of, with_changes
from models.scene import Frame, Ranges, Scene, look, networks_of
from models.snapshots import Snapshot
from models.weights import begin, located
from models.world import World

if TYPE_CHECKING:
    from torch import Tensor

    from models.events import Event

TIMELINE = 48
"""Snapshots on the time line at most, the first and the last not counted."""
TIMELINE_BYTES = 256 * 2**20
REPORT_SECONDS = 0.1
"""Where an epoch takes several times this long, steps are reported about this often."""
EPOCH_LOOK_SECONDS = 0.05
"""An epoch longer than this is looked into before it ends, also when the pace counts epochs."""


def train(
    experiment: Experiment,
    *,
    data: DataDoor,
    control: Control | None = None,
    resume: Snapshot | None = None,
    start: Snapshot | None = None,
) -> Iterator[Event | Snapshot | Frame]:
    """Learn, from the beginning or from a snapshot, until it ends; the last thing said is Ended.

    `start` is the snapshot that `experiment.start` names. What can be expected to fail ends the run as
    Ended(failed) with its reason and never as an exception.
    """
    control = control or Control()
    if control.pace is None:
        control.pace = experiment.run.pace
    world = World(experiment)
    return world.apart(_ended(_run(experiment, data, control, resume, start, world)))


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
) -> Iterator[Event | Snapshot | Frame]:
    """Get everything ready, then learn."""
    if resume is not None:
        experiment = _continued(experiment, resume)
    training = Training(experiment, door, control, start, world, at=resume.step if resume else -1)
    if resume is not None:
        training.load(resume)
    yield from training.events(fresh=resume is None)


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


def device_of(experiment: Experiment) -> torch.device:
    """Where to learn. Raises OquError where CUDA was asked for and is not there."""
    wanted = experiment.run.device
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ControlError(
            "device.none",
            "There is no CUDA device here.",
            hint='Set run.device to "auto" or "cpu".',
            path=("run", "device"),
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def timeline(steps: int, count: int) -> list[int]:
    """At which steps the time line has snapshots: dense at first, then at equal ratios."""
    if steps < 1 or count < 1:
        return []
    ratio = steps ** (1 / max(1, count - 1))
    return sorted({round(ratio**i) for i in range(count)})


@dataclass
class Best:
    """The moment with the lowest loss so far, on validation rows where there are any."""

    loss: float
    meta: dict[str, Any]
    tensors: dict[str, Tensor]


class Training:
    """One run at work: the position, and everything that is said about it."""

    def __init__(
        self,
        document: Experiment,
        door: DataDoor,
        control: Control,
        start: Snapshot | None,
        world: World,
        at: int,
    ) -> None:
        """`at` is the step of the snapshot that is loaded afterwards; -1 begins anew."""
        experiment = as_of(document, at)
        self.document, self.experiment = document, experiment
        self.control, self.world = control, world
        self.device = device_of(experiment)
        world.cuda = self.device.type == "cuda"
        world.begin()
        self.prepared = prepare(experiment, door)
        shapes = experiment.learner.shapes(self.prepared.info)
        self.networks = networks_of(experiment, shapes)
        self.costs = self._costs(shapes)
        if experiment.start is not None:
            if start is None:
                raise SnapshotError(
                    "snapshot.absent", "The snapshot to start from is not here.", path=("start",)
                )
            begin(self.networks, experiment.start, start.tensors)
        for network in self.networks.values():
            network.to(self.device)
        self.session = self._session()
        self.ranges = Ranges.of(self._raw_training_rows())
        self.step = self.epoch = self.row = 0
        self.losses: list[Tensor] = []
        self.metrics: dict[str, float | int] = {}
        self.best: Best | None = None
        self.paused = experiment.run.paused and at < 0
        self.said: State = "paused" if self.paused else "running"
        self.until: Literal["step", "epoch"] | None = None
        self.stopped = False
        self.failure: Ended | None = None
        self._batches: Iterator[tuple[Tensor, ...]] | None = None
        self._epoch_began = time.monotonic()
        limit = experiment.run.time_limit_seconds
        self._deadline = time.monotonic() + limit if limit else math.inf
        self._told: set[int] = set()
        self._replayed = [entry for entry in document.control if entry.step <= at]
        self._plan_ahead()

    def _costs(self, shapes: Mapping[str, Any]) -> Costs:
        plans = [plan(spec, *shapes[role]) for role, spec in self.experiment.networks.items()]
        self.parameters = sum(whole.parameters for whole in plans)
        return Costs(
            layers=sum(len(whole.layers) for whole in plans),
            multiply_adds=sum(whole.multiply_adds for whole in plans),
            activation_bytes=sum(layer.activation_bytes for whole in plans for layer in whole.layers),
        )

    def _session(self) -> Session:
        start = self.experiment.start
        frozen = [".".join(located(self.networks, name)) for name in start.frozen] if start else []
        place = Place(
            experiment=self.experiment,
            prepared=self.prepared,
            networks=self.networks,
            device=self.device,
            engine=Eager(),
            costs=self.costs,
            frozen=frozenset(frozen),
        )
        return self.experiment.learner.session(place)

    def _raw_training_rows(self) -> Any:
        source = self.prepared.source.inputs
        return source[self.prepared.parts["train"].rows] if source.ndim == 2 else source[:0]

    def _plan_ahead(self) -> None:
        """At which steps there is something to do besides learning."""
        session, per_epoch = self.session, self.session.steps_per_epoch
        size = sum(value.nbytes for value in session.tensors().values()) * 4 + 16_384
        count = max(4, min(TIMELINE, TIMELINE_BYTES // size))
        self._timeline = timeline(per_epoch * self.experiment.learner.epochs, count)
        seconds = self.costs.step_seconds(-(-session.rows // per_epoch))
        every = max(1, round(REPORT_SECONDS / seconds))
        self._report_every = every if every * 4 <= per_epoch else 0

    # ---------------------------------------------------------------- what is said

    def events(self, *, fresh: bool) -> Iterator[Event | Snapshot | Frame]:
        """Everything, from the first event to the last."""
        yield self._prepared()
        yield StateChanged(state=self.said)
        if fresh:
            yield from self._assess()
            yield from self._keep()
        while not (self._over() or self.stopped or self.failure):
            yield from self._attend()
            if self.stopped or self._over():
                break
            self._stretch()
            yield from self._account()
        yield from self._farewell()

    def _prepared(self) -> Prepared:
        parts = {name: len(part) for name, part in self.prepared.parts.items()}
        return Prepared(
            task=self.prepared.info.task,
            parts=parts,
            classes=list(self.prepared.info.classes),
            parameters=self.parameters,
            device=self.device.type,
            threads=self.world.threads,
            steps_per_epoch=self.session.steps_per_epoch,
            evaluate_every=self.session.evaluation_period,
        )

    def _over(self) -> bool:
        return self.session.done or self.epoch >= self.experiment.learner.epochs

    def _farewell(self) -> Iterator[Event | Snapshot | Frame]:
        """The best moment, the last one, and how it ended."""
        diverged = self.failure is not None and self.failure.reason == "diverged"
        if self.best is not None and self.best.meta["step"] not in self._told:
            yield self._snapshot_of(
                self.best.meta, self.best.tensors, "timeline", {"loss": self.best.loss, "meta": None}
            )
        if not diverged and not self._restores_best():
            yield from self._keep()
        yield from self._frames(list(self.control.watches.values()))
        yield self.failure or Ended(state="cancelled" if self.stopped else "completed")

    def _restores_best(self) -> bool:
        """Early stopping ends with the weights of the best evaluation, so the last ones are not kept."""
        stopping = getattr(self.experiment.learner, "early_stopping", None)
        return self.session.done and stopping is not None and bool(stopping.restore_best)

    # ---------------------------------------------------------------- what people do

    def _attend(self) -> Iterator[Event | Snapshot | Frame]:
        """Between two steps: changes recorded for this step, then the mailbox; blocks while paused."""
        for entry in self.document.control:
            if entry.step == self.step and entry not in self._replayed:
                self._replayed.append(entry)
                yield from self._change(entry.set)
        while not self.stopped:
            command = self.control.poll()
            if command is None:
                if not self.paused or self.until is not None:
                    return
                command = self.control.wait()
            yield from self._obey(command)
            if self.until is not None:
                return

    def _obey(self, command: Command) -> Iterator[Event | Snapshot | Frame]:
        """Do one thing that somebody asked for."""
        action = command.action
        if action == "snapshot":
            yield self.snapshot("recovery")
        elif action == "watch" and command.watch is not None:
            self.control.watches[command.watch.id] = command.watch
            if self.paused:
                yield from self._frames([command.watch])
        elif action == "unwatch":
            self.control.watches.pop(command.id, None)
        elif action == "set":
            yield from self._set(command.set)
        elif action == "pace":
            self.control.pace = command.pace
            pace = command.pace.model_dump(mode="json") if command.pace else None
            yield Controlled(action="pace", step=self.step, set={"run.pace": pace})
        elif action in ("pause", "resume", "step", "epoch", "stop"):
            yield Controlled(action=action, step=self.step)
            yield from self._move(action)

    def _move(self, action: Literal["pause", "resume", "step", "epoch", "stop"]) -> Iterator[Event | Frame]:
        """Pause, go on, go on for one step or epoch, stop."""
        self.stopped = action == "stop"
        self.paused = action in ("pause", "step", "epoch")
        self.until = action if action in ("step", "epoch") else None
        state: State = "paused" if self.paused else "running"
        if state != self.said and not self.stopped:
            self.said = state
            yield StateChanged(state=state)
        if action == "pause":
            yield from self._frames(list(self.control.watches.values()))

    def _set(self, values: dict[str, Any]) -> Iterator[Event]:
        """A live change: recorded at this step, then made. One that cannot be made is said and not recorded."""
        try:
            entry = ControlEntry(step=self.step, set=values)
        except ValidationError as error:
            yield self._refusal(str(error.errors()[0]["msg"]), "")
            return
        refusals = list(self._change(values))
        yield from refusals
        if refusals:
            return
        self._replayed.append(entry)
        entries = sorted([*self.document.control, entry], key=lambda each: each.step)
        self.document = self.document.model_copy(update={"control": entries})
        yield Controlled(action="set", step=self.step, set=values)

    def _change(self, values: Mapping[str, Any]) -> Iterator[Finding]:
        """Go on with other settings; where that cannot be, say why."""
        try:
            experiment = with_changes(self.experiment, values)
            self.session.adjust(experiment)
        except OquError as error:
            yield self._refusal(error.problem.detail, error.problem.hint)
            return
        self.experiment = experiment
        self._batches = None
        self._plan_ahead()

    def _refusal(self, detail: str, hint: str) -> Finding:
        return Finding(code="change_refused", step=self.step, epoch=self.epoch, detail=detail, hint=hint)

    def _frames(self, watches: list[Watch]) -> Iterator[Frame]:
        """The live pictures of these watches, of the weights as they are."""
        for watch in watches:
            began = time.monotonic()
            yield look(watch.probe, watch.params, self.scene(), watch.id)
            self.control.spent(watch, time.monotonic() - began)

    def scene(self) -> Scene:
        """What there is to see now."""
        return Scene(
            experiment=self.experiment,
            networks=self.networks,
            data=self.prepared,
            step=self.step,
            epoch=self.epoch,
            ranges=self.ranges,
            chunk=rows_at_once(self.costs.activation_bytes),
            device=self.device,
        )

    # ---------------------------------------------------------------- learning

    def _stretch(self) -> None:
        """Steps until there is something else to do: the loop that has to be quick."""
        if self._batches is None:
            self._batches = self.session.batches(self.epoch, self.row)
            if self.row == 0:
                self._epoch_began = time.monotonic()
        session, control, losses = self.session, self.control, self.losses
        limit, watch_at, deadline = self._next_stop(), self._look_at(), self._deadline
        clock = bool(control.watches) or deadline < math.inf
        epoch, step, row = self.epoch, self.step, self.row
        for batch in self._batches:
            losses.append(session.step(batch, epoch, step))
            step += 1
            row += len(batch[0])
            if step >= limit or control.waiting:
                break
            if clock and (now := time.monotonic()) and (now >= watch_at or now >= deadline):
                break
        self.step, self.row = step, row

    def _next_stop(self) -> int:
        """The step after which to look up."""
        paced = self.control.pace is not None and self.control.pace.unit == "step"
        if self.until == "step" or paced:
            return self.step + 1
        stops = [entry.step for entry in self.document.control if entry.step > self.step][:1]
        i = bisect.bisect_right(self._timeline, self.step)
        stops += self._timeline[i : i + 1]
        if self._report_every:
            stops.append((self.step // self._report_every + 1) * self._report_every)
        return min(stops, default=self.step + self.session.steps_per_epoch)

    def _look_at(self) -> float:
        """When the next live picture is due, within an epoch."""
        watches, pace = self.control.watches, self.control.pace
        due = min((watch.next_at for watch in watches.values()), default=math.inf)
        if pace is not None and pace.unit == "epoch":
            return max(due, self._epoch_began + EPOCH_LOOK_SECONDS)
        return due

    def _account(self) -> Iterator[Event | Snapshot | Frame]:
        """After some steps: reports, the end of an epoch, snapshots, pictures, and the pace."""
        ended = self.row >= self.session.rows
        if (self._report_every and self.step % self._report_every == 0) or self.until == "step":
            yield from self._report()
        if ended and not self.failure:
            self.epoch, self.row, self._batches = self.epoch + 1, 0, None
            if self._evaluates():
                yield from self._assess()
        if self.failure:
            return
        if self.step in self._timeline and not self._over():
            yield from self._keep()
        if self.until == "step" or (self.until == "epoch" and ended):
            self.until = None
            yield from self._frames(list(self.control.watches.values()))
        elif self.control.watches and (ended or time.monotonic() >= self._look_at()):
            yield from self._frames(self.control.due())
        if time.monotonic() >= self._deadline:
            self.failure = Ended(
                state="failed",
                reason="time_limit",
                detail=f"The time limit of {self.experiment.run.time_limit_seconds:g} s is reached.",
                hint="Raise run.time_limit_seconds, or go on from the last snapshot.",
            )
            return
        if not self.paused and not self._over():
            self.control.hold("step")
            if ended:
                self.control.hold("epoch")

    def _evaluates(self) -> bool:
        """Whether the epoch that just ended is measured; see `evaluation_period`."""
        period, learner = self.session.evaluation_period, self.experiment.learner
        early = learner.evaluate_every == "auto" and self.epoch <= EACH_EPOCH_UNTIL
        return early or self.epoch % period == 0 or self.epoch >= learner.epochs

    def _report(self) -> Iterator[Event]:
        """The mean loss of the steps since the last report, in long epochs."""
        if not self.losses:
            return
        loss = torch.stack(self.losses).mean().item()
        yield Progress.row(
            "step",
            {"epoch": self.epoch, "step": self.step, "train_loss": loss, "learning_rate": self.session.rate},
        )
        if math.isfinite(loss):
            self.losses.clear()
        else:
            yield from self._diverge()

    def _assess(self) -> Iterator[Event]:
        """One evaluation: its row, what it shows, and whether it is the best so far."""
        measured = self.session.evaluate()
        self.metrics = {
            "epoch": self.epoch,
            "step": self.step,
            **measured.columns,
            "learning_rate": self.session.rate,
        }
        yield Progress.row("epoch", self.metrics)
        if not math.isfinite(measured.columns["train_loss"]):
            yield from self._diverge()
            return
        self.losses.clear()
        yield from self.session.findings(measured, self.epoch, self.step)
        self._keep_best(measured)

    def _diverge(self) -> Iterator[Event]:
        """Say where the numbers ended, and end."""
        step = self.step
        if self.losses:
            finite = torch.isfinite(torch.stack(self.losses)).tolist()
            step = self.step - len(finite) + finite.index(False) + 1 if False in finite else self.step
        setting = "learner.optimizer.lr"
        finding = diverged(step, self.epoch, self.session.broken(), setting, self.session.rate)
        yield finding
        self.failure = Ended(state="failed", reason="diverged", detail=finding.detail, hint=finding.hint)

    # ---------------------------------------------------------------- state

    def _keep_best(self, measured: Measured) -> None:
        """Copy the whole state where the loss is lower than ever, in place where shapes allow."""
        loss = measured.columns.get("val_loss", measured.columns["train_loss"])
        if self.best is not None and not loss < self.best.loss:
            return
        tensors = self._tensors()
        if self.best is not None and self.best.tensors.keys() == tensors.keys():
            held = [self.best.tensors[name] for name in tensors]
            if all(mine.shape == now.shape for mine, now in zip(held, tensors.values(), strict=True)):
                for mine, now in zip(held, tensors.values(), strict=True):
                    mine.copy_(now)
                self.best = Best(loss, self._meta(), self.best.tensors)
                return
        self.best = Best(loss, self._meta(), _copies(tensors))

    def _tensors(self) -> dict[str, Tensor]:
        """All tensors of the state, not copied, the best moment's left out."""
        found = self.session.tensors()
        for i, state in enumerate(self.world.state()):
            found[f"random.{i}"] = state
        if self.losses:
            found["losses"] = torch.stack(self.losses)
        return found

    def _meta(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "epoch": self.epoch,
            "row": self.row,
            "learner": copy.deepcopy(self.session.facts()),
            "metrics": {
                name: value if math.isfinite(value) else None for name, value in self.metrics.items()
            },
        }

    def _keep(self) -> Iterator[Snapshot]:
        """A snapshot for the time line, if this step has none yet."""
        if self.step not in self._told:
            yield self.snapshot()

    def snapshot(self, kind: Literal["recovery", "timeline"] = "timeline") -> Snapshot:
        """All that is needed to go on exactly, or to look back."""
        tensors = _copies(self._tensors())
        best = None
        if self.best is not None:
            now = self.best.meta["step"] == self.step
            best = {"loss": self.best.loss, "meta": None if now else self.best.meta}
            if not now:
                tensors.update({f"best.{name}": value.clone() for name, value in self.best.tensors.items()})
        return self._snapshot_of(self._meta(), tensors, kind, best)

    def _snapshot_of(
        self,
        meta: dict[str, Any],
        tensors: dict[str, Tensor],
        kind: Literal["recovery", "timeline"],
        best: dict[str, Any] | None,
    ) -> Snapshot:
        """A moment with the facts that make it readable by itself."""
        if kind == "timeline":
            self._told.add(meta["step"])
        prepared = self.prepared
        about = {
            "document": self.document.model_dump(mode="json"),
            "info": prepared.info.model_dump(mode="json"),
            "raw_info": prepared.raw_info.model_dump(mode="json"),
            "preprocess": [list(arrays) for arrays in prepared.state],
            "ranges": asdict(self.ranges) if self.ranges else None,
            "engine": "eager",
        }
        fitted = {
            f"preprocess.{i}.{name}": torch.from_numpy(np.array(array))
            for i, arrays in enumerate(prepared.state)
            for name, array in arrays.items()
        }
        return Snapshot({**meta, **about, "best": best}, {**tensors, **fitted}, kind)

    def load(self, snapshot: Snapshot) -> None:
        """Be where the snapshot was taken. Raises SnapshotError where it does not fit."""
        meta, tensors = snapshot.meta, snapshot.tensors
        try:
            self.step, self.epoch, self.row = meta["step"], meta["epoch"], meta["row"]
            self.metrics = dict(meta["metrics"])
            self.session.load(tensors, meta["learner"])
            self.losses = list(tensors["losses"].to(self.device).unbind()) if "losses" in tensors else []
            self.world.restore([tensors[name] for name in sorted(tensors) if name.startswith("random.")])
            self.best = self._best_of(meta["best"], tensors)
        except (KeyError, ValueError, TypeError) as error:
            raise SnapshotError(
                "snapshot.incomplete",
                "The snapshot does not hold what this learner needs to go on.",
                hint="Go on from another one.",
            ) from error

    def _best_of(self, best: dict[str, Any] | None, tensors: Mapping[str, Tensor]) -> Best | None:
        if best is None:
            return None
        if best["meta"] is None:
            return Best(best["loss"], self._meta(), _copies(self._tensors()))
        held = {
            name.removeprefix("best."): value for name, value in tensors.items() if name.startswith("best.")
        }
        return Best(best["loss"], best["meta"], _copies(held))


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the processor; names that share one tensor share the copy."""
    made: dict[int, Tensor] = {}
    return {
        name: made.setdefault(id(value), value.detach().to("cpu", copy=True))
        for name, value in tensors.items()
    }

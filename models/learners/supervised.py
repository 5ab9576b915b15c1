"""Learning from examples with known answers: classes or numbers."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from models import findings
from models.data.base import DataInfo, Task
from models.engine import Objective, Phase
from models.errors import ControlError, DocumentError
from models.evaluation import Judge, Measured, floats, resting, rows_at_once, tensor
from models.events import Finding
from models.kinds import Kind
from models.lazy import torch
from models.learners.base import Learner, Place, Shapes, evaluation_period
from models.losses import AnyLoss, CrossEntropyLoss
from models.optimizers import Adam, AnyOptimizer, pack, unpack
from models.schedules import AnySchedule
from models.seeds import stream
from models.weights import put, resettle

if TYPE_CHECKING:
    from torch import Tensor

    from models.experiment import Experiment


class EarlyStopping(Kind):
    """Ends a run whose validation loss no longer falls."""

    patience: int = Field(
        10, ge=1, le=1_000_000, title="Patience", description="Evaluations without a better one"
    )
    min_delta: float = Field(
        0.0, ge=0, le=1e6, title="Least gain", description="A fall smaller than this is none"
    )
    restore_best: bool = Field(
        True, title="Keep the best", description="End with the weights of the best evaluation"
    )


class Supervised(Learner):
    """Shows the network examples in batches and moves its weights against the gradient of the loss."""

    title: ClassVar[str] = "Supervised"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    example: ClassVar[dict[str, Any]] = {
        "data": {"type": "moons", "samples": 60, "validation_fraction": 0.3},
        "networks": {
            "model": {"layers": [{"type": "Linear", "out_features": 6}, {"type": "Tanh"}, {"type": "Linear"}]}
        },
        "learner": {"batch_size": 8, "epochs": 12},
    }

    type: Literal["supervised"] = "supervised"
    loss: AnyLoss = Field(CrossEntropyLoss(), title="Loss")
    optimizer: AnyOptimizer = Field(Adam(), title="Optimiser")
    schedule: AnySchedule | None = Field(None, title="Schedule", description="How the learning rate changes")
    batch_size: Annotated[int, Field(ge=1, le=10_000_000)] | Literal["full"] = Field(
        32, title="Batch size", description="Examples per step; 1 is stochastic, full is all of them"
    )
    shuffle: bool = Field(True, title="Shuffle", description="Another order in each epoch")
    l1: float = Field(
        0.0, ge=0, le=1e6, title="L1", description="Adds this times the sum of |w|, biases left out"
    )
    l2: float = Field(
        0.0, ge=0, le=1e6, title="L2", description="Adds this times the sum of w², biases left out"
    )
    clip_norm: float | None = Field(
        None, gt=0, le=1e12, title="Clip norm", description="Longest gradient of all weights together"
    )
    clip_value: float | None = Field(
        None, gt=0, le=1e12, title="Clip value", description="Largest gradient of a single weight"
    )
    early_stopping: EarlyStopping | None = Field(None, title="Early stopping")

    def shapes(self, info: DataInfo) -> dict[str, Shapes]:
        """One network from a row to what the loss needs."""
        self.loss.fits(info)
        return {"model": ({"input": info.shape}, self.loss.output(info))}

    def session(self, place: Place) -> SupervisedSession:
        """Ready to learn."""
        return SupervisedSession(self, place)


EVALUATED_ROWS = 2000
LOOKED_AT_ROWS = 256
SHUFFLED_AT_ONCE_BYTES = 32 * 2**20


class SupervisedSession:
    """A network, its optimiser and its data at work.

    Training rows are measured in evaluation mode like the validation rows, so that the two curves compare:
    all of them up to 2,000 or as many as validate, else the first so many of the part, whose order is random.
    """

    def __init__(self, learner: Supervised, place: Place) -> None:
        self.networks = place.networks
        self.network = place.networks["model"]
        self.done = False
        self._place, self._learner = place, learner
        self._info = place.prepared.info
        self._seed = place.experiment.seed
        self._frozen = [
            module for name, module in self.network.modules_by_id.items() if f"model.{name}" in place.frozen
        ]
        for module in self._frozen:
            module.requires_grad_(False)
        self._named = {name: p for name, p in self.network.named_parameters() if p.requires_grad}
        if not self._named:
            raise DocumentError(
                "learner.nothing",
                "The network has no weights that could learn.",
                hint="Add a Linear layer, or freeze fewer layers.",
                path=("networks", "model"),
            )
        self._parts = {
            name: (tensor(part.inputs, place.device), tensor(part.targets, place.device))
            for name, part in place.prepared.parts.items()
            if name in ("train", "validation") and len(part)
        }
        self._inputs, self._targets = self._parts["train"]
        self._sample = _sample(self._named.values())
        self._memory: findings.Memory = {}
        self._evaluations = self._waited = 0
        self._best = float("inf")
        self._optimizer = learner.optimizer.build(self._named.values())
        self._settle()
        self._learn()

    # ---------------------------------------------------------------- settings

    def _settle(self) -> None:
        """All that follows from the learner's settings."""
        learner, place = self._learner, self._place
        self._function = learner.loss.function(self._info, self._targets)
        self._wanted = learner.loss.targets(self._info, self._targets)
        validating = len(self._parts["validation"][0]) if "validation" in self._parts else 0
        most = max(EVALUATED_ROWS, validating)
        parts = {**self._parts, "train": (self._inputs[:most], self._targets[:most])}
        chunk = rows_at_once(place.costs.activation_bytes)
        self._judge = Judge(self._info, learner.loss, self._function, parts, chunk)
        self._baseline = self._judge.baseline()
        self._batch = self.rows if learner.batch_size == "full" else min(learner.batch_size, self.rows)
        self._phase = Phase(
            self._objective(),
            self._optimizer,
            list(self._named.values()),
            learner.clip_norm,
            learner.clip_value,
            learner.optimizer.needs_closure,
        )
        every = learner.evaluate_every
        evaluated = min(self.rows, most) + validating
        self.evaluation_period = (
            evaluation_period(place.costs, self.rows, self.steps_per_epoch, evaluated)
            if every == "auto"
            else every
        )

    def _objective(self) -> Objective:
        """The loss that is reported, and with its penalties the one that is minimised."""
        network, function, l1, l2 = self.network, self._function, self._learner.l1, self._learner.l2
        weights = [p for p in self._named.values() if p.dim() > 1]

        def plain(x: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
            loss = function(network(x), wanted)
            return loss, loss

        def penalised(x: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
            loss = total = function(network(x), wanted)
            if l1:
                total = total + l1 * torch.stack([weight.abs().sum() for weight in weights]).sum()
            if l2:
                total = total + l2 * torch.stack([weight.square().sum() for weight in weights]).sum()
            return total, loss

        return penalised if (l1 or l2) and weights else plain

    def adjust(self, experiment: Experiment) -> None:
        """Go on with these settings. Raises ControlError where that needs another network or optimiser."""
        learner = experiment.learner
        if not isinstance(learner, Supervised) or type(learner.optimizer) is not type(
            self._learner.optimizer
        ):
            raise ControlError(
                "control.another",
                "Another learner or optimiser cannot take over in the middle of a run.",
                hint="Stop, and start a run from this one's snapshot.",
                path=("learner",),
            )
        shapes = learner.shapes(self._info)
        for role, network in self.networks.items():
            if experiment.networks[role] != self._place.experiment.networks[role]:
                from models.network import build

                resettle(network, build(experiment.networks[role], *shapes[role], seed=0))
        self._place.experiment, self._learner = experiment, learner
        learner.optimizer.adjust(self._optimizer)
        self._settle()

    # ---------------------------------------------------------------- the ladder

    @property
    def rows(self) -> int:
        """Training rows."""
        return len(self._inputs)

    @property
    def steps_per_epoch(self) -> int:
        """With the batch size of now."""
        return -(-self.rows // self._batch)

    @property
    def ends_with_best(self) -> bool:
        """Early stopping ended it, and restores the best."""
        stopping = self._learner.early_stopping
        return self.done and stopping is not None and stopping.restore_best

    @property
    def rate(self) -> float:
        """The learning rate of the last step, or of the first."""
        return float(self._optimizer.param_groups[0]["lr"])

    def batches(self, epoch: int, row: int) -> Iterator[tuple[Tensor, ...]]:
        """The batches of an epoch from this row of its order on. The order is a function of seed and epoch."""
        inputs, wanted = self._inputs, self._wanted
        order = None
        if self._learner.shuffle and self._batch < self.rows:
            random = torch.Generator().manual_seed(stream(self._seed, f"shuffle/{epoch}"))
            order = torch.randperm(self.rows, generator=random).to(inputs.device)
            if inputs.nbytes <= SHUFFLED_AT_ONCE_BYTES:
                inputs, wanted, order = inputs[order], wanted[order], None
        if order is None:
            xs, ys = torch.split(inputs[row:], self._batch), torch.split(wanted[row:], self._batch)
            yield from zip(xs if inputs.is_floating_point() else map(floats, xs), ys, strict=True)
            return
        for some in torch.split(order[row:], self._batch):
            yield floats(inputs[some]), wanted[some]

    def step(self, batch: tuple[Tensor, ...], epoch: int, step: int) -> Tensor:
        """Learn from one batch; its mean loss before the step, not yet looked at."""
        schedule = self._learner.schedule
        if schedule is not None:
            rate = schedule.rate(self._learner.optimizer.lr, epoch, step)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
        return self._place.engine.step(self._phase, *batch)

    def evaluate(self) -> Measured:
        """Losses and metrics of the weights as they are."""
        with resting(self.network):
            measured = self._judge.measure(self.network)
        self._evaluations += 1
        self._wait(measured.columns)
        return measured

    def _wait(self, columns: Mapping[str, float]) -> None:
        """Count evaluations without a better one, for early stopping."""
        stopping = self._learner.early_stopping
        loss = columns.get("val_loss", columns["train_loss"])
        if stopping is None:
            return
        if loss < self._best - stopping.min_delta:
            self._best, self._waited = loss, 0
            return
        self._waited += 1
        self.done = self._waited >= stopping.patience

    def _learn(self) -> None:
        """Training mode, but for frozen layers: those change nothing, running averages included."""
        self.network.train()
        for module in self._frozen:
            module.eval()

    # ---------------------------------------------------------------- looking

    def findings(self, measured: Measured, epoch: int, step: int) -> list[Finding]:
        """What a teacher would point at now, each thing once in a run."""
        moment = findings.Moment(
            step=step,
            epoch=epoch,
            epochs=self._learner.epochs,
            count=self._evaluations,
            columns=measured.columns,
            baseline=self._baseline,
            norms=cache(self._norms),
            activations=cache(self._activations),
            types={layer.id or "": layer.type for layer in self._place.experiment.networks["model"].layers},
            moved=self._moved,
            saturating=self._learner.loss.logits,
            early_stopping=self._learner.early_stopping is not None,
        )
        return findings.look(moment, self._memory)

    def _norms(self) -> dict[str, float]:
        """Gradient norms of the layers' weight matrices, from the last step."""
        names, gradients = [], []
        for name, parameter in self._named.items():
            if parameter.dim() > 1 and parameter.grad is not None:
                names.append(name.split(".")[1])
                gradients.append(parameter.grad)
        if not gradients:
            return {}
        return dict(zip(names, torch.stack(torch._foreach_norm(gradients)).tolist(), strict=True))

    def _activations(self) -> dict[str, Tensor]:
        with resting(self.network):
            return self.network.activations(floats(self._inputs[:LOOKED_AT_ROWS]))

    def _moved(self) -> float:
        now = _sample(self._named.values())
        return float((now - self._sample).norm() / self._sample.norm().clamp(min=1e-12))

    def broken(self) -> str | None:
        """The first layer whose values are no numbers any more."""
        return findings.first_nonfinite(self._activations())

    # ---------------------------------------------------------------- state

    def tensors(self) -> dict[str, Tensor]:
        """The tensors of the state, by name; not copied."""
        weights = {f"model.{name}": value for name, value in self.network.state_dict().items()}
        remembered, _ = pack(self._optimizer, list(self._named))
        return {
            **weights,
            **{f"optimizer.{name}": value for name, value in remembered.items()},
            "sample": self._sample,
        }

    def facts(self) -> dict[str, Any]:
        """The rest of the state, as JSON."""
        return {
            "optimizer": pack(self._optimizer, list(self._named))[1],
            "findings": self._memory,
            "evaluations": self._evaluations,
            "best": self._best if self._best < float("inf") else None,
            "waited": self._waited,
            "done": self.done,
            "rate": self.rate,
        }

    def load(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Be as the session was that gave these."""
        put(self.network, "model", tensors)
        remembered = {name.removeprefix("optimizer."): value for name, value in tensors.items()}
        unpack(self._optimizer, list(self._named), remembered, facts["optimizer"])
        self._learner.optimizer.adjust(self._optimizer)
        for group in self._optimizer.param_groups:
            group["lr"] = facts["rate"] if self._learner.schedule is not None else self._learner.optimizer.lr
        self._sample = tensors["sample"].to(self._place.device)
        self._memory = copy.deepcopy(facts["findings"])
        self._evaluations, self._waited = facts["evaluations"], facts["waited"]
        self._best = float("inf") if facts["best"] is None else facts["best"]
        self.done = facts["done"]


def _sample(parameters: Iterable[Tensor]) -> Tensor:
    """Some numbers of each parameter: enough to see whether weights move."""
    return torch.cat([p.detach().flatten()[:256] for p in parameters]).clone()

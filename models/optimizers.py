"""Optimisers with torch.optim's names, arguments and defaults, as they have a place in a course."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from models.kinds import Kind, union
from models.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

Factory = Callable[..., "torch.optim.Optimizer"]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Small = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1e12)]


def _rate(default: float) -> Any:
    return Field(default, title="Learning rate", description="How far a step goes along the gradient")


def _decay(default: float = 0.0) -> Any:
    return Field(default, ge=0, le=1e6, title="Weight decay", description="Pulls weights towards 0")


def _eps(default: float) -> Any:
    return Field(
        default,
        gt=0,
        le=1,
        title="Epsilon",
        description="Keeps a division from 0",
        json_schema_extra={"advanced": True},
    )


class Optimizer(Kind):
    """Base of all optimisers."""

    family: ClassVar[str] = "optimizer"
    fused: ClassVar[bool] = False
    """Torch has one kernel for the whole step, on the processor too, and it is quicker."""
    needs_closure: ClassVar[bool] = False
    """A step asks for the loss several times."""
    brisk: ClassVar[float] = float("inf")
    """Learning rates above this hardly ever work."""

    type: str
    lr: Rate = _rate(1e-3)

    def arguments(self) -> dict[str, Any]:
        """The settings as torch takes them."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "type"}

    def factory(self) -> Factory:
        """Torch's class."""
        raise NotImplementedError

    def build(self, parameters: Iterable[Parameter]) -> torch.optim.Optimizer:
        """Torch's optimiser over these parameters."""
        extra = {"fused": True} if self.fused else {}
        optimizer: torch.optim.Optimizer = self.factory()(parameters, **self.arguments(), **extra)
        return optimizer

    def adjust(self, optimizer: torch.optim.Optimizer) -> None:
        """Give a working optimiser these settings; what it remembers stays."""
        for group in optimizer.param_groups:
            group.update(self.arguments())


class SGD(Optimizer):
    """A step against the gradient. With momentum it rolls on; Nesterov looks ahead along the roll."""

    fused: ClassVar[bool] = True

    type: Literal["SGD"] = "SGD"
    momentum: Fraction = Field(0.0, title="Momentum", description="Share of the last step that is kept")
    dampening: Small = Field(0.0, title="Dampening", json_schema_extra={"advanced": True})
    weight_decay: float = _decay()
    nesterov: bool = Field(False, title="Nesterov", description="Needs momentum, and no dampening")

    @model_validator(mode="after")
    def _nesterov_rolls(self) -> SGD:
        if self.nesterov and (self.momentum <= 0 or self.dampening != 0):
            raise ValueError("Nesterov needs a momentum above 0 and no dampening")
        return self

    def factory(self) -> Factory:
        """torch.optim.SGD."""
        return torch.optim.SGD


class Adam(Optimizer):
    """Steps sized for each weight by the mean and the spread of its gradients (Kingma and Ba, 2015)."""

    fused: ClassVar[bool] = True
    brisk: ClassVar[float] = 0.1

    type: Literal["Adam"] = "Adam"
    betas: tuple[Fraction, Fraction] = Field(
        (0.9, 0.999), title="Betas", description="Memory of the mean, and of the spread"
    )
    eps: float = _eps(1e-8)
    weight_decay: float = _decay()
    amsgrad: bool = Field(False, title="AMSGrad", json_schema_extra={"advanced": True})

    def factory(self) -> Factory:
        """torch.optim.Adam."""
        return torch.optim.Adam


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2019)."""

    fused: ClassVar[bool] = True
    brisk: ClassVar[float] = 0.1

    type: Literal["AdamW"] = "AdamW"
    betas: tuple[Fraction, Fraction] = Field(
        (0.9, 0.999), title="Betas", description="Memory of the mean, and of the spread"
    )
    eps: float = _eps(1e-8)
    weight_decay: float = _decay(1e-2)
    amsgrad: bool = Field(False, title="AMSGrad", json_schema_extra={"advanced": True})

    def factory(self) -> Factory:
        """torch.optim.AdamW."""
        return torch.optim.AdamW


class RMSprop(Optimizer):
    """Divides each step by a running size of the weight's gradients (Hinton's lecture 6e)."""

    brisk: ClassVar[float] = 0.1

    type: Literal["RMSprop"] = "RMSprop"
    lr: Rate = _rate(1e-2)
    alpha: Fraction = Field(0.99, title="Alpha", description="Memory of the size")
    eps: float = _eps(1e-8)
    weight_decay: float = _decay()
    momentum: Fraction = Field(0.0, title="Momentum", description="Share of the last step that is kept")
    centered: bool = Field(False, title="Centred", json_schema_extra={"advanced": True})

    def factory(self) -> Factory:
        """torch.optim.RMSprop."""
        return torch.optim.RMSprop

    def adjust(self, optimizer: torch.optim.Optimizer) -> None:
        """Torch makes room for momentum at the first step only; make it where it comes later."""
        super().adjust(optimizer)
        if self.momentum > 0:
            for parameter, state in optimizer.state.items():
                if state and "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)


class Adagrad(Optimizer):
    """Divides each step by the size of all gradients the weight ever had (Duchi and others, 2011)."""

    fused: ClassVar[bool] = True

    type: Literal["Adagrad"] = "Adagrad"
    lr: Rate = _rate(1e-2)
    lr_decay: float = Field(0.0, ge=0, le=1e6, title="Rate decay")
    weight_decay: float = _decay()
    initial_accumulator_value: float = Field(
        0.0, ge=0, le=1e6, title="Initial accumulator", json_schema_extra={"advanced": True}
    )
    eps: float = _eps(1e-10)

    def factory(self) -> Factory:
        """torch.optim.Adagrad."""
        return torch.optim.Adagrad


class Adadelta(Optimizer):
    """Steps in the units of the weights themselves; the rate can stay at 1 (Zeiler, 2012)."""

    type: Literal["Adadelta"] = "Adadelta"
    lr: Rate = _rate(1.0)
    rho: Fraction = Field(0.9, title="Rho", description="Memory of sizes")
    eps: float = _eps(1e-6)
    weight_decay: float = _decay()

    def factory(self) -> Factory:
        """torch.optim.Adadelta."""
        return torch.optim.Adadelta


class Rprop(Optimizer):
    """Looks at the gradient's sign only; steps grow while it stays and shrink when it turns. For full batches."""

    type: Literal["Rprop"] = "Rprop"
    lr: Rate = _rate(1e-2)
    etas: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=1, le=10)]] = Field(
        (0.5, 1.2), title="Etas", description="Factors when the sign turns, and when it stays"
    )
    step_sizes: tuple[Annotated[float, Field(gt=0, le=1e6)], Annotated[float, Field(gt=0, le=1e6)]] = Field(
        (1e-6, 50.0),
        title="Step sizes",
        description="Smallest and largest",
        json_schema_extra={"advanced": True},
    )

    def factory(self) -> Factory:
        """torch.optim.Rprop."""
        return torch.optim.Rprop


class LBFGS(Optimizer):
    """Bends its steps by the curvature it remembers: few large steps over a full batch."""

    needs_closure: ClassVar[bool] = True

    type: Literal["LBFGS"] = "LBFGS"
    lr: Rate = _rate(1.0)
    max_iter: int = Field(20, ge=1, le=1000, title="Iterations", description="At most, in one step")
    max_eval: int | None = Field(
        None, ge=1, le=10_000, title="Evaluations", json_schema_extra={"advanced": True}
    )
    tolerance_grad: float = Field(
        1e-7, ge=0, le=1, title="Gradient tolerance", json_schema_extra={"advanced": True}
    )
    tolerance_change: float = Field(
        1e-9, ge=0, le=1, title="Change tolerance", json_schema_extra={"advanced": True}
    )
    history_size: int = Field(
        100, ge=1, le=1000, title="History", description="Steps whose curvature it remembers"
    )
    line_search_fn: Literal["strong_wolfe"] | None = Field(None, title="Line search")

    def arguments(self) -> dict[str, Any]:
        """Torch's own default for `max_eval` is 1.25 times `max_iter`."""
        return {**super().arguments(), "max_eval": self.max_eval or self.max_iter * 5 // 4}

    def factory(self) -> Factory:
        """torch.optim.LBFGS."""
        return torch.optim.LBFGS


if TYPE_CHECKING:
    AnyOptimizer = Optimizer
else:
    AnyOptimizer = union(Optimizer)


def pack(optimizer: torch.optim.Optimizer, names: Sequence[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What an optimiser remembers, as tensors by name and plain JSON. LBFGS remembers lists of tensors."""
    tensors: dict[str, Tensor] = {}

    def plain(value: Any, name: str) -> Any:
        if isinstance(value, torch.Tensor):
            tensors[name] = value
            return {"tensor": name}
        if isinstance(value, list):
            return {"list": [plain(each, f"{name}.{i}") for i, each in enumerate(value)]}
        return {"value": value}

    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    facts = {
        name: {key: plain(value, f"{name}.{key}") for key, value in optimizer.state[parameter].items()}
        for name, parameter in zip(names, parameters, strict=True)
        if parameter in optimizer.state
    }
    return tensors, facts


def unpack(
    optimizer: torch.optim.Optimizer,
    names: Sequence[str],
    tensors: Mapping[str, Tensor],
    facts: Mapping[str, Any],
) -> None:
    """Make an optimiser remember what `pack` took down."""

    def value_of(plain: dict[str, Any]) -> Any:
        if "tensor" in plain:
            return tensors[plain["tensor"]].clone()
        if "list" in plain:
            return [value_of(each) for each in plain["list"]]
        return plain["value"]

    state = {
        i: {key: value_of(plain) for key, plain in facts[name].items()}
        for i, name in enumerate(names)
        if name in facts
    }
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter, remembered in optimizer.state.items():
        for key, value in remembered.items():  # laid out in memory as the weights are
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                remembered[key] = torch.empty_like(parameter).copy_(value)

"""Optimisers: torch's own, with its names and defaults; what they remember survives."""

from __future__ import annotations

import inspect

import pytest
import torch
from pydantic import ValidationError

from models.kinds import kinds
from models.optimizers import SGD, Adam, Optimizer, RMSprop, pack, unpack
from tests.models.learning import ended, experiment, rows, said


def weights() -> list[torch.nn.Parameter]:
    torch.manual_seed(1)
    return [torch.nn.Parameter(torch.randn(3, 2)), torch.nn.Parameter(torch.randn(3))]


def go(optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter], steps: int) -> None:
    """Down a bowl, by so many steps."""

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = sum(((p - i) ** 2).sum() for i, p in enumerate(parameters))
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(loss)


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_an_optimiser_survives_the_round_trip_through_json_and_has_help(name: str) -> None:
    optimizer = kinds(Optimizer)[name]()
    assert type(optimizer).model_validate_json(optimizer.model_dump_json()) == optimizer
    assert type(optimizer).entry()["help"]


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_arguments_and_defaults_are_torchs(name: str) -> None:
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    given = kinds(Optimizer)[name]().arguments()
    for argument, value in given.items():
        default = theirs[argument].default
        if argument == "max_eval":
            default = 25
        assert value == (default.item() if isinstance(default, torch.Tensor) else default), argument


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_steps_are_those_of_torch(name: str) -> None:
    ours, theirs = weights(), weights()
    kind = kinds(Optimizer)[name](lr=0.1)
    go(kind.build(ours), ours, 5)
    go(getattr(torch.optim, name)(theirs, **kind.arguments()), theirs, 5)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-6)


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_what_it_remembers_is_packed_and_unpacked_exactly(name: str) -> None:
    kind, whole = kinds(Optimizer)[name](lr=0.1), weights()
    optimizer = kind.build(whole)
    go(optimizer, whole, 3)
    tensors, facts = pack(optimizer, ["w", "b"])
    half = [torch.nn.Parameter(p.detach().clone()) for p in whole]
    other = kind.build(half)
    unpack(other, ["w", "b"], {name: value.clone() for name, value in tensors.items()}, facts)
    go(optimizer, whole, 3)
    go(other, half, 3)
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(whole, half, strict=True))


@pytest.mark.parametrize("name", kinds(Optimizer))
def test_a_network_learns_with_each_optimiser(name: str) -> None:
    settings = {"Adadelta": {"lr": 1.0}, "SGD": {"lr": 0.3}, "LBFGS": {"line_search_fn": "strong_wolfe"}}
    optimizer = {"type": name, **settings.get(name, {"lr": 0.05})}
    batch = "full" if name in ("LBFGS", "Rprop") else 7
    layers = [{"type": "Linear", "out_features": 8}, {"type": "Tanh"}, {"type": "Linear"}]
    what = experiment(
        {"optimizer": optimizer, "batch_size": batch, "epochs": 20}, networks={"model": {"layers": layers}}
    )
    run = said(what)
    assert ended(run).state == "completed"
    first, last = (rows(run)[i].columns["train_loss"][0] for i in (0, -1))
    assert last < 0.75 * first


def test_live_settings_reach_a_working_optimiser_and_memory_stays() -> None:
    parameters = weights()
    optimizer = Adam(lr=0.1).build(parameters)
    go(optimizer, parameters, 2)
    before = optimizer.state[parameters[0]]["exp_avg"].clone()
    Adam(lr=0.5, betas=(0.8, 0.9)).adjust(optimizer)
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (0.5, (0.8, 0.9))
    assert torch.equal(optimizer.state[parameters[0]]["exp_avg"], before)


@pytest.mark.parametrize("kind", [SGD, RMSprop])
def test_momentum_may_come_later(kind: type[SGD] | type[RMSprop]) -> None:
    parameters = weights()
    optimizer = kind(lr=0.01).build(parameters)
    go(optimizer, parameters, 2)
    kind(lr=0.01, momentum=0.9).adjust(optimizer)
    go(optimizer, parameters, 2)
    assert "momentum_buffer" in optimizer.state[parameters[0]]


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ValidationError, match="momentum"):
        SGD(nesterov=True)

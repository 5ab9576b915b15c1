"""How weights begin, against the formulas."""

from __future__ import annotations

import json
import math

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from models.initializers import AnyInitializer, Initializer
from models.kinds import kinds

KINDS = kinds(Initializer)
FAN_IN, FAN_OUT = 400, 300


def filled(seed: int = 0, **settings: object) -> nn.Linear:
    module = nn.Linear(FAN_IN, FAN_OUT)
    made: Initializer = TypeAdapter(AnyInitializer).validate_python(settings)
    made.apply(module, torch.Generator().manual_seed(seed))
    return module


@pytest.mark.parametrize("name", KINDS)
def test_every_initialiser_repeats_itself_and_leaves_the_global_random_state_alone(name: str) -> None:
    nn.Linear(FAN_IN, FAN_OUT)
    state = torch.get_rng_state()
    module = nn.utils.skip_init(nn.Linear, FAN_IN, FAN_OUT)
    KINDS[name]().apply(module, torch.Generator().manual_seed(4))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(module.weight, filled(4, type=name).weight)
    assert module.weight.requires_grad


@pytest.mark.parametrize("name", KINDS)
def test_every_initialiser_stands_in_the_catalogue_and_survives_json(name: str) -> None:
    entry = KINDS[name].entry()
    assert entry["help"]
    assert all(
        setting.get("title") for key, setting in entry["schema"]["properties"].items() if key != "type"
    )
    json.dumps(entry)
    made = KINDS[name]()
    assert TypeAdapter(AnyInitializer).validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("name", KINDS)
def test_normalisation_layers_can_begin_with_any(name: str) -> None:
    module = nn.BatchNorm1d(4)
    KINDS[name](bias=0.5).apply(module, torch.Generator().manual_seed(0))
    assert torch.isfinite(module.weight).all()
    assert (module.bias == 0.5).all()


@pytest.mark.parametrize(
    ("settings", "std"),
    [
        ({"type": "XavierUniform"}, math.sqrt(2 / (FAN_IN + FAN_OUT))),
        ({"type": "XavierNormal", "gain": 2.0}, 2 * math.sqrt(2 / (FAN_IN + FAN_OUT))),
        ({"type": "KaimingNormal"}, math.sqrt(2 / FAN_IN)),
        ({"type": "KaimingUniform", "mode": "fan_out"}, math.sqrt(2 / FAN_OUT)),
        ({"type": "KaimingNormal", "nonlinearity": "linear"}, math.sqrt(1 / FAN_IN)),
        ({"type": "Normal", "mean": 0.0, "std": 0.3}, 0.3),
        ({"type": "Uniform", "a": -0.3, "b": 0.3}, 0.3 / math.sqrt(3)),
        ({"type": "Constant", "val": 0.2}, 0.0),
        ({"type": "Zeros"}, 0.0),
    ],
)
def test_the_spread_is_the_formulas(settings: dict[str, object], std: float) -> None:
    assert filled(**settings).weight.std().item() == pytest.approx(std, rel=0.02, abs=1e-6)


def test_orthogonal_keeps_lengths() -> None:
    weight = filled(type="Orthogonal").weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(FAN_OUT), atol=1e-4, rtol=0)


def test_the_bias_stays_torchs_own_when_it_is_not_given() -> None:
    assert (filled(type="Zeros").bias != 0).any()
    assert (filled(type="Zeros", bias=0.0).bias == 0).all()


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValidationError, match="lower bound"):
        filled(type="Uniform", a=1.0, b=0.0)

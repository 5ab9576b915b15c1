"""What every layer kind must do, asked through the registry: a new layer is covered the moment it exists."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
import torch
from pydantic import TypeAdapter
from torch.fx.experimental.proxy_tensor import make_fx

from models.errors import ShapeError
from models.kinds import kinds
from models.layers import AnyLayer, Layer
from models.network import Network, NetworkSpec, build, plan

CATEGORIES = {
    "dense",
    "convolution",
    "pooling",
    "normalisation",
    "regularisation",
    "activation",
    "shape",
    "merge",
    "features",
}
SHAPES = {1: (6,), 2: (4, 12), 3: (4, 8, 8)}
KINDS = kinds(Layer)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> type[Layer]:
    return KINDS[request.param]


def shapes_of(kind: type[Layer]) -> list[tuple[int, ...]]:
    """Shapes that the kind's example takes."""
    if kind.example_shapes:
        return list(kind.example_shapes)
    return [SHAPES[kind.ranks[0] if kind.ranks else 1]] * kind.arity[0]


def spec_of(kind: type[Layer]) -> NetworkSpec:
    """A network of this layer alone, fed from as many inputs as it needs."""
    entry = dict(kind.entry()["example"])
    if kind.arity[0] > 1:
        entry["inputs"] = list(inputs_of(kind))
    return NetworkSpec.model_validate({"layers": [entry]})


def inputs_of(kind: type[Layer]) -> dict[str, tuple[int, ...]]:
    shapes = shapes_of(kind)
    return {"input": shapes[0]} | {f"input.more{i}": shape for i, shape in enumerate(shapes[1:], 1)}


def built(kind: type[Layer], seed: int = 3) -> Network:
    return build(spec_of(kind), inputs_of(kind), None, seed)


def batch_of(kind: type[Layer], rows: int = 5) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(1)
    made = [torch.randn((rows, *shape), generator=generator) for shape in shapes_of(kind)]
    return made[0], {f"more{i}": x for i, x in enumerate(made[1:], 1)}


def test_it_survives_the_way_through_json_and_its_own_schema(kind: type[Layer]) -> None:
    layer = kind.model_validate(kind.entry()["example"])
    again = TypeAdapter(AnyLayer).validate_json(layer.model_dump_json(), strict=True)
    assert again == layer
    schema, example = kind.model_json_schema(), kind.entry()["example"]
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.validate(schema, json.loads(layer.model_dump_json()))
    jsonschema_rs.validate(schema, example)
    assert not jsonschema_rs.is_valid(schema, {**example, "no_such_setting": 1})


def test_it_stands_in_the_catalogue_with_help_and_every_setting_has_a_title(kind: type[Layer]) -> None:
    entry = kind.entry()
    assert entry["category"] in CATEGORIES
    assert entry["key"] == f"layer.{entry['type']}"
    assert "`(N" in entry["help"], "the help says which shapes go in and out"
    assert entry["arity"][0] <= entry["arity"][1]
    common = [name for name in ("id", "inputs", "init") if name in kind.model_fields]
    assert list(entry["schema"]["properties"])[-len(common) :] == common, "its own settings come first"
    for name, setting in entry["schema"]["properties"].items():
        assert name == "type" or setting.get("title"), name
    json.dumps(entry)


def test_the_planned_shape_is_the_produced_shape(kind: type[Layer]) -> None:
    planned = plan(spec_of(kind), inputs_of(kind), None)
    assert planned.errors == []
    network = built(kind)
    x, named = batch_of(kind)
    for network_in_mode in (network.train(), network.eval()):
        assert network_in_mode(x, **named).shape[1:] == planned.output_shape
    assert planned.parameters == sum(parameter.numel() for parameter in network.parameters())


def test_gradients_flow_through_it_and_a_step_moves_its_weights(kind: type[Layer]) -> None:
    network = built(kind).train()
    x, named = batch_of(kind)
    x.requires_grad_()
    output = network(x, **named)
    (output * torch.randn(output.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    if before:
        torch.optim.SGD(network.parameters(), lr=0.1).step()
        for name, parameter in network.named_parameters():
            assert not torch.equal(parameter, before[name]), f"{name} did not learn"


def test_equal_seeds_give_equal_weights_and_leave_the_global_random_state_alone(kind: type[Layer]) -> None:
    state = torch.get_rng_state()
    first, again = built(kind).state_dict(), built(kind).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(name.startswith("layers.") for name in first)


def test_it_traces_as_a_function_of_tensors(kind: type[Layer]) -> None:
    network = built(kind).eval()
    x, named = batch_of(kind)
    traced = make_fx(lambda x: network(x, **named))(x)
    other = x + 0.5
    torch.testing.assert_close(traced(other), network(other, **named))


def test_it_traces_while_training(kind: type[Layer]) -> None:
    network = built(kind).train()
    x, named = batch_of(kind)
    weights = dict(network.named_parameters())

    def step(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        loss = network(x, **named).square().mean()
        return loss, *(torch.autograd.grad(loss, list(weights.values())) if weights else ())

    traced = make_fx(step)(x)
    torch.manual_seed(5)
    expected = step(x)
    torch.manual_seed(5)
    for ours, theirs in zip(traced(x), expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_evaluation_draws_no_random_numbers_and_repeats_itself(kind: type[Layer]) -> None:
    network = built(kind).eval()
    x, named = batch_of(kind)
    state = torch.get_rng_state()
    assert torch.equal(network(x, **named), network(x, **named))
    assert torch.equal(torch.get_rng_state(), state)


def test_rows_do_not_see_each_other_when_it_is_used(kind: type[Layer]) -> None:
    network = built(kind).eval()
    x, named = batch_of(kind)
    alone = network(x[:1], **{name: more[:1] for name, more in named.items()})
    torch.testing.assert_close(network(x, **named)[:1], alone)


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        (name, rank)
        for name, kind in KINDS.items()
        for rank in SHAPES
        if kind.ranks and rank not in kind.ranks
    ],
)
def test_other_numbers_of_dimensions_are_refused_in_words(name: str, rank: int) -> None:
    layer = KINDS[name].model_validate(KINDS[name].entry()["example"] | {"id": "mine"})
    with pytest.raises(ShapeError) as refused:
        layer.check([SHAPES[rank]])
    problem = refused.value.problem
    assert problem.where.layer == "mine"
    assert str(SHAPES[rank]) in problem.detail
    assert problem.hint

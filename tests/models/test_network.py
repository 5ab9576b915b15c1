"""Wiring, shapes, cost and building of networks."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DocumentError, Problem, ShapeError, TooLargeError, WiringError
from models.network import LayerPlan, Network, NetworkSpec, amount, build, plan, wire

POINTS = {"input": (2,)}
PICTURES = {"input": (1, 28, 28)}


def spec(*layers: dict[str, Any]) -> NetworkSpec:
    return NetworkSpec.model_validate({"layers": list(layers)})


def linear(size: int | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "Linear", **({"out_features": size} if size else {}), **more}


def problems(network: NetworkSpec) -> list[Problem]:
    return wire(network).problems


RESIDUAL = spec(
    linear(8, id="first"),
    {"type": "Tanh"},
    linear(8),
    {"type": "Add", "inputs": ["first", "linear_2"]},
    linear(),
)


# ---------------------------------------------------------------- ids and wiring


def test_ids_are_made_up_from_type_and_number() -> None:
    network = spec(linear(3), {"type": "Conv2d"}, linear(3), {"type": "Tanh"}, {"type": "Conv2d"})
    assert network.ids == ["linear_1", "conv2d_1", "linear_2", "tanh_1", "conv2d_2"]


def test_a_made_up_id_never_takes_a_given_one() -> None:
    assert spec(linear(3), linear(3, id="linear_1")).ids == ["linear_2", "linear_1"]
    assert len(set(spec(linear(3), linear(3, id="linear_1"), linear(4)).ids)) == 3


def test_inputs_that_say_the_layer_before_are_left_out() -> None:
    written = spec(linear(3, inputs=["input"]), {"type": "Tanh", "inputs": ["linear_1"]})
    assert written == spec(linear(3), {"type": "Tanh"})


def test_layers_may_stand_in_any_order_but_for_the_last() -> None:
    network = spec(
        {"type": "Tanh", "id": "b", "inputs": ["a"]},
        linear(4, id="a", inputs=["input"]),
        linear(2, inputs=["b"]),
    )
    assert wire(network).order == [1, 0, 2]
    built = build(network, POINTS, (2,), 0)
    assert built.ids == ("a", "b", "linear_2")
    x = torch.randn(3, 2)
    by_hand = built.layers["linear_2"](torch.tanh(built.layers["a"](x)))
    assert torch.equal(built(x), by_hand)


def test_a_cycle_is_refused_with_the_layers_in_it() -> None:
    network = spec(
        linear(4, id="start"),
        {"type": "Add", "id": "sum", "inputs": ["start", "back"]},
        {"type": "Tanh", "id": "there"},
        {"type": "ReLU", "id": "back"},
        linear(),
    )
    (problem,) = problems(network)
    assert problem.error == "WiringError"
    assert problem.key == "error.wiring.cycle"
    assert set(problem.params["layers"]) == {"sum", "there", "back"}
    assert (
        "there -> back -> sum -> there" in problem.detail or "sum -> there -> back -> sum" in problem.detail
    )
    assert problem.where.path == ("layers", 1, "inputs")
    with pytest.raises(WiringError):
        build(network, POINTS, (2,), 0)


def test_a_layer_that_feeds_itself_is_a_cycle() -> None:
    (problem,) = problems(spec({"type": "Tanh", "id": "a", "inputs": ["a"]}))
    assert "a -> a" in problem.detail


def test_an_unknown_input_is_refused_with_what_was_meant() -> None:
    (problem,) = problems(spec(linear(4, id="hidden"), linear(2, inputs=["hiden"])))
    assert problem.where.path == ("layers", 1, "inputs", 0)
    assert problem.where.layer == "linear_2"
    assert "'hiden'" in problem.detail
    assert problem.hint == "Did you mean 'hidden'?"


def test_an_input_that_the_learner_does_not_give_is_refused() -> None:
    network = spec({"type": "Concatenate", "inputs": ["input", "input.label"]}, linear(1))
    planned = plan(network, POINTS, (1,))
    assert [problem.key for problem in planned.errors] == ["error.wiring.unknown"]
    assert plan(network, {"input": (2,), "input.label": (3,)}, (1,)).errors == []


def test_named_inputs_reach_their_layer() -> None:
    network = build(
        spec({"type": "Concatenate", "inputs": ["input", "input.label"]}, {"type": "Identity"}),
        {"input": (2,), "input.label": (3,)},
        None,
        0,
    )
    assert network(torch.ones(1, 2), label=torch.zeros(1, 3)).tolist() == [[1, 1, 0, 0, 0]]


def test_doubled_and_reserved_ids_are_refused() -> None:
    doubled, reserved = problems(spec(linear(3, id="a"), linear(3, id="a"), linear(3, id="input")))
    assert doubled.key == "error.wiring.doubled"
    assert doubled.where.path == ("layers", 1, "id")
    assert reserved.key == "error.wiring.reserved"


def test_too_many_and_too_few_inputs_are_refused() -> None:
    network = spec(
        linear(3, id="a"),
        linear(3, id="b", inputs=["input"]),
        linear(3, id="c", inputs=["a", "b"]),
        {"type": "Add"},
    )
    many, few = problems(network)
    assert many.where.layer == "c"
    assert "needs one input but gets 2" in many.detail
    assert "Add or Concatenate" in many.hint
    assert few.where.layer == "add_1"
    assert "at least 2 inputs but gets 1" in few.detail


def test_a_layer_that_leads_nowhere_is_refused() -> None:
    (problem,) = problems(spec(linear(3, id="lost"), linear(3, inputs=["input"])))
    assert problem.key == "error.wiring.dead_end"
    assert problem.where.path == ("layers", 0)


def test_all_that_is_wrong_is_said_at_once() -> None:
    network = spec(
        linear(3, inputs=["nobody"]),
        {"type": "Add"},
        linear(3, id="x", inputs=["y"]),
        linear(3, id="y", inputs=["x"]),
    )
    keys = [problem.key for problem in problems(network)]
    assert keys == ["error.wiring.unknown", "error.wiring.arity", "error.wiring.cycle"]


# ---------------------------------------------------------------- shapes


def test_the_last_linear_gets_what_the_target_needs() -> None:
    planned = plan(spec(linear(5), {"type": "Tanh"}, linear()), POINTS, (3,))
    assert planned.errors == []
    assert planned.output_shape == (3,)
    assert [layer.input_shapes for layer in planned.layers] == [[(2,)], [(5,)], [(5,)]]


def test_the_last_size_is_found_through_activations_and_unflatten() -> None:
    assert plan(spec(linear(), {"type": "Softmax"}, {"type": "Dropout"}), POINTS, (3,)).output_shape == (3,)
    planned = plan(spec(linear(), {"type": "Sigmoid"}, {"type": "Unflatten"}), POINTS, (1, 4, 4))
    assert [layer.output_shape for layer in planned.layers] == [(16,), (16,), (1, 4, 4)]
    assert planned.errors == []
    decoder = spec(
        linear(8),
        {"type": "Unflatten", "unflattened_size": [8, 1, 1]},
        {"type": "ConvTranspose2d", "padding": 0},
    )
    assert plan(decoder, POINTS, (3, 4, 4)).output_shape == (3, 4, 4)


def test_a_size_that_nothing_tells_is_asked_for_at_its_field() -> None:
    (problem,) = plan(spec(linear(), {"type": "Tanh"}, linear()), POINTS, (3,)).errors
    assert problem.where.path == ("layers", 0, "out_features")
    assert problem.where.layer == "linear_1"


def test_a_misfit_names_layer_expectation_and_remedy() -> None:
    (problem,) = plan(spec({"type": "Flatten"}, {"type": "Conv2d", "out_channels": 4}), PICTURES, None).errors
    assert problem.error == "ShapeError"
    assert problem.detail == "Conv2d conv2d_1 needs an image (C, H, W) but gets (784,)."
    assert problem.hint == "Put it before Flatten, or add Unflatten in front of it."
    assert problem.where.path == ("layers", 1)
    assert problem.where.layer == "conv2d_1"


def test_the_good_part_of_a_bad_network_is_planned() -> None:
    network = spec(
        {"type": "Conv2d", "out_channels": 4},
        {"type": "Flatten"},
        {"type": "MaxPool2d"},
        {"type": "ReLU"},
        linear(),
    )
    planned = plan(network, PICTURES, (10,))
    assert [layer.output_shape for layer in planned.layers] == [(4, 26, 26), (2704,), None, None, None]
    assert [problem.where.layer for problem in planned.errors] == ["maxpool2d_1"]


def test_an_output_that_the_target_cannot_use_is_refused() -> None:
    (problem,) = plan(spec(linear(5)), POINTS, (3,)).errors
    assert "yields (5,), but the target needs (3,)" in problem.detail
    assert "without out_features" in problem.hint


def test_what_only_torch_knows_is_said_in_its_words_at_the_layer() -> None:
    network = spec({"type": "Conv2d", "out_channels": 2, "padding": 9, "padding_mode": "reflect"})
    (problem,) = plan(network, {"input": (1, 4, 4)}, None).errors
    assert problem.where.layer == "conv2d_1"
    assert "PyTorch says" in problem.detail


def test_batch_norm_cannot_learn_from_single_rows() -> None:
    network = spec(linear(4), {"type": "BatchNorm1d"}, linear())
    assert plan(network, POINTS, (2,), batch=8).errors == []
    (problem,) = plan(network, POINTS, (2,), batch=1).errors
    assert problem.where.layer == "batchnorm1d_1"
    assert "batch_size" in problem.hint


VECTOR = ["Linear", "Tanh", "BatchNorm1d", "LayerNorm", "Dropout", "Unflatten", "Softmax"]
IMAGE = [
    "Conv2d",
    "ConvTranspose2d",
    "MaxPool2d",
    "AvgPool2d",
    "ReLU",
    "BatchNorm2d",
    "Dropout2d",
    "Upsample",
    "Flatten",
]
EXTRA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "Linear": st.fixed_dictionaries({"out_features": st.integers(1, 12)}),
    "Unflatten": st.just({"unflattened_size": [1, 2, 2]}),
    "Conv2d": st.fixed_dictionaries(
        {
            "out_channels": st.integers(1, 4),
            "kernel_size": st.integers(1, 4) | st.tuples(st.integers(1, 3), st.integers(1, 3)),
            "padding": st.sampled_from([0, 1, "same", "valid"]),
            "dilation": st.integers(1, 2),
        }
    ),
    "ConvTranspose2d": st.fixed_dictionaries(
        {"out_channels": st.integers(1, 4), "kernel_size": st.integers(1, 4), "stride": st.integers(1, 2)}
    ),
    "MaxPool2d": st.fixed_dictionaries({"kernel_size": st.integers(1, 3), "padding": st.integers(0, 1)}),
    "AvgPool2d": st.fixed_dictionaries({"kernel_size": st.integers(1, 3), "stride": st.integers(1, 3)}),
}
RANK_AFTER = {"Unflatten": 3, "Flatten": 1}


@st.composite
def graphs(draw: st.DrawFn) -> NetworkSpec:
    """Layers that each take something made before, of the right number of dimensions; all joined at the end."""
    ranks = {"input": 3}
    layers: list[dict[str, Any]] = []
    loose = {"input"}
    for i in range(draw(st.integers(1, 9))):
        source = draw(st.sampled_from(sorted(ranks)))
        kind = draw(st.sampled_from(VECTOR if ranks[source] == 1 else IMAGE))
        name = f"n{i}"
        layers.append({"type": kind, "id": name, "inputs": [source], **draw(EXTRA.get(kind, st.just({})))})
        ranks[name] = RANK_AFTER.get(kind, ranks[source])
        loose = (loose - {source}) | {name}
    layers += [
        {"type": "Flatten", "id": f"{name}_flat", "inputs": [name]} for name in sorted(loose - {"input"})
    ]
    ends = [layer["id"] for layer in layers if layer["id"].endswith("_flat")]
    if len(ends) > 1:
        layers.append({"type": "Concatenate", "inputs": ends})
    shuffled = draw(st.permutations(layers[:-1]))
    return spec(*shuffled, layers[-1])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(graphs())
def test_planned_shapes_are_the_produced_shapes_of_any_graph(network: NetworkSpec) -> None:
    inputs = {"input": (2, 6, 6)}
    planned = plan(network, inputs, None)
    if planned.errors:
        with pytest.raises(ShapeError):
            build(network, inputs, None, 0)
        return
    built = build(network, inputs, None, 0).train()
    made = built.activations(torch.randn(3, 2, 6, 6))
    assert {layer.id: layer.output_shape for layer in planned.layers} == {
        name: tuple(value.shape[1:]) for name, value in made.items()
    }
    assert planned.parameters == sum(parameter.numel() for parameter in built.parameters())
    assert built(torch.randn(2, 2, 6, 6)).shape[1:] == planned.output_shape


# ---------------------------------------------------------------- cost


def lines(network: NetworkSpec, inputs: dict[str, tuple[int, ...]]) -> dict[str, LayerPlan]:
    return {layer.id: layer for layer in plan(network, inputs, None).layers}


def test_cost_by_hand() -> None:
    network = spec({"type": "Conv2d", "out_channels": 4, "kernel_size": 3}, {"type": "Flatten"}, linear(10))
    cost = lines(network, PICTURES)
    assert cost["conv2d_1"].parameters == 4 * (9 + 1)
    assert cost["conv2d_1"].multiply_adds == 26 * 26 * 9 * 4
    assert cost["conv2d_1"].activation_bytes == 4 * 26 * 26 * 4
    assert cost["linear_1"].parameters == 2704 * 10 + 10
    assert cost["linear_1"].multiply_adds == 2704 * 10
    whole = plan(network, PICTURES, None, batch=64)
    assert whole.parameters == 40 + 27050
    assert whole.memory_bytes == 27090 * 16 + 64 * (784 * 4 + 2 * 4 * (2704 + 2704 + 10))


def test_the_memory_estimate_is_near_what_training_takes() -> None:
    network = spec(linear(2000), {"type": "ReLU"}, linear(2000), {"type": "ReLU"}, linear(10))
    inputs = {"input": (1000,)}
    built = build(network, inputs, None, 0)
    optimizer = torch.optim.Adam(built.parameters())
    built(torch.randn(64, 1000)).sum().backward()
    optimizer.step()
    tensors = list(built.parameters()) + [p.grad for p in built.parameters()]
    tensors += [value for state in optimizer.state.values() for value in state.values()]
    held = sum(tensor.numel() * 4 for tensor in tensors if tensor is not None)
    assert held <= plan(network, inputs, None, batch=64).memory_bytes <= 1.5 * held


def test_what_is_too_large_is_refused_with_the_numbers_before_anything_is_built() -> None:
    network = spec(linear(1_000_000), linear(1_000_000), linear())
    started = time.monotonic()
    with pytest.raises(TooLargeError) as refused:
        build(network, POINTS, (2,), 0)
    assert time.monotonic() - started < 5
    problem = refused.value.problem
    assert problem.params["parameters"] > 10**12
    assert "16.0 TB" in problem.detail
    assert problem.where.layer == "linear_2"
    assert problem.hint == "Choose smaller sizes for linear_2."


def test_a_limit_is_kept() -> None:
    network = spec(linear(100), linear())
    needed = plan(network, POINTS, (2,), batch=10).memory_bytes
    assert plan(network, POINTS, (2,), batch=10, memory_limit=needed).errors == []
    (problem,) = plan(network, POINTS, (2,), batch=10, memory_limit=needed - 1).errors
    assert problem.error == "TooLargeError"
    assert problem.params["limit_bytes"] == needed - 1


def test_sizes_beyond_all_numbers_are_refused() -> None:
    grow = [{"type": "Upsample", "scale_factor": 64} for _ in range(8)]
    planned = plan(spec(*grow), {"input": (3, 64, 64)}, None)
    assert planned.errors
    assert planned.errors[0].error == "TooLargeError"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (16e12, "16.0 TB"), (1e25, "10,000,000.0 EB")],
)
def test_amounts_are_said_in_words(count: float, words: str) -> None:
    assert amount(count) == words


def test_a_network_of_fifty_layers_is_planned_within_fifty_milliseconds_once_it_is_known() -> None:
    network = spec(*(layer for i in range(25) for layer in (linear(16 + i), {"type": "Tanh"})), linear())
    plan(network, POINTS, (2,))
    times = []
    for _ in range(5):
        started = time.perf_counter()
        plan(network, POINTS, (2,))
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


# ---------------------------------------------------------------- building


def test_weights_depend_on_the_seed_and_the_id_alone() -> None:
    first = build(spec(linear(4, id="a"), linear(4, id="b"), linear(id="c")), POINTS, (2,), 5).state_dict()
    longer = spec(linear(4, id="a"), {"type": "Tanh"}, linear(4, id="b"), {"type": "Tanh"}, linear(id="c"))
    second = build(longer, POINTS, (2,), 5).state_dict()
    assert list(first) == list(second)
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = build(longer, POINTS, (2,), 6).state_dict()
    assert not any(torch.equal(first[name], other[name]) for name in first)
    assert not torch.equal(first["layers.a.weight"][:2, :2], first["layers.b.weight"][:2, :2])


def test_building_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    build(spec(linear(4, init={"type": "Orthogonal"}), linear()), POINTS, (2,), 5)
    assert torch.equal(torch.rand(3), expected)


def test_initialisers_are_applied() -> None:
    network = spec(
        linear(4, init={"type": "Constant", "val": 0.5, "bias": 0.25}), linear(init={"type": "Zeros"})
    )
    weights = build(network, POINTS, (2,), 5).state_dict()
    assert (weights["layers.linear_1.weight"] == 0.5).all()
    assert (weights["layers.linear_1.bias"] == 0.25).all()
    assert (weights["layers.linear_2.weight"] == 0).all()
    assert (weights["layers.linear_2.bias"] != 0).any(), "torch's own when it is not given"


def test_activations_are_what_every_layer_yields() -> None:
    network = build(RESIDUAL, POINTS, (2,), 0)
    x = torch.randn(3, 2)
    made = network.activations(x)
    assert tuple(made) == network.ids == ("first", "tanh_1", "linear_2", "add_1", "linear_3")
    assert torch.equal(made["add_1"], made["first"] + made["linear_2"])
    assert torch.equal(network(x), made["linear_3"])
    plain = build(spec(linear(3), {"type": "Tanh"}, linear()), POINTS, (2,), 0)
    assert torch.equal(plain(x), plain.activations(x)["linear_2"])


def test_weights_are_named_after_their_layer_even_when_that_is_called_like_a_method() -> None:
    network = build(
        spec(linear(3, id="pop"), linear(3, id="training"), linear(id="forward")), POINTS, (2,), 0
    )
    assert list(network.state_dict())[::2] == [
        "layers.pop.weight",
        "layers.training.weight",
        "layers.forward.weight",
    ]
    assert network(torch.zeros(1, 2)).shape == (1, 2)
    assert network.training


def test_a_copy_has_weights_of_its_own() -> None:
    import copy

    network = build(RESIDUAL, POINTS, (2,), 0)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    x = torch.randn(3, 2)
    assert not torch.equal(network(x), twin(x))
    assert (twin(x) == 0).all()


def test_all_problems_travel_with_the_error() -> None:
    with pytest.raises(DocumentError) as refused:
        build(spec(linear(3, inputs=["x"]), linear(3, inputs=["y"])), POINTS, (2,), 0)
    assert len(refused.value.problems) == 2


def test_declaring_networks_does_not_load_torch() -> None:
    code = (
        "import sys; from models.network import NetworkSpec, wire;"
        "wire(NetworkSpec.model_validate({'layers': [{'type': 'Linear'}]})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_network_class_is_found_here() -> None:
    assert isinstance(build(RESIDUAL, POINTS, (2,), 0), Network)

"""What single layer kinds do, against torch.nn and against numbers by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from models.errors import ShapeError
from models.layers import AnyLayer, Layer
from models.modules import BatchNorm1d, BatchNorm2d


def layer(**settings: Any) -> Layer:
    made: Layer = TypeAdapter(AnyLayer).validate_python(settings)
    return made


def computed(x: Any, **settings: Any) -> torch.Tensor:
    xs = x if isinstance(x, list) else [x]
    made = layer(**settings)
    shapes = [tuple(one.shape[1:]) for one in xs]
    made.check(shapes)
    result: torch.Tensor = made.build(shapes).eval()(*xs)
    return result


@pytest.mark.parametrize(
    ("settings", "oracle"),
    [
        ({"type": "Sigmoid"}, nn.Sigmoid()),
        ({"type": "Tanh"}, nn.Tanh()),
        ({"type": "ReLU"}, nn.ReLU()),
        ({"type": "LeakyReLU", "negative_slope": 0.2}, nn.LeakyReLU(0.2)),
        ({"type": "ELU", "alpha": 2.0}, nn.ELU(2.0)),
        ({"type": "GELU"}, nn.GELU()),
        ({"type": "GELU", "approximate": "tanh"}, nn.GELU("tanh")),
        ({"type": "SiLU"}, nn.SiLU()),
        ({"type": "Softplus", "beta": 2.0}, nn.Softplus(2.0)),
        ({"type": "Softmax"}, nn.Softmax(dim=1)),
        ({"type": "Identity"}, nn.Identity()),
        ({"type": "Flatten"}, nn.Flatten()),
        ({"type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1}, nn.MaxPool2d(3, 2, 1)),
        ({"type": "AvgPool2d", "kernel_size": [2, 4]}, nn.AvgPool2d((2, 4))),
        ({"type": "AdaptiveAvgPool2d", "output_size": 2}, nn.AdaptiveAvgPool2d(2)),
        (
            {"type": "Upsample", "scale_factor": 3, "mode": "bilinear"},
            nn.Upsample(scale_factor=3, mode="bilinear"),
        ),
    ],
)
def test_layers_without_weights_equal_torch_nn(settings: dict[str, Any], oracle: nn.Module) -> None:
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(computed(x, **settings), oracle(x))


def test_step_is_one_from_zero_on() -> None:
    x = torch.tensor([[-2.0, -1e-9, 0.0, 1e-9, 3.0]])
    assert computed(x, type="Step").tolist() == [[0, 0, 1, 1, 1]]


def test_sine_takes_its_frequency() -> None:
    x = torch.tensor([[0.0, 0.5]])
    torch.testing.assert_close(computed(x, type="Sine", omega=math.pi), torch.tensor([[0.0, 1.0]]))


def test_features_are_those_of_the_playground_in_the_order_chosen() -> None:
    x = torch.tensor([[2.0, -3.0]])
    names = ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
    expected = torch.tensor([[2.0, -3.0, 4.0, 9.0, -6.0, math.sin(2), math.sin(-3)]])
    torch.testing.assert_close(computed(x, type="Features"), expected)
    torch.testing.assert_close(computed(x, type="Features", features=names[::-1]), expected.flip(1))


def test_features_need_points_in_the_plane() -> None:
    with pytest.raises(ShapeError, match=r"needs points \(2,\) but gets \(3,\)"):
        layer(type="Features").check([(3,)])


def test_merges_add_multiply_and_concatenate() -> None:
    a, b = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])
    assert computed([a, b], type="Add").tolist() == [[4, 7]]
    assert computed([a, b, b], type="Add").tolist() == [[7, 12]]
    assert computed([a, b], type="Multiply").tolist() == [[3, 10]]
    assert computed([a, b], type="Concatenate").tolist() == [[1, 2, 3, 5]]


def test_a_gate_of_one_number_per_map_opens_the_whole_map() -> None:
    maps, gates = torch.ones(1, 2, 3, 3), torch.tensor([0.0, 2.0]).reshape(1, 2, 1, 1)
    assert computed([maps, gates], type="Multiply").sum((2, 3)).tolist() == [[0, 18]]


@pytest.mark.parametrize("kind", ["Add", "Multiply"])
def test_merging_different_shapes_is_refused_with_both(kind: str) -> None:
    with pytest.raises(ShapeError, match=r"\(3,\) and \(4,\)"):
        layer(type=kind).check([(3,), (4,)])
    with pytest.raises(ShapeError, match=r"\(3,\) and \(3, 4, 4\)"):
        layer(type=kind).check([(3,), (3, 4, 4)])


def test_concatenating_along_channels_needs_equal_images() -> None:
    layer(type="Concatenate").check([(3, 4, 4), (5, 4, 4)])
    with pytest.raises(ShapeError, match="side by side"):
        layer(type="Concatenate").check([(3, 4, 4), (3, 5, 4)])


@pytest.mark.parametrize("kind", ["Dropout", "Dropout2d"])
def test_dropout_zeroes_its_share_and_scales_the_rest(kind: str) -> None:
    torch.manual_seed(0)
    x = torch.ones(200, 50, 4, 4)
    dropout = layer(type=kind, p=0.3).build([(50, 4, 4)])
    dropped = dropout.train()(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.3, abs=0.02)
    torch.testing.assert_close(dropped[dropped != 0], torch.tensor(1 / 0.7).expand((dropped != 0).sum()))
    assert torch.equal(dropout.eval()(x), x)


def test_dropout2d_drops_whole_maps() -> None:
    torch.manual_seed(0)
    dropped = layer(type="Dropout2d", p=0.5).build([(8, 4, 4)]).train()(torch.ones(20, 8, 4, 4))
    per_map = dropped.flatten(2)
    assert (per_map == per_map[:, :, :1]).all()


def test_dropout_of_probability_zero_changes_nothing() -> None:
    x = torch.randn(4, 6)
    assert torch.equal(layer(type="Dropout", p=0.0).build([(6,)]).train()(x), x)


@pytest.mark.parametrize(("kind", "module"), [("BatchNorm1d", BatchNorm1d), ("BatchNorm2d", BatchNorm2d)])
def test_a_last_batch_of_one_row_does_not_stop_batch_norm(kind: str, module: type[nn.Module]) -> None:
    shape = (3,) if kind == "BatchNorm1d" else (3, 1, 1)
    made = layer(type=kind).build([shape])
    assert isinstance(made, module)
    made.train()(torch.randn(8, *shape))
    running = made.running_mean.clone()
    assert torch.isfinite(made(torch.randn(1, *shape))).all()
    assert torch.equal(made.running_mean, running)


@pytest.mark.parametrize("kind", ["BatchNorm1d", "BatchNorm2d"])
def test_batch_norm_equals_torch_nn(kind: str) -> None:
    shape = (3, 5) if kind == "BatchNorm1d" else (3, 4, 4)
    ours, theirs = layer(type=kind).build([shape]).train(), getattr(nn, kind)(3).train()
    x = torch.randn(6, *shape)
    assert torch.equal(ours(x), theirs(x))
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, [3, 5]])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_the_size(kernel: Any, dilation: int) -> None:
    conv = layer(type="Conv2d", out_channels=2, kernel_size=kernel, padding="same", dilation=dilation)
    conv.check([(1, 9, 7)])
    assert conv.build([(1, 9, 7)])(torch.zeros(1, 1, 9, 7)).shape == (1, 2, 9, 7)


def test_same_padding_of_an_even_kernel_pads_one_more_behind() -> None:
    x = torch.randn(1, 1, 5, 6)
    conv = layer(type="Conv2d", out_channels=1, kernel_size=[2, 4], padding="same").build([(1, 5, 6)])
    expected = nn.functional.conv2d(nn.functional.pad(x, (1, 2, 0, 1)), conv.weight, conv.bias)
    torch.testing.assert_close(conv(x), expected)
    assert layer(type="Conv1d", out_channels=1, kernel_size=2, padding="same").build([(1, 6)])(
        x[:, :, 0]
    ).shape == (1, 1, 6)


def test_same_padding_with_a_stride_is_refused_in_words() -> None:
    with pytest.raises(ValidationError, match="keeps the size, so it needs stride 1"):
        layer(type="Conv2d", out_channels=2, padding="same", stride=2)


@pytest.mark.parametrize(
    ("settings", "shape", "words"),
    [
        (
            {"type": "Conv2d", "out_channels": 4, "kernel_size": 5},
            (1, 3, 3),
            "window of 5, larger than the 3",
        ),
        ({"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "dilation": 4}, (1, 8, 8), "window of 9"),
        ({"type": "Conv1d", "out_channels": 4, "kernel_size": 5}, (1, 3), "window of 5"),
        ({"type": "MaxPool2d", "kernel_size": 4}, (1, 3, 3), "window of 4"),
        ({"type": "MaxPool2d", "kernel_size": 2, "padding": 2}, (1, 4, 4), "padding larger than half"),
        ({"type": "Conv2d", "out_channels": 4, "groups": 3}, (3, 8, 8), "out_channels are 4"),
        ({"type": "Conv2d", "out_channels": 4, "groups": 2}, (3, 8, 8), "channels that reach it are 3"),
        ({"type": "ConvTranspose2d", "out_channels": 4, "output_padding": 2}, (3, 8, 8), "output_padding"),
        (
            {"type": "ConvTranspose2d", "out_channels": 4, "kernel_size": 2, "padding": 9},
            (3, 4, 4),
            "cuts off",
        ),
        ({"type": "GroupNorm", "num_groups": 3}, (4, 5, 5), "3 groups, but 4 channels"),
        ({"type": "LayerNorm", "normalized_shape": [5]}, (4,), r"normalises \(5,\) but gets \(4,\)"),
        ({"type": "Unflatten", "unflattened_size": [1, 8, 8]}, (60,), "of 64 numbers but gets 60"),
        ({"type": "Unflatten"}, (60,), "needs unflattened_size"),
        ({"type": "Linear"}, (60,), "needs out_features"),
        ({"type": "Conv2d"}, (1, 8, 8), "needs out_channels"),
        ({"type": "Softmax", "dim": 2}, (8,), "along dimension 2"),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    settings: dict[str, Any], shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ShapeError, match=words) as refused:
        layer(**settings).check([shape])
    assert refused.value.problem.hint


def test_groups_of_a_single_number_are_refused() -> None:
    with pytest.raises(ShapeError, match="groups of a single number"):
        layer(type="GroupNorm", num_groups=4).check([(4,)])
    layer(type="GroupNorm", num_groups=4).check([(4, 2, 2)])


def test_layer_norm_takes_all_dimensions_together_or_the_last() -> None:
    x = torch.randn(2, 3, 5)
    torch.testing.assert_close(computed(x, type="LayerNorm"), nn.LayerNorm([3, 5])(x))
    torch.testing.assert_close(computed(x, type="LayerNorm", normalized_shape=[5]), nn.LayerNorm(5)(x))

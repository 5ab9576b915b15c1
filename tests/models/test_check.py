"""What is said of a document while it is written."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from models.check import check
from models.data.base import NoDoor
from models.errors import DocumentError
from models.experiment import digest, parse

IRIS: dict[str, Any] = {
    "data": {"type": "iris"},
    "preprocess": [{"type": "standardise"}],
    "networks": {
        "model": {"layers": [{"type": "Linear", "out_features": 8}, {"type": "Tanh"}, {"type": "Linear"}]}
    },
    "learner": {"type": "supervised", "loss": {"type": "CrossEntropyLoss"}, "batch_size": 16},
}


def checked(change: Callable[[dict[str, Any]], Any] = lambda d: None, **more: Any) -> dict[str, Any]:
    document = copy.deepcopy(IRIS)
    change(document)
    answer = check(document, NoDoor(), **more)
    json.dumps(answer, allow_nan=False)
    return answer


def layers(document: dict[str, Any]) -> list[Any]:
    made: list[Any] = document["networks"]["model"]["layers"]
    return made


def shapes(answer: dict[str, Any]) -> list[Any]:
    return [layer["output_shape"] for layer in answer["networks"]["model"]["layers"]]


def test_a_good_document_has_shapes_cost_facts_and_a_digest() -> None:
    answer = checked()
    assert answer["errors"] == []
    model = answer["networks"]["model"]
    assert model["layers"][0] == {
        "id": "linear_1",
        "type": "Linear",
        "inputs": ["input"],
        "input_shapes": [[4]],
        "output_shape": [8],
        "parameters": 40,
        "multiply_adds": 32,
        "activation_bytes": 32,
    }
    assert shapes(answer) == [[8], [8], [3]]
    assert model["parameters"] == 67
    assert model["memory_bytes"] == 67 * 16 + 16 * (4 * 4 + 2 * 4 * (8 + 8 + 3))
    assert answer["data"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert answer["digest"] == digest(parse(IRIS))


def test_text_bytes_and_objects_are_checked_alike() -> None:
    text = json.dumps(IRIS)
    assert check(text, NoDoor()) == check(text.encode(), NoDoor()) == check(IRIS, NoDoor())


@pytest.mark.parametrize("document", [b"{", "[]", "null", b"\xff", "[" * 9999])
def test_what_is_no_object_is_refused(document: bytes | str) -> None:
    with pytest.raises(DocumentError):
        check(document, NoDoor())


def test_an_empty_object_is_told_what_it_needs() -> None:
    answer = check({}, NoDoor())
    assert {error["where"]["path"][0] for error in answer["errors"]} == {"data", "networks", "learner"}
    assert answer["networks"] == {}
    assert answer["digest"] is None


def test_a_wrong_field_is_placed_and_the_layers_before_it_keep_their_shapes() -> None:
    answer = checked(lambda d: layers(d)[2].update(out_features=-1))
    (error,) = answer["errors"]
    assert error["where"] == {
        "path": ["networks", "model", "layers", 2, "out_features"],
        "layer": "linear_2",
        "row": None,
        "column": None,
    }
    assert shapes(answer) == [[8], [8]]
    assert answer["data"]["task"] == "classification"
    assert answer["digest"] is None


def test_a_wrong_field_elsewhere_does_not_hide_what_is_wrong_in_the_network() -> None:
    def change(document: dict[str, Any]) -> None:
        document["seed"] = -1
        layers(document)[1] = {"type": "Conv2d", "out_channels": 3}

    answer = checked(change)
    assert [error["where"]["path"] for error in answer["errors"]] == [
        ["seed"],
        ["networks", "model", "layers", 1],
    ]
    assert shapes(answer) == [[8], None, None]


def test_a_misfit_is_placed_at_its_layer_in_its_network() -> None:
    answer = checked(lambda d: layers(d).insert(1, {"type": "MaxPool2d", "id": "pool"}))
    (error,) = answer["errors"]
    assert error["error"] == "ShapeError"
    assert error["where"]["path"] == ["networks", "model", "layers", 1]
    assert error["where"]["layer"] == "pool"
    assert error["hint"]


def test_a_cycle_is_said_once() -> None:
    answer = checked(lambda d: layers(d)[0].update(inputs=["tanh_1"]))
    assert [error["key"] for error in answer["errors"]] == ["error.wiring.cycle"]


def test_an_output_that_the_loss_cannot_use_is_refused() -> None:
    answer = checked(lambda d: layers(d)[2].update(out_features=5))
    (error,) = answer["errors"]
    assert error["params"]["expected"] == (3,) or error["params"]["expected"] == [3]
    assert error["where"]["layer"] == "linear_2"


@pytest.mark.parametrize("loss", ["BCEWithLogitsLoss", "MSELoss"])
def test_a_loss_that_cannot_serve_these_data_is_refused_at_the_loss(loss: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["learner"]["loss"] = {"type": loss}
        if loss == "MSELoss":
            document["data"] = {"type": "diabetes"}
            document["learner"]["loss"] = {"type": "CrossEntropyLoss"}

    answer = checked(change)
    assert answer["errors"][0]["where"]["path"] == ["learner", "loss"]
    assert answer["errors"][0]["hint"]
    assert shapes(answer) == [None, None, None]


@pytest.mark.parametrize(
    ("points", "words"),
    [([[0, 0, 1], [1, 1, 1]], "class"), ([], "")],
)
def test_data_that_cannot_be_learnt_are_refused_at_the_data(points: list[Any], words: str) -> None:
    answer = checked(lambda d: d.update(data={"type": "points", "points": points}))
    assert answer["errors"][0]["where"]["path"][0] == "data"
    assert words in answer["errors"][0]["detail"]


def test_a_data_set_that_is_not_here_is_refused_at_the_data() -> None:
    answer = checked(lambda d: d.update(data={"type": "dataset", "name": "nowhere"}))
    assert answer["errors"][0]["where"]["path"][0] == "data"
    assert "nowhere" in answer["errors"][0]["detail"]
    assert answer["data"] is None
    assert shapes(answer) == [None, None, None]


def test_what_is_too_large_is_refused_with_the_numbers() -> None:
    answer = checked(lambda d: layers(d)[0].update(out_features=1000), memory_limit=10_000)
    (error,) = answer["errors"]
    assert error["error"] == "TooLargeError"
    assert error["params"]["memory_bytes"] == answer["networks"]["model"]["memory_bytes"] > 10_000
    assert error["params"]["limit_bytes"] == 10_000


def test_a_machine_is_never_asked_for_more_memory_than_it_has() -> None:
    def change(document: dict[str, Any]) -> None:
        layers(document)[0]["out_features"] = layers(document)[2]["out_features"] = 1_000_000

    assert {error["error"] for error in checked(change)["errors"]} >= {"TooLargeError"}


def test_a_full_batch_counts_all_training_rows() -> None:
    small = checked()["networks"]["model"]
    full = checked(lambda d: d["learner"].update(batch_size="full"))["networks"]["model"]
    rows = (full["memory_bytes"] - 67 * 16) / ((small["memory_bytes"] - 67 * 16) / 16)
    assert rows == 120


def test_a_network_without_weights_is_refused() -> None:
    answer = checked(
        lambda d: d["networks"]["model"].update(layers=[{"type": "Softmax"}]) or d["data"].clear()
    )
    assert answer["errors"]
    answer = check(
        {**IRIS, "data": {"type": "xor"}, "networks": {"model": {"layers": [{"type": "Softmax"}]}}}, NoDoor()
    )
    assert [error["key"] for error in answer["errors"]] == ["error.learner.nothing"]


def test_nan_in_a_document_is_an_error_at_its_place() -> None:
    answer = checked(lambda d: d["learner"].update(l2=float("nan")))
    assert answer["errors"][0]["where"]["path"] == ["learner", "l2"]


@pytest.mark.parametrize("junk", [None, 3, "x", [], {}, [{}], {"type": 3}, {"type": "Linear", "id": []}])
@pytest.mark.parametrize(
    "place", ["data", "preprocess", "networks", "learner", "seed", "run", "control", "layers", "model"]
)
def test_junk_anywhere_is_answered_with_errors(place: str, junk: Any) -> None:
    def change(document: dict[str, Any]) -> None:
        if place == "layers":
            document["networks"]["model"]["layers"] = junk
        elif place == "model":
            document["networks"]["model"] = junk
        else:
            document[place] = junk

    valid = {("preprocess", "[]"), ("control", "[]"), ("run", "{}"), ("learner", "{}"), ("seed", "3")}
    assert bool(checked(change)["errors"]) == ((place, json.dumps(junk)) not in valid)


def test_a_network_of_fifty_layers_is_checked_within_fifty_milliseconds_once_it_is_known() -> None:
    deep = [
        layer for i in range(25) for layer in ({"type": "Linear", "out_features": 30 + i}, {"type": "Tanh"})
    ]
    document = json.dumps({**IRIS, "networks": {"model": {"layers": [*deep, {"type": "Linear"}]}}})
    check(document, NoDoor())
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert check(document, NoDoor())["errors"] == []
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05

"""The experiment document: what it accepts, how it refuses, its one canonical form."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import experiment as module
from models.documents import MAX_BYTES
from models.errors import ControlError, DocumentError, Problem
from models.experiment import Experiment, canonical, changed, digest, parse, read, stream

SPIRAL: dict[str, Any] = {
    "version": 1,
    "name": "Spiral",
    "seed": 7,
    "data": {
        "type": "spiral",
        "samples": 500,
        "noise": 0.1,
        "validation_fraction": 0.5,
        "test_fraction": 0.0,
    },
    "preprocess": [{"type": "standardise"}],
    "networks": {
        "model": {
            "layers": [
                {"type": "Linear", "out_features": 16},
                {"type": "Tanh"},
                {"type": "Linear", "out_features": 16},
                {"type": "Tanh"},
                {"type": "Linear"},
            ]
        }
    },
    "learner": {
        "type": "supervised",
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "Adam", "lr": 0.01},
        "batch_size": 10,
        "epochs": 300,
    },
    "run": {"device": "auto", "pace": None},
}


def with_changes(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    document = copy.deepcopy(SPIRAL)
    change(document)
    return document


def refused(change: Callable[[dict[str, Any]], None]) -> tuple[Problem, ...]:
    with pytest.raises(DocumentError) as error:
        parse(with_changes(change))
    return error.value.problems


def layers(document: dict[str, Any]) -> list[Any]:
    made: list[Any] = document["networks"]["model"]["layers"]
    return made


# ---------------------------------------------------------------- reading


def test_the_design_documents_experiment_is_read_as_object_text_and_bytes() -> None:
    text = json.dumps(SPIRAL)
    first = parse(SPIRAL)
    assert first == parse(text) == parse(text.encode()) == parse(b"\xef\xbb\xbf" + text.encode())
    assert first.networks["model"].ids == ["linear_1", "tanh_1", "linear_2", "tanh_2", "linear_3"]
    assert first.run.pace is None


def test_reading_leaves_the_document_as_it_was() -> None:
    document = copy.deepcopy(SPIRAL)
    parse(document)
    assert document == SPIRAL


def test_the_least_experiment_is_data_networks_and_learner() -> None:
    least = parse(
        {
            "data": {"type": "xor"},
            "networks": {"model": {"layers": [{"type": "Linear"}]}},
            "learner": {"type": "supervised"},
        }
    )
    assert (least.version, least.seed, least.preprocess, least.control) == (1, 0, [], [])


def test_reading_does_not_load_torch() -> None:
    code = (
        "import sys; from models.experiment import parse, digest;"
        f"digest(parse({json.dumps(SPIRAL)!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_experiment_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(SPIRAL).seed = 8  # type: ignore[misc]


# ---------------------------------------------------------------- what is no document


@pytest.mark.parametrize(
    ("document", "key"),
    [
        (b"{", "document.json"),
        ("", "document.json"),
        ("[1, 2]", "document.no_object"),
        ("null", "document.no_object"),
        ('"text"', "document.no_object"),
        (b"\xff\xfe{}", "document.encoding"),
        ("[" * 100_000, "document.too_deep"),
        ('{"a":' * 30 + "1" + "}" * 30, "document.too_deep"),
        ('{"seed": ' + "9" * 5000 + "}", "document.number"),
        (b" " * (MAX_BYTES + 1), "document.too_big"),
        ('{"seed": 1, "seed": 2}', "document.doubled_key"),
        ('{"seed": NaN}', "document.not_finite"),
        ('{"seed": 1e999}', "document.not_finite"),
        ('{"seed": -Infinity}', "document.not_finite"),
        ('{"name": "\\ud800"}', "document.character"),
        ('{"name": "a\\u0000b"}', "document.character"),
    ],
)
def test_what_is_no_clean_json_object_is_refused(document: bytes | str, key: str) -> None:
    with pytest.raises(DocumentError) as error:
        parse(document)
    assert error.value.problem.key == f"error.{key}"
    assert error.value.problem.hint


def test_a_json_mistake_is_placed_by_line_and_column() -> None:
    with pytest.raises(DocumentError) as error:
        parse('{\n  "seed": 1,\n  "name" "x"\n}')
    assert error.value.problem.where.row == 3
    assert "line 3, column 10" in error.value.problem.detail


def test_doubled_keys_and_nan_are_placed_all_at_once() -> None:
    with pytest.raises(DocumentError) as error:
        parse('{"data": {"noise": NaN, "samples": 1, "samples": 2}, "x": [0, Infinity]}')
    assert [problem.where.path for problem in error.value.problems] == [
        ("data", "samples"),
        ("data", "noise"),
        ("x", 1),
    ]


def test_an_object_with_nan_in_it_is_refused_too() -> None:
    (problem,) = refused(lambda d: d["data"].update(noise=float("nan")))
    assert problem.where.path == ("data", "noise")


def test_an_object_that_holds_itself_or_no_json_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(DocumentError, match="nested"):
        parse(endless)
    with pytest.raises(DocumentError, match="set is nothing that JSON can hold"):
        parse({"data": {1, 2}})
    with pytest.raises(DocumentError, match="A key is not text"):
        parse({1: 2})  # type: ignore[dict-item]


# ---------------------------------------------------------------- what does not fit


def test_all_problems_come_at_once_in_plain_sentences() -> None:
    def change(document: dict[str, Any]) -> None:
        layers(document)[0]["out_features"] = -3
        layers(document)[1]["type"] = "Tahn"
        layers(document)[2]["out_feature"] = 3
        document["seed"] = 1.5
        document["learner"]["batch_size"] = "ful"
        document["learnr"] = {}
        del document["data"]

    found = {problem.where.path: problem for problem in refused(change)}
    model = ("networks", "model", "layers")
    assert {path: (found[path].detail, found[path].hint.split("?")[0]) for path in found} == {
        (*model, 0, "out_features"): (
            "out_features of Linear linear_1 must be at least 1, but is -3.",
            "Choose a value of at least 1 and at most 1,000,000.",
        ),
        (*model, 1): ("There is no layer called 'Tahn'.", "Did you mean 'Tanh'"),
        (*model, 2, "out_feature"): (
            "There is no setting 'out_feature' in Linear linear_2.",
            "Did you mean 'out_features'",
        ),
        ("seed",): (
            "seed must be a whole number, but is 1.5.",
            "Seed: The same seed gives the same result.",
        ),
        ("learner", "batch_size"): (
            "batch_size of supervised must be a whole number or 'full', but is the text \"ful\".",
            "Did you mean 'full'",
        ),
        ("learnr",): ("There is no setting 'learnr'.", "Did you mean 'learner'"),
        ("data",): ("data is missing.", "Add 'data'."),
    }
    assert found[(*model, 0, "out_features")].where.layer == "linear_1"
    assert found[(*model, 1)].params["name"] == "Tahn"
    assert "Linear" in found[(*model, 1)].params["known"]


@pytest.mark.parametrize(
    ("part", "name", "meant"),
    [
        ("loss", "CrossEntropyLos", "CrossEntropyLoss"),
        ("optimizer", "adam", "Adam"),
    ],
)
def test_unknown_kinds_are_guessed_and_all_known_ones_listed(part: str, name: str, meant: str) -> None:
    (problem,) = refused(lambda d: d["learner"].update({part: {"type": name}}))
    assert problem.where.path == ("learner", part)
    assert f"Did you mean {meant!r}?" in problem.hint
    assert meant in problem.params["known"]


def test_a_kind_without_a_type_is_told_which_there_are() -> None:
    def change(document: dict[str, Any]) -> None:
        layers(document)[0] = {"out_features": 3}
        document["learner"]["optimizer"] = {}

    layer, optimizer = refused(change)
    assert layer.detail == "This layer has no type."
    assert "Linear" in layer.params["known"]
    assert "SGD" in optimizer.hint


@pytest.mark.parametrize("size", [10**9, 10**30])
def test_absurd_sizes_are_refused_with_the_limit(size: int) -> None:
    (problem,) = refused(lambda d: layers(d)[0].update(out_features=size))
    assert problem.where.path == ("networks", "model", "layers", 0, "out_features")
    assert "1,000,000" in problem.detail + problem.hint


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("16", 'a whole number, but is the text "16"'),
        (True, "a whole number, but is true"),
        ([16], "a whole number, but is a list"),
        ({}, "a whole number, but is an object"),
        (16.5, "a whole number, but is 16.5"),
    ],
)
def test_numbers_must_be_numbers(value: Any, words: str) -> None:
    (problem,) = refused(lambda d: layers(d)[0].update(out_features=value))
    assert words in problem.detail


def test_the_meant_member_of_a_union_is_the_one_explained() -> None:
    def change(document: dict[str, Any]) -> None:
        layers(document)[0] = {"type": "Conv2d", "kernel_size": [3, "a"]}
        layers(document)[1] = {"type": "Conv2d", "kernel_size": -1}
        layers(document)[2] = {"type": "Conv2d", "padding": "sam"}

    first, second, third = refused(change)
    assert first.where.path[-2:] == ("kernel_size", 1)
    assert second.detail == "kernel_size of Conv2d conv2d_2 must be at least 1, but is -1."
    assert "one of 'valid' or 'same'" in third.detail
    assert third.hint == "Did you mean 'same'?"


def test_a_layer_that_contradicts_itself_is_named() -> None:
    (problem,) = refused(
        lambda d: layers(d).insert(0, {"type": "Conv2d", "id": "eye", "padding": "same", "stride": 2})
    )
    assert problem.detail == "Conv2d eye: padding 'same' keeps the size, so it needs stride 1."
    assert problem.where.layer == "eye"


@pytest.mark.parametrize("id", ["", "1a", "a b", "a.b", "../x", "a" * 65, 3])
def test_ids_are_plain_names(id: Any) -> None:
    (problem,) = refused(lambda d: layers(d)[0].update(id=id))
    assert problem.where.path == ("networks", "model", "layers", 0, "id")


def test_no_layers_no_networks_and_too_many_are_refused() -> None:
    assert refused(lambda d: layers(d).clear())[0].where.path == ("networks", "model", "layers")
    assert (
        refused(lambda d: d["networks"].clear())[0].detail
        == "networks must have at least 1 entry, but has 0."
    )
    assert "at most 500" in refused(lambda d: layers(d).extend([{"type": "Tanh"}] * 500))[0].detail


def test_wiring_is_part_of_reading() -> None:
    problems = refused(lambda d: layers(d)[0].update(inputs=["tanh_2"]))
    assert problems[0].key == "error.wiring.cycle"
    assert problems[0].where.path == ("networks", "model", "layers", 0, "inputs")
    assert problems[0].where.layer == "linear_1"


def test_networks_must_be_those_that_the_learner_trains() -> None:
    missing, unknown = refused(lambda d: d["networks"].update(modle=d["networks"].pop("model")))
    assert missing.where.path == ("networks", "model")
    assert unknown.hint == "Did you mean 'model'?"


def test_a_document_of_a_newer_oqu_says_so() -> None:
    (problem,) = refused(lambda d: d.update(version=2))
    assert "newer" in problem.hint or "Update" in problem.hint
    assert problem.where.path == ("version",)


def test_old_documents_are_brought_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    def zero_to_one(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "data": {"type": document["data"]}}

    monkeypatch.setitem(module.UPGRADES, 0, zero_to_one)
    old = {**SPIRAL, "version": 0, "data": "spiral"}
    assert parse(old).data.type == "spiral"
    assert old["version"] == 0


def test_many_problems_are_bounded() -> None:
    problems = refused(lambda d: layers(d).extend([{"type": "Nothing"}] * 400))
    assert len(problems) == 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def paths(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(inner for key, value in items for inner in paths(value, (*path, key)))]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(paths(SPIRAL)[1:]), JSON)
def test_whatever_stands_anywhere_is_read_or_refused_at_a_place(
    path: tuple[str | int, ...], value: Any
) -> None:
    document = copy.deepcopy(SPIRAL)
    node = document
    for part in path[:-1]:
        node = node[part]  # type: ignore[index]
    node[path[-1]] = value  # type: ignore[index]
    try:
        made, problems = read(document)
    except DocumentError as error:
        assert error.problem.key == "error.document.too_deep"
        return
    assert (made is not None) or problems
    for problem in problems:
        assert problem.detail
        assert problem.where.path or problem.key == "error.document.key"
        problem.model_dump_json()


# ---------------------------------------------------------------- canonical form


def test_the_canonical_form_writes_out_defaults_and_leaves_out_name_and_run() -> None:
    content = json.loads(canonical(parse(SPIRAL)))
    assert "name" not in content
    assert "run" not in content
    assert content["networks"]["model"]["layers"][0]["bias"] is True
    assert content["networks"]["model"]["layers"][4]["id"] == "linear_3"
    assert content["learner"]["optimizer"]["betas"] == [0.9, 0.999]
    assert content["control"] == []


def test_the_canonical_form_is_its_own_canonical_form() -> None:
    first = canonical(parse(SPIRAL))
    assert canonical(parse(first)) == first


def test_one_meaning_has_one_digest() -> None:
    def written_out(document: dict[str, Any]) -> None:
        document["name"] = "another"
        document["run"] = {"device": "cpu", "notes": "slowly", "pace": {"per_second": 3}}
        layers(document)[0].update(id="linear_1", inputs=["input"], bias=True)
        layers(document)[1].update(inputs=["linear_1"])
        document["learner"]["optimizer"]["lr"] = 1e-2

    reordered = json.loads(json.dumps(with_changes(written_out), sort_keys=True))
    assert digest(parse(reordered)) == digest(parse(SPIRAL))
    assert len(digest(parse(SPIRAL))) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(seed=8),
        lambda d: d["data"].update(noise=0.2),
        lambda d: layers(d)[0].update(out_features=17),
        lambda d: layers(d)[0].update(id="first"),
        lambda d: d["learner"].update(epochs=301),
        lambda d: d.update(preprocess=[]),
        lambda d: d.update(control=[{"step": 3, "set": {"learner.optimizer.lr": 0.5}}]),
        lambda d: d.update(start={"snapshot": "a" * 64}),
    ],
)
def test_another_meaning_has_another_digest(change: Callable[[dict[str, Any]], None]) -> None:
    assert digest(parse(with_changes(change))) != digest(parse(SPIRAL))


# ---------------------------------------------------------------- changes


def test_a_setting_is_changed_by_its_path() -> None:
    made = changed(
        parse(SPIRAL),
        {
            "learner.optimizer.lr": 0.5,
            "networks.model.layers.2.out_features": 20,
            "networks.model.layers.linear_1.out_features": 30,
        },
    )
    assert made.learner.optimizer.lr == 0.5
    assert [getattr(layer, "out_features", 0) for layer in made.networks["model"].layers] == [
        30,
        0,
        20,
        0,
        None,
    ]
    assert parse(SPIRAL).learner.optimizer.lr == 0.01


def test_a_change_of_an_unknown_setting_is_refused_with_what_was_meant() -> None:
    with pytest.raises(ControlError) as error:
        changed(parse(SPIRAL), {"learner.optimizer.learning": 1})
    assert error.value.problem.where.path == ("learner", "optimizer")
    with pytest.raises(ControlError, match="Did you mean 'optimizer'"):
        changed(parse(SPIRAL), {"learner.optimiser.lr": 1})


@pytest.mark.parametrize(
    "path", ["", ".", "learner", "learner.optimizer.lr.x", "networks.model.layers.9.bias", "a.b"]
)
def test_a_change_that_makes_no_experiment_is_refused(path: str) -> None:
    with pytest.raises(ControlError) as error:
        changed(parse(SPIRAL), {path: 1})
    assert error.value.problem.hint or error.value.problem.detail


def test_a_change_to_a_bad_value_is_refused_at_its_place() -> None:
    with pytest.raises(ControlError) as error:
        changed(parse(SPIRAL), {"learner.optimizer.lr": float("nan")})
    assert error.value.problem.where.path == ("learner", "optimizer", "lr")
    with pytest.raises(ControlError, match=r"at least 0|more than 0"):
        changed(parse(SPIRAL), {"learner.optimizer.lr": -1})


def test_recorded_changes_must_be_possible_and_in_order() -> None:
    def change(document: dict[str, Any]) -> None:
        document["control"] = [
            {"step": 5, "set": {"learner.optimizer.lr": 0.1}},
            {"step": 3, "set": {"learner.optimizer.lr": 0.2}},
            {"step": 7, "set": {"learner.optimizer.nothing": 0.2}},
        ]

    order, unknown = refused(change)
    assert order.where.path == ("control", 1, "step")
    assert unknown.where.path == ("control", 2, "set")


def test_start_names_layers_that_are_there() -> None:
    good = with_changes(
        lambda d: d.update(
            start={
                "snapshot": "0" * 64,
                "layers": {"linear_1": "conv_1"},
                "frozen": ["model.linear_1", "linear_2"],
            }
        )
    )
    assert parse(good).start is not None
    (problem,) = refused(lambda d: d.update(start={"snapshot": "0" * 64, "frozen": ["linear_7"]}))
    assert problem.where.path == ("start", "frozen", 0)
    (problem,) = refused(lambda d: d.update(start={"snapshot": "../../etc/passwd"}))
    assert problem.where.path == ("start", "snapshot")


def test_streams_are_independent_and_lasting() -> None:
    seeds = [stream(seed, name) for seed in range(20) for name in ("data", "split", "init", "shuffle")]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert stream(7, "data") == 4237268861321998237


def test_the_schema_of_an_experiment_can_be_written_down() -> None:
    schema = json.dumps(Experiment.model_json_schema())
    assert "CrossEntropyLoss" in schema
    assert "ConvTranspose2d" in schema


@pytest.mark.parametrize(
    "path, value, hint",
    [
        ("learner.learning_rate", 0.1, "learner.optimizer.lr"),
        ("epochs", 10, "learner.epochs"),
        ("networks.model.layers.0.activation", "relu", '{"type": "ReLU"}'),
        ("networks.model.layers.0.in_features", 2, "Leave it out"),
        ("learner.epochs", "10", "without quotes: 10"),
        ("networks.model.layers", [], '{"type": "Linear"}'),
    ],
)
def test_what_is_usual_elsewhere_is_led_to_its_place(path, value, hint):
    given: Any = {
        "data": {"type": "moons"},
        "networks": {"model": {"layers": [{"type": "Linear"}]}},
        "learner": {"type": "supervised"},
    }
    *parents, last = path.split(".")
    node = given
    for part in parents:
        node = node[int(part) if isinstance(node, list) else part]
    node[last] = value
    with pytest.raises(DocumentError) as error:
        parse(given)
    assert hint in error.value.problem.hint
    assert ".".join(map(str, error.value.problem.where.path)) == path

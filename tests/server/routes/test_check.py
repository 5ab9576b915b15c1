"""Check a document, and look at its data."""

import time

import pytest

from server.routes.check import CheckAnswer, PreviewAnswer
from tests.running import spiral
from tests.server.routes.conftest import refused


def test_a_good_document_has_shapes_cost_and_a_digest(api):
    answer = api.post("/api/check", json=spiral()).json()
    CheckAnswer.model_validate(answer)
    assert answer["errors"] == []
    plan = answer["networks"]["model"]
    assert [layer["output_shape"] for layer in plan["layers"]] == [[8], [8], [8], [2]]
    assert plan["parameters"] == (2 + 1) * 8 + (8 + 1) * 2
    assert answer["data"]["rows"] == 80
    assert len(answer["digest"]) == 64
    assert "decision_map" in answer["probes"]


def test_the_run_and_the_check_agree_on_the_digest(api, done):
    run = api.get(f"/api/runs/{done}").json()
    assert api.post("/api/check", json=run["document"]).json()["digest"] == run["digest"]


def test_a_bad_layer_is_named_and_the_rest_is_still_planned(api):
    document = spiral()
    document["networks"]["model"]["layers"].insert(1, {"type": "Conv2d", "out_channels": 3})
    answer = api.post("/api/check", json=document).json()
    CheckAnswer.model_validate(answer)
    assert answer["errors"][0]["where"]["path"][:4] == ["networks", "model", "layers", 1]
    assert answer["networks"]["model"]["layers"][0]["output_shape"] == [8]
    assert answer["digest"] is None


def test_all_problems_are_said_at_once(api):
    document = spiral(seed=-1, surprise=True, data={"type": "nothing"})
    places = {error["where"]["path"][0] for error in api.post("/api/check", json=document).json()["errors"]}
    assert places == {"seed", "surprise", "data"}


def test_fifty_layers_are_checked_again_in_no_time(api):
    layers = [{"type": "Linear", "out_features": 8 + n % 5} if n % 2 else {"type": "Tanh"} for n in range(49)]
    document = spiral(networks={"model": {"layers": [*layers, {"type": "Linear"}]}})
    assert api.post("/api/check", json=document).json()["errors"] == []
    begun = time.perf_counter()
    assert len(api.post("/api/check", json=document).json()["networks"]["model"]["layers"]) == 50
    print(f"50 layers, warm: {(time.perf_counter() - begun) * 1000:.1f} ms")


def test_the_preview_shows_raw_rows_of_each_part(api):
    answer = api.post("/api/preview", json={"experiment": spiral()}).json()
    PreviewAnswer.model_validate(answer)
    assert {name: part["rows"] for name, part in answer["parts"].items() if part["rows"]} == {
        "train": 40,
        "validation": 40,
    }
    assert all(len(row) == 2 for row in answer["parts"]["train"]["inputs"])
    assert set(answer["parts"]["train"]["targets"]) == {0, 1}


def test_a_preview_of_many_rows_is_bounded(api):
    data = {"type": "spiral", "samples": 5000, "validation_fraction": 0.2}
    part = api.post("/api/preview", json={"experiment": spiral(data=data)}).json()["parts"]["train"]
    assert (len(part["inputs"]), part["rows"]) == (1000, 4000)


@pytest.mark.parametrize("experiment", [{}, {"data": 1}, spiral(data={"type": "dataset", "name": "nobody"})])
def test_a_preview_of_nothing_is_refused(api, experiment):
    refused(api.post("/api/preview", json={"experiment": experiment}), 422)


@pytest.mark.parametrize("size", [10**9, 2**63, 10**30, -(10**30)])
def test_an_absurd_size_is_said_at_its_place_and_not_built(api, size):
    document = spiral()
    document["networks"]["model"]["layers"][0]["out_features"] = size
    error = api.post("/api/check", json=document).json()["errors"][0]
    assert error["where"]["path"] == ["networks", "model", "layers", 0, "out_features"]
    refused(api.post("/api/preview", json={"experiment": document}), 422)

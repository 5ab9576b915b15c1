"""Use a run: predict, examine, look."""

import json
import struct

import numpy as np
import pytest

from server.routes.predict import Prediction
from tests.running import spiral
from tests.server.routes.conftest import refused


def test_predictions_have_a_class_and_probabilities_per_row(api, done):
    answer = api.post(f"/api/runs/{done}/predict", json={"inputs": [[1, 2], [-3, 0.5]]}).json()
    Prediction.model_validate(answer)
    assert set(answer["classes"]) <= {"0", "1"}
    assert np.sum(answer["probabilities"], axis=1) == pytest.approx([1, 1])


def test_a_snapshot_from_before_predicts_otherwise(api, done):
    first, *_, last = api.get(f"/api/runs/{done}/snapshots").json()["items"]
    body = {"inputs": [[1, 2]]}
    early = api.post(f"/api/runs/{done}/predict", json=body | {"snapshot": first["id"]}).json()
    late = api.post(f"/api/runs/{done}/predict", json=body | {"snapshot": last["id"]}).json()
    assert early["outputs"] != late["outputs"]
    assert api.post(f"/api/runs/{done}/predict", json=body).json() == late


@pytest.mark.parametrize(
    "inputs",
    [
        [],
        [[]],
        [[1]],
        [[1, 2, 3]],
        [["a", "b"]],
        [[None, 1]],
        [1, 2],
        ["ab"],
        [{"x": 1}],
        [[1, [2]]],
        [[1e308, 1e39]],
    ],
)
def test_rows_that_do_not_fit_are_refused(api, done, inputs):
    refused(api.post(f"/api/runs/{done}/predict", json={"inputs": inputs}), 422)


def test_large_bodies_are_for_predictions_only(api, done):
    rows = {"inputs": [[1.23456789] * 2] * 9_000, "snapshot": None}
    assert len(api.post(f"/api/runs/{done}/predict", json=rows).json()["classes"]) == 9_000
    padded = json.dumps(rows).encode() + b" " * 1_100_000
    headers = {"Content-Type": "application/json"}
    assert api.post(f"/api/runs/{done}/predict", content=padded, headers=headers).status_code == 200
    refused(api.post("/api/check", content=padded, headers=headers), 413)


@pytest.mark.parametrize("path", ["predict", "exam", "probes/decision_map"])
def test_an_unknown_snapshot_is_refused(api, done, path):
    body = {"inputs": [[1, 2]]} if path == "predict" else {}
    refused(api.post(f"/api/runs/{done}/{path}", json={**body, "snapshot": "nothing"}), 404)
    refused(api.post(f"/api/runs/{done}/{path}", json={**body, "snapshot": "../../x"}), 422)


def test_the_exam_looks_at_the_test_part(api, done):
    answer = api.post(f"/api/runs/{done}/exam", json={}).json()
    assert answer["rows"] == 24
    assert 0 <= answer["accuracy"] <= 1


def test_without_a_test_part_there_is_no_exam(api):
    run_id = api.finished(2)
    problem = refused(api.post(f"/api/runs/{run_id}/exam", json={}), 422)
    assert "test_fraction" in problem["hint"]


def test_a_probe_answers_a_figure_or_tiles(api, done):
    figure = api.post(f"/api/runs/{done}/probes/decision_map", json={}).json()
    assert figure["data"] and figure["layout"]
    response = api.post(f"/api/runs/{done}/probes/decision_map?form=tiles", json={})
    assert response.headers["content-type"] == "application/octet-stream"
    (length,) = struct.unpack(">I", response.content[:4])
    header = json.loads(response.content[4 : 4 + length])
    tiles = np.frombuffer(response.content[4 + length :], header["dtype"]).reshape(header["shape"])
    assert tiles.shape[0] == 2 and tiles.min() >= 0 and tiles.max() <= 1


@pytest.mark.parametrize("probe", ["nothing", "__init__", "x" * 65, "Decision_Map", "..%2fbase"])
@pytest.mark.parametrize("form", ["figure", "tiles"])
def test_an_unknown_probe_is_refused(api, done, probe, form):
    refused(api.post(f"/api/runs/{done}/probes/{probe}?form={form}", json={}), 404, 422)


@pytest.mark.parametrize("params", [{"surprise": 1}, {"resolution": 10**9}, {"type": "confusion_matrix"}])
def test_settings_that_a_probe_does_not_have_are_refused(api, done, params):
    response = api.post(f"/api/runs/{done}/probes/decision_map", json={"params": params})
    if response.status_code != 200:
        refused(response, 422)


def test_a_run_without_a_snapshot_yet_has_nothing_to_look_at(api):
    blocked = spiral(2)
    run_id = api.post("/api/runs", json=blocked).json()["id"]
    response = api.post(f"/api/runs/{run_id}/probes/decision_map", json={})
    if response.status_code != 200:  # it was quicker than its first snapshot
        refused(response, 404)

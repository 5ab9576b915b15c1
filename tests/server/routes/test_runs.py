"""Submit, list, read and delete runs."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from server.routes.runs import RunAnswer, RunsAnswer
from tests.running import FOREVER, spiral
from tests.server.routes.conftest import refused


def test_a_document_becomes_a_run_with_all_defaults_written_out(api):
    response = api.post("/api/runs", json=spiral(5))
    run = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/runs/{run['id']}"
    assert run["state"] in ("queued", "running")
    assert run["document"]["learner"]["optimizer"]["betas"]
    assert run["epochs"] == 5


def test_a_run_has_what_the_design_promises(api, done):
    run = api.get(f"/api/runs/{done}").json()
    RunAnswer.model_validate(run)
    assert (run["id"], run["state"], run["reason"], run["epoch"], run["epochs"]) == (
        done,
        "completed",
        None,
        30,
        30,
    )
    assert 0 < run["metrics"]["val_accuracy"] <= 1
    times = [datetime.fromisoformat(run[name]) for name in ("created", "started", "ended")]
    assert times == sorted(times)


def test_the_list_pages_from_new_to_old(api):
    made = [api.submit(2, name=f"page {n}") for n in range(3)]
    first = api.get("/api/runs", params={"limit": 2, "search": "page "}).json()
    RunsAnswer.model_validate(first)
    rest = api.get("/api/runs", params={"limit": 2, "search": "page ", "before": first["next"]}).json()
    assert [run["id"] for run in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert "document" not in first["items"][0]


def test_the_list_can_be_limited_to_a_state(api, done):
    completed = api.get("/api/runs", params={"state": "completed", "limit": 500}).json()["items"]
    assert done in [run["id"] for run in completed]
    assert {run["state"] for run in completed} == {"completed"}


def test_a_deleted_run_is_gone_also_when_it_was_learning(api):
    run_id = api.submit(FOREVER)
    api.until(run_id, "running")
    assert api.delete(f"/api/runs/{run_id}").status_code == 204
    refused(api.get(f"/api/runs/{run_id}"), 404)
    refused(api.delete(f"/api/runs/{run_id}"), 404)


# --- idempotency --------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_run(api):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answers = [api.post("/api/runs", json=spiral(2), headers=headers) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_the_same_key_with_another_body_is_refused(api):
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    api.post("/api/runs", json=spiral(2), headers=headers)
    problem = refused(api.post("/api/runs", json=spiral(3), headers=headers), 422)
    assert problem["error"] == "IdempotencyError"


def test_many_at_once_with_one_key_make_one_run(api):
    headers, barrier = {"Idempotency-Key": uuid.uuid4().hex}, threading.Barrier(12)

    def submit(_: int):
        barrier.wait()
        return api.post("/api/runs", json=spiral(2, name="once"), headers=headers)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(submit, range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(api.get("/api/runs", params={"search": "once"}).json()["items"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "with space"])
def test_a_key_that_is_none_is_refused(api, key):
    refused(api.post("/api/runs", json=spiral(2), headers={"Idempotency-Key": key}), 422)


# --- bad input ----------------------------------------------------------------------------------


def layers(*given: dict) -> dict:
    return {"networks": {"model": {"layers": list(given)}}}


LINEAR = {"type": "Linear", "out_features": 8}
LAST = {"type": "Linear"}
BAD_DOCUMENTS = {
    "unknown layer": (layers({"type": "Quantum"}, LAST), "networks.model.layers.0"),
    "cycle": (
        layers(
            {"type": "Add", "id": "a", "inputs": ["input", "b"]},
            {"type": "Tanh", "id": "b", "inputs": ["a"]},
            LAST,
        ),
        "networks.model.layers",
    ),
    "missing input": (
        layers(LINEAR, {"type": "Tanh", "inputs": ["nobody"]}, LAST),
        "networks.model.layers.1.inputs",
    ),
    "shapes that do not fit": (
        layers(LINEAR, {"type": "Conv2d", "out_channels": 3}, LAST),
        "networks.model.layers.1",
    ),
    "a size of 10^9": (
        layers({**LINEAR, "out_features": 10**9}, LAST),
        "networks.model.layers.0.out_features",
    ),
    "a network of 10^12 weights": (
        layers({**LINEAR, "out_features": 1_000_000}, {**LINEAR, "out_features": 1_000_000}, LAST),
        "networks.model",
    ),
    "2^63": ({"seed": 2**63}, "seed"),
    "one class": ({"data": {"type": "points", "points": [[0.0, 0.0, 0], [1.0, 1.0, 0]]}}, "data"),
    "no rows": ({"data": {"type": "points", "points": []}}, "data"),
    "unknown key": ({"surprise": 1}, "surprise"),
    "unknown data set": ({"data": {"type": "dataset", "name": "nobody"}}, "data"),
    "unknown snapshot": ({"start": {"snapshot": "0" * 64}}, "start"),
}


@pytest.mark.parametrize(("changes", "place"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_document_that_makes_no_sense_is_refused_at_its_place(api, changes, place):
    problem = refused(api.post("/api/runs", json=spiral(2, **changes)), 422)
    found = ".".join(str(part) for part in problem["where"]["path"])
    assert found.startswith(place), (found, problem["detail"])
    assert problem["hint"]


BAD_BYTES = {
    "nothing": b"",
    "half": b'{"data": ',
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "NaN": b'{"learner": {"optimizer": {"lr": NaN}}}',
    "infinity": b'{"seed": 1e999}',
    "doubled keys": b'{"seed": 1, "seed": 2}',
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "half a pair": b'{"name": "\\ud800"}',
    "deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a long number": b'{"seed": ' + b"1" * 10_000 + b"}",
    "nul": b'{"name": "\\u0000"}',
}


@pytest.mark.parametrize("content", BAD_BYTES.values(), ids=BAD_BYTES)
@pytest.mark.parametrize("path", ["/api/runs", "/api/check"])
def test_bytes_that_are_no_document_are_refused(api, path, content):
    response = api.post(path, content=content, headers={"Content-Type": "application/json"})
    if path == "/api/check" and response.status_code == 200:
        assert response.json()["errors"]
    else:
        refused(response, 422)


def test_nan_settings_are_refused(api):
    body = b'{"seed": 1, "learner": {"type": "supervised", "optimizer": {"type": "SGD", "lr": NaN}}}'
    problem = refused(api.post("/api/runs", content=body, headers={"Content-Type": "application/json"}), 422)
    assert problem["where"]["path"] == ["learner", "optimizer", "lr"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "before=0", f"before={2**63}", "state=flying", "search=%00"]
)
def test_a_list_that_cannot_be_is_refused(api, query):
    refused(api.get(f"/api/runs?{query}"), 422)

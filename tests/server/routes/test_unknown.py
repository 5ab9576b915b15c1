"""Ids that name nothing, and bodies that are nothing, at every address that takes them."""

import pytest

from tests.server.routes.conftest import refused

UNKNOWN = ["0000000000000000", "no-such-run"]
ODD = ["%00", "a%20b", "..%2f..%2fetc%2fpasswd", "x" * 65, "%F0%9F%92%A9", "';--"]
READS = ["", "/events", "/metrics", "/metrics?format=csv", "/snapshots"]
WRITES = {
    "/control": {"action": "pause"},
    "/predict": {"inputs": [[1, 2]]},
    "/exam": {},
    "/probes/decision_map": {},
}


@pytest.mark.parametrize("run_id", UNKNOWN)
@pytest.mark.parametrize("path", READS)
def test_an_unknown_run_cannot_be_read(api, run_id, path):
    assert refused(api.get(f"/api/runs/{run_id}{path}"), 404)["error"] == "NotFoundError"


@pytest.mark.parametrize("run_id", UNKNOWN)
@pytest.mark.parametrize("path", WRITES)
def test_an_unknown_run_cannot_be_used(api, run_id, path):
    refused(api.post(f"/api/runs/{run_id}{path}", json=WRITES[path]), 404)


@pytest.mark.parametrize("run_id", ODD)
@pytest.mark.parametrize("path", READS)
def test_what_is_no_id_is_refused(api, run_id, path):
    refused(api.get(f"/api/runs/{run_id}{path}"), 404, 422)


@pytest.mark.parametrize("dataset_id", [*UNKNOWN, *ODD])
def test_an_unknown_data_set_is_refused(api, dataset_id):
    raw = {"Content-Type": "application/octet-stream"}
    for response in (
        api.get(f"/api/datasets/{dataset_id}"),
        api.get(f"/api/datasets/{dataset_id}/preview"),
        api.post(f"/api/datasets/{dataset_id}/import", json={}),
        api.put(f"/api/datasets/{dataset_id}/content", content=b"a,b", headers=raw),
        api.delete(f"/api/datasets/{dataset_id}"),
    ):
        refused(response, 404, 415, 422)


@pytest.mark.parametrize("slug", ["nothing", "..", "%2e%2e%2fpyproject", "x" * 65])
def test_an_unknown_experiment_of_the_zoo_is_refused(api, slug):
    refused(api.get(f"/api/zoo/{slug}"), 404, 422)


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"NaN",
    b'{"x": NaN}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"surprise": 1}',
]


@pytest.mark.parametrize("content", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("path", [*WRITES, "/api/datasets", "/api/preview"])
def test_a_body_that_is_none_is_refused(api, done, path, content):
    address = path if path.startswith("/api") else f"/api/runs/{done}{path}"
    refused(api.post(address, content=content, headers={"Content-Type": "application/json"}), 422)


@pytest.mark.parametrize("path", ["/api/catalog", "/api/check", "/api/runs/x/control", "/api/limits"])
def test_a_method_that_an_address_does_not_take_is_refused(api, path):
    problem = refused(api.client.request("PATCH", path, json={}), 405)
    assert problem["error"] == "MethodError"

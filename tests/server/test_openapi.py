"""The contract: complete, the same for the same code, and true of the running server."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from models.experiment import Experiment
from server import openapi
from server.answers import ALWAYS, WRITES
from server.app import create_app
from server.settings import Settings
from tests.running import spiral

METHODS = ("get", "put", "post", "delete", "patch")
ROUTES = """
GET /api/catalog · POST /api/check · POST /api/preview · GET /api/zoo · GET /api/zoo/{slug}
POST /api/runs · GET /api/runs · GET /api/runs/{run_id} · DELETE /api/runs/{run_id}
POST /api/runs/{run_id}/control · GET /api/runs/{run_id}/events · GET /api/runs/{run_id}/metrics
GET /api/runs/{run_id}/snapshots · POST /api/runs/{run_id}/probes/{probe}
POST /api/runs/{run_id}/predict · POST /api/runs/{run_id}/exam
GET /api/datasets · POST /api/datasets · GET /api/datasets/{dataset_id} · DELETE /api/datasets/{dataset_id}
PUT /api/datasets/{dataset_id}/content · GET /api/datasets/{dataset_id}/preview
POST /api/datasets/{dataset_id}/preview · POST /api/datasets/{dataset_id}/import
GET /api/health · GET /api/version · GET /api/limits · GET /metrics
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict[str, Any]:
    return openapi.document(create_app(Settings(home=tmp_path_factory.mktemp("home"))))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_these_are_the_addresses_and_no_others(document):
    wanted = {route.strip() for route in re.split(r"[·\n]", ROUTES) if route.strip()}
    assert {name for name, _ in operations(document)} == wanted


def test_every_address_says_what_it_does_and_how_it_fails(document):
    for name, operation in operations(document):
        assert operation["summary"] and operation["description"], name
        assert not operation["summary"].endswith("."), name
        declared = {int(status) for status in operation["responses"]}
        assert declared.issuperset(ALWAYS), name
        if name.startswith(("POST", "PUT")):
            assert declared.issuperset(WRITES), name
        if "{" in name:
            assert 404 in declared, name
        for status in declared - {200, 201, 204, 304}:
            schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Failure"}, (name, status)


def test_every_parameter_and_body_is_described(document):
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] != "header" or parameter["name"] == "Idempotency-Key":
                assert parameter.get("description"), (name, parameter["name"])
        if name.startswith(("POST", "PUT")):
            assert operation["requestBody"]["content"], name


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    for reference in set(references(document)):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference


def test_the_experiment_stands_in_it_with_every_kind(document):
    schemas = document["components"]["schemas"]
    assert {"Experiment", "NetworkSpec", "Linear", "Adam", "CrossEntropyLoss"} <= schemas.keys()
    body = document["paths"]["/api/runs"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/Experiment"}


def test_every_event_stands_in_it(document):
    kinds = document["components"]["schemas"]["EventsAnswer"]["properties"]["items"]["items"]["discriminator"]
    assert set(kinds["mapping"]) == {
        "state",
        "prepared",
        "progress",
        "control",
        "engine",
        "snapshot",
        "finding",
        "resumed",
        "ended",
    }


def test_it_is_the_same_each_time_it_is_made(tmp_path):
    first, second = (openapi.text(create_app(Settings(home=tmp_path / name))) for name in "ab")
    assert first == second
    assert json.loads(first)["info"]["title"] == "Oqu"


def test_the_server_serves_it(server, document):
    assert server.client.get("/api/openapi.json").json() == json.loads(json.dumps(document))


CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


DOCUMENTS = [Experiment.model_validate(spiral(2)).model_dump(mode="json"), spiral(2)]
BUDGET = hypothesis.settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
contract = schemathesis.openapi.from_dict(openapi.document(create_app(Settings(home=Path("unused")))))


@contract.exclude(path=["/api/check", "/api/runs"], method="POST").parametrize()
@hypothesis.settings(BUDGET, max_examples=12)
def test_made_up_requests_are_answered_as_declared(case, server):
    case.call_and_validate(base_url=server.url, checks=CHECKS, timeout=60)


HOSTILE: list[Any] = [
    *(None, True, 0, -1, 2**31, 2**63, 10**30, 1e308, -1e-308, "", "\x00", "x" * 5000, "../../etc/passwd"),
    *("nan", "__class__", [], {}, [[]], [None] * 50, {"type": "Linear"}, {"": {}}, [1, "2", {}]),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, key))


def spoilt(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with this value in that place."""
    if not path:
        return value
    copied = document.copy()
    copied[path[0]] = spoilt(document[path[0]], path[1:], value)
    return copied


@hypothesis.settings(BUDGET, max_examples=150)
@hypothesis.given(data=st.data())
def test_a_document_with_anything_in_any_place_is_answered(server, data):
    base = data.draw(st.sampled_from(DOCUMENTS))
    places_ = [path for path in places(base) if path]
    body = base
    for path in data.draw(st.lists(st.sampled_from(places_), min_size=1, max_size=2)):
        with contextlib.suppress(LookupError, TypeError, AttributeError):
            body = spoilt(body, path, data.draw(st.sampled_from(HOSTILE)))
    answer = server.client.post("/api/check", json=body)
    assert answer.status_code in (200, 422), (answer.status_code, answer.text[:500], body)
    if answer.status_code == 200 and answer.json()["errors"]:
        assert server.client.post("/api/runs", json=body).status_code == 422

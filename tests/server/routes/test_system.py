"""What the server says about itself, its catalogue and its zoo."""

import pytest

from models.errors import Problem
from server.routes.catalog import CatalogAnswer
from server.routes.zoo import ZooAnswer
from server.settings import Settings


def test_versions_are_those_that_results_depend_on(api):
    versions = api.get("/api/version").json()
    assert versions["torch"].startswith("2.")
    assert versions["oqu"]


def test_every_cap_is_shown(api):
    assert api.get("/api/limits").json().keys() == Settings().limits().keys()


def test_the_counts_are_in_prometheus_format(api, done):
    response = api.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'oqu_runs{state="completed"}' in response.text
    assert 'oqu_requests_total{method="GET",status="200"}' in response.text


def test_the_catalogue_names_every_family_with_its_schemas(api):
    answer = api.get("/api/catalog").json()
    CatalogAnswer.model_validate(answer)
    for family in (
        "layers",
        "data",
        "preprocess",
        "learners",
        "optimizers",
        "losses",
        "initializers",
        "probes",
        "imports",
    ):
        assert answer[family], family
        for entry in answer[family]:
            assert entry["help"] and entry["schema"]["properties"]["type"]
            names = [each["type"] for each in answer[family]]
            assert names == sorted(names)
    assert {"Linear", "Conv2d", "Add"} <= {layer["type"] for layer in answer["layers"]}


def test_the_catalogue_is_not_sent_twice(api):
    etag = api.get("/api/catalog").headers["etag"]
    again = api.get("/api/catalog", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_every_experiment_of_the_zoo_checks(api):
    items = api.get("/api/zoo").json()
    ZooAnswer.model_validate(items)
    slugs = [item["slug"] for item in items["items"]]
    assert {"spiral", "digits-mlp", "digits-cnn", "logistic-sign-language"} <= set(slugs)
    for slug in slugs:
        document = api.get(f"/api/zoo/{slug}").json()
        errors = [
            Problem.model_validate(error) for error in api.post("/api/check", json=document).json()["errors"]
        ]
        assert all(error.key in ("error.data.unknown",) for error in errors), (slug, errors)


@pytest.mark.parametrize("path", ["/api/health", "/api/version", "/api/limits", "/api/catalog", "/api/zoo"])
def test_what_does_not_depend_on_runs_is_answered_at_once(api, path):
    assert api.get(path).status_code == 200

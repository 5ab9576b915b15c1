"""What a run has said and measured: events, metrics, snapshots."""

import csv
import io

import pytest

from models.events import ADAPTER
from server.routes.metrics import MetricsAnswer
from server.routes.snapshots import SnapshotsAnswer
from tests.server.routes.conftest import refused


def test_events_are_numbered_without_gaps_and_end_with_the_end(api, done):
    answer = api.get(f"/api/runs/{done}/events").json()
    events = [ADAPTER.validate_python(event) for event in answer["items"]]
    assert [event.seq for event in events] == list(range(1, answer["last"] + 1))
    assert events[-1].kind == "ended" and events[-1].state == "completed"


def test_pages_of_events_join_without_a_seam(api, done):
    whole = api.get(f"/api/runs/{done}/events").json()["items"]
    found, after = [], 0
    while page := api.get(f"/api/runs/{done}/events", params={"after": after, "limit": 3}).json()["items"]:
        found += page
        after = page[-1]["seq"]
    assert found == whole


def test_measurements_can_be_left_out_without_stopping_early(api, done):
    whole = api.get(f"/api/runs/{done}/events").json()["items"]
    wanted = [event for event in whole if event["kind"] != "progress"]
    found, after = [], 0
    while True:
        page = api.get(
            f"/api/runs/{done}/events", params={"after": after, "limit": 2, "progress": False}
        ).json()
        if not page["items"]:
            break
        found, after = found + page["items"], page["last"]
    assert found == wanted


def test_metrics_are_equal_long_columns_up_to_an_event(api, done):
    answer = api.get(f"/api/runs/{done}/metrics").json()
    MetricsAnswer.model_validate(answer)
    columns = answer["series"]["epoch"]["columns"]
    assert columns["epoch"] == sorted(columns["epoch"]) and columns["epoch"][-1] == 30
    assert len({len(column) for column in columns.values()}) == 1
    assert answer["through"] == api.get(f"/api/runs/{done}/events").json()["last"]


def test_metrics_are_thinned_on_request(api, done):
    columns = api.get(f"/api/runs/{done}/metrics", params={"points": 5}).json()["series"]["epoch"]["columns"]
    assert len(columns["epoch"]) <= 5
    assert (columns["epoch"][0], columns["epoch"][-1]) == (0, 30)


def test_metrics_are_a_table_too(api, done):
    response = api.get(f"/api/runs/{done}/metrics", params={"format": "csv"})
    assert response.headers["content-disposition"] == f'attachment; filename="{done}-epoch.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    columns = api.get(f"/api/runs/{done}/metrics").json()["series"]["epoch"]["columns"]
    assert [int(row["epoch"]) for row in rows] == columns["epoch"]
    assert [float(row["val_loss"]) for row in rows] == columns["val_loss"]
    assert list(rows[0])[:2] == ["epoch", "step"]


def test_a_run_that_diverged_sends_null_where_it_was_not_finite(api):
    learner = {
        "type": "supervised",
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "SGD", "lr": 1000.0},
        "batch_size": 10,
        "epochs": 2000,
    }
    layers = [{"type": "Linear", "out_features": 8}, {"type": "ReLU"}] * 3 + [{"type": "Linear"}]
    run_id = api.submit(networks={"model": {"layers": layers}}, learner=learner)
    run = api.until(run_id)
    assert run["state"] in ("failed", "completed")
    for path in ("", "/events", "/metrics"):
        response = api.get(f"/api/runs/{run_id}{path}")
        assert response.status_code == 200
        assert "NaN" not in response.text and "Infinity" not in response.text


def test_snapshots_begin_with_the_initial_weights(api, done):
    answer = api.get(f"/api/runs/{done}/snapshots").json()
    SnapshotsAnswer.model_validate(answer)
    steps = [item["step"] for item in answer["items"] if item["kind"] == "timeline"]
    assert steps[0] == 0 and steps == sorted(steps)


@pytest.mark.parametrize(
    "query",
    [
        "events?after=-1",
        f"events?after={2**63}",
        "events?limit=0",
        "events?after=x",
        "metrics?points=1",
        "metrics?format=xml",
    ],
)
def test_what_cannot_be_read_is_refused(api, done, query):
    refused(api.get(f"/api/runs/{done}/{query}"), 422)

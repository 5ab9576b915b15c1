"""Steer a run while it learns."""

import pytest

from tests.running import FOREVER
from tests.server.routes.conftest import refused


@pytest.fixture
def learning(api):
    run_id = api.submit(FOREVER)
    api.until(run_id, "running")
    yield run_id
    api.delete(f"/api/runs/{run_id}")


def control(api, run_id, **body):
    return api.post(f"/api/runs/{run_id}/control", json=body)


def test_a_run_pauses_goes_on_and_stops(api, learning):
    assert control(api, learning, action="pause").status_code == 200
    assert api.until(learning, "paused")["state"] == "paused"
    assert control(api, learning, action="resume").status_code == 200
    assert api.until(learning, "running")["state"] == "running"
    assert control(api, learning, action="stop").status_code == 200
    assert api.until(learning)["state"] == "cancelled"


def test_a_paused_run_does_one_step(api, learning):
    control(api, learning, action="pause")
    before = api.until(learning, "paused")["step"]
    assert control(api, learning, action="step").status_code == 200
    events = api.get(f"/api/runs/{learning}/events", params={"progress": False}).json()["items"]
    assert [event for event in events if event["kind"] == "state"][-1]["state"] == "paused"
    assert api.get(f"/api/runs/{learning}").json()["step"] >= before


def test_a_setting_changes_while_it_learns(api, learning):
    response = control(api, learning, action="set", set={"learner.optimizer.lr": 0.002})
    assert response.status_code == 200, response.text


def test_the_pace_is_set_and_taken_away(api, learning):
    for pace in ({"unit": "epoch", "per_second": 10}, None):
        assert control(api, learning, action="pace", pace=pace).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "fly"},
        {"action": "set"},
        {"action": "set", "set": {}},
        {"action": "set", "set": {"learner.optimizer.lr": 0.1}, "pace": None},
        {"action": "pace", "pace": {"unit": "hour", "per_second": 1}},
        {"action": "pace", "pace": {"unit": "epoch", "per_second": -1}},
        {"action": "pace", "pace": {"unit": "epoch", "per_second": 2**63}},
    ],
)
def test_what_is_no_control_is_refused(api, done, body):
    refused(control(api, done, **body), 422)


@pytest.mark.parametrize(
    "changes",
    [
        {"nowhere": 1},
        {"learner.optimizer.lr": -1},
        {"learner.optimizer.lr": "fast"},
        {"learner.optimizer.lr": 2**63},
        {"learner.optimizer.lr": {"a": [1] * 100}},
        {"networks.model.layers.0.type": "Tanh"},
        {"data.samples": 7},
        {"__class__": 1},
        {"..": 1},
        {"": 1},
    ],
)
def test_a_change_that_a_run_cannot_take_is_refused(api, learning, changes):
    refused(control(api, learning, action="set", set=changes), 409, 422)
    assert api.get(f"/api/runs/{learning}").json()["state"] == "running"


def test_a_width_is_refused_at_once_with_what_can_be_changed(api, learning):
    path = "networks.model.layers.0.out_features"
    problem = refused(control(api, learning, action="set", set={path: 16}), 409)
    assert problem["where"]["path"] == ["networks", "model", "layers", 0, "out_features"]
    assert "linear_1" in problem["detail"] and "learner.optimizer.lr" in problem["hint"]
    dropout = {"networks.model.layers.2.p": 0.3}
    assert control(api, learning, action="set", set=dropout).status_code == 200


@pytest.mark.parametrize("action", ["pause", "resume", "step", "epoch"])
def test_a_run_that_has_ended_cannot_be_steered(api, done, action):
    assert refused(control(api, done, action=action), 409)["error"] == "ConflictError"


def test_stopping_twice_is_fine(api, done):
    assert control(api, done, action="stop").status_code == 200

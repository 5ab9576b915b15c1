"""Documents to send, and how every refusal must look."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from models.events import ENDED
from tests.conftest import ROOT
from tests.running import spiral


def refused(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The problem in an answer that must be a refusal in the one shape."""
    assert response.status_code in (statuses or range(400, 500)), response.text
    body: dict[str, Any] = response.json()
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["problems"][0] == {key: body[key] for key in body["problems"][0]}
    for problem in body["problems"]:
        assert problem["key"].startswith("error.") and problem["detail"] and problem["error"]
        assert problem["where"].keys() == {"path", "layer", "row", "column"}
    assert not any(leak in response.text for leak in ("Traceback", ".py", str(ROOT)))
    return body


class Api:
    """The server's API, with what most tests do."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.get, self.post, self.delete, self.put = client.get, client.post, client.delete, client.put

    def submit(self, epochs: int = 20, **changes: Any) -> str:
        response = self.post("/api/runs", json=spiral(epochs, **changes))
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def until(self, run_id: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.get(f"/api/runs/{run_id}").json()
            if run["state"] in {*states, *ENDED}:
                return run
            time.sleep(0.01)
        raise AssertionError(f"still {run['state']}")

    def finished(self, epochs: int = 20, **changes: Any) -> str:
        run_id = self.submit(epochs, **changes)
        assert self.until(run_id)["state"] == "completed"
        return run_id


@pytest.fixture(scope="session")
def api(server) -> Api:
    return Api(server.client)


@pytest.fixture(scope="session")
def done(api) -> str:
    """A run that has learned to its end, with a test part."""
    data = {"type": "spiral", "samples": 120, "noise": 0.1, "test_fraction": 0.2}
    return api.finished(30, data=data)


@pytest.fixture(autouse=True)
def _healthy_afterwards(request):
    """Whatever a test sent, the server still works."""
    yield
    if "api" in request.fixturenames:
        assert request.getfixturevalue("api").get("/api/health").status_code == 200

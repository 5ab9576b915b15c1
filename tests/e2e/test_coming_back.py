"""Coming back: close the tab, open it on another window, kill the server, start it: nothing is missed."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from tests.conftest import start_server
from tests.e2e.conftest import SIZES
from tests.e2e.steps import SLOW, button, open_workbench, pace, press_train, wait_state
from tests.e2e.words import t


def test_a_run_goes_on_without_its_tab_and_after_its_server_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    server = start_server(tmp_path / "home", log)
    context = browser.new_context(base_url=server.url, viewport=SIZES["projector"])
    page = context.new_page()
    open_workbench(page)
    pace(page, t("workbench.pace_of_other", count=10))
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[2-9]/.test(document.body.innerText)", timeout=SLOW)
    page.close()

    again = context.new_page()
    again.goto(f"/runs/{run}")
    again.wait_for_function("() => /Epoch\\s*([3-9]|[1-9][0-9])/.test(document.body.innerText)", timeout=SLOW)
    server.kill()
    expect(again.get_by_text(t("workbench.connection_lost"))).to_be_visible(timeout=SLOW)
    server = start_server(tmp_path / "home", log, port=httpx.URL(server.url).port or 0)
    expect(again.get_by_text(t("workbench.connection_lost"))).to_be_hidden(timeout=SLOW)
    pace(again, t("workbench.pace_full"))
    wait_state(server, again, run, "completed")
    expect(button(again, "workbench.again")).to_be_visible(timeout=SLOW)

    told = server.client.get(f"/api/runs/{run}/metrics").json()["series"]["epoch"]["columns"]["epoch"]
    events = server.client.get(f"/api/runs/{run}/events?after=0").json()["items"]
    assert told == list(range(121)), "an epoch is missing or doubled"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    context.close()
    server.client.close()
    server.process.terminate()
    server.process.wait(20)

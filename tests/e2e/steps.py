"""What a person does on the page, as small steps that wait for what they cause."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.conftest import Server
from tests.e2e.words import t

SLOW = 30_000
NOTHING = "\N{EN DASH}"


def button(page: Page, key: str) -> Locator:
    """A button by its key in the catalogue."""
    return page.get_by_role("button", name=t(key), exact=True)


def open_workbench(page: Page, slug: str | None = None) -> None:
    """The workbench, with an experiment of the zoo, ready to train."""
    if slug is None:
        page.goto("/")
    else:
        page.goto("/zoo")
        items = page.request.get("/api/zoo").json()["items"]
        name = next(item["name"] for item in items if item["slug"] == slug)
        page.get_by_role("article", name=name, exact=True).get_by_role("button").click()
        page.wait_for_url("**/")
    expect(button(page, "workbench.train")).to_be_enabled(timeout=SLOW)


def press_train(page: Page) -> str:
    """Train, and the id of the run that it made."""
    button(page, "workbench.train").click()
    page.wait_for_url("**/runs/*", timeout=SLOW)
    return page.url.split("/runs/")[1].split("/")[0].split("?")[0].split("#")[0]


def pace(page: Page, text: str) -> None:
    """Choose a pace by its words."""
    page.get_by_role("combobox", name=t("workbench.pace")).click()
    page.get_by_role("option", name=text).click()


def last(page: Page, part: str, measure: int) -> float:
    """A last value in the table of measures: 0 loss, 1 accuracy, 2 precision, 3 recall, 4 F1."""
    row = page.get_by_role("table", name=t("workbench.last_values")).get_by_role(
        "row", name=re.compile(f"^{part}")
    )
    text = row.get_by_role("cell").nth(measure).inner_text().strip()
    return float("nan") if text == NOTHING else float(text.rstrip("%").replace(",", ""))


def run_of(server: Server, run: str) -> dict[str, Any]:
    """A run as the API tells it."""
    answer: dict[str, Any] = server.client.get(f"/api/runs/{run}").raise_for_status().json()
    return answer


def wait_state(server: Server, page: Page, run: str, *states: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until the run is in one of these states."""
    for _ in range(int(seconds * 10)):
        found = run_of(server, run)
        if found["state"] in states:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"run {run} is {found['state']}, not {states}")


def pixels(canvas: Locator) -> bytes:
    """What a picture looks like now."""
    return canvas.screenshot()

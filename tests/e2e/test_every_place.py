"""Every place, light and dark, on projector and phone: accessible, worded from the catalogue, kept as pictures."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server
from tests.e2e.conftest import ARTIFACTS, ROOT, SIZES
from tests.e2e.steps import SLOW, open_workbench, pace, press_train, wait_state
from tests.e2e.words import t

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PLACES = ("/", "/zoo", "/runs", "/data")
UNBRACKETED = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim(), parent = node.parentElement;
    if (!/[A-Za-z]{3,}/.test(text) || !parent.checkVisibility()) continue;
    if (parent.closest("script, style, code, time, [data-user]")) continue;  // names and values that people gave
    if (!text.startsWith("[") || !text.endsWith("]")) found.push(text);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def finished(browser: Browser, server: Server) -> str:
    """A completed run, so that no place is empty."""
    page = browser.new_page(base_url=server.url)
    open_workbench(page)
    pace(page, t("workbench.pace_full"))
    run = press_train(page)
    wait_state(server, page, run, "completed")
    page.close()
    return run


def settle(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("main")).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(1_500)  # pictures are drawn, menus have settled


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing_serious(
    browser: Browser, server: Server, finished: str, scheme: Any, size: str
) -> None:
    context = browser.new_context(
        base_url=server.url,
        viewport=SIZES[size],
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    ARTIFACTS.mkdir(exist_ok=True)
    serious: list[str] = []
    for path in (*PLACES, f"/runs/{finished}"):
        settle(page, path)
        name = "run" if path.startswith("/runs/") else path.strip("/") or "workbench"
        page.screenshot(path=ARTIFACTS / f"{name}-{size}-{scheme}.png")
        page.add_script_tag(path=AXE)
        for violation in page.evaluate("async () => (await axe.run()).violations"):
            if violation["impact"] in ("serious", "critical"):
                targets = [node["target"] for node in violation["nodes"]][:3]
                serious.append(f"{path}: {violation['id']}: {violation['help']} {targets}")
    context.close()
    assert not serious, "\n".join(serious)


@pytest.mark.parametrize("path", PLACES)
def test_no_visible_text_stands_outside_the_catalogue(page: Page, finished: str, path: str) -> None:
    settle(page, f"{path}?lang=pseudo")
    assert page.evaluate(UNBRACKETED) == []


def test_a_phone_scrolls_in_one_direction_only(browser: Browser, server: Server, finished: str) -> None:
    page = browser.new_page(base_url=server.url, viewport=SIZES["phone"])
    for path in (*PLACES, f"/runs/{finished}"):
        settle(page, path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= SIZES["phone"]["width"], path
    page.close()

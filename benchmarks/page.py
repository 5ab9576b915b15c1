"""What a browser sees: seconds to the first page, kilobytes of JavaScript, Train pressed to the first event."""

from __future__ import annotations

import gzip
import json
import runpy
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.pairs import Row
from benchmarks.start import start

ROOT = Path(__file__).parent.parent
ROUNDS = 7
CHARTS = ("uPlot", "plotly")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def opened(browser: Browser, url: str) -> tuple[Page, float, float]:
    """A fresh page, seconds until Train can be pressed, kB of JavaScript (gzip) before charts."""
    page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 720})
    scripts: dict[str, int] = {}
    page.on(
        "response",
        lambda r: scripts.update({r.url: len(gzip.compress(r.body()))}) if is_script(r.url) else None,
    )
    began = time.perf_counter()
    page.goto("/")
    page.get_by_role("button", name="Train", exact=True).wait_for()
    seconds = time.perf_counter() - began
    return page, seconds, sum(scripts.values()) / 1_000


def is_script(url: str) -> bool:
    """JavaScript that comes before any chart."""
    return url.endswith(".js") and not any(chart.lower() in url.lower() for chart in CHARTS)


def first_event(page: Page) -> float:
    """Milliseconds from pressing Train to the first measurement on the page's websocket."""
    arrived: list[float] = []

    def look(frame: str | bytes) -> None:
        if isinstance(frame, str) and any(event["kind"] == "progress" for event in json.loads(frame)):
            arrived.append(time.perf_counter())

    page.on("websocket", lambda socket: socket.on("framereceived", look))
    page.wait_for_timeout(500)
    began = time.perf_counter()
    page.get_by_role("button", name="Train", exact=True).click()
    while not arrived:
        page.wait_for_timeout(5)
    page.get_by_role("button", name="Stop", exact=True).click()
    return 1_000 * (arrived[0] - began)


def run() -> list[Row]:
    """Fresh browser pages against one warm server."""
    executable = runpy.run_path(str(ROOT / "scripts" / "browser.py"))["find"]()
    seconds, sizes, events = [], [], []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        process, url, _ = start(home)
        time.sleep(6)  # the fork server has warmed up
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for _ in range(ROUNDS):
            page, first, size = opened(browser, url)
            seconds.append(first)
            sizes.append(size)
            events.append(first_event(page))
            page.close()
        browser.close()
        process.terminate()
        process.wait()
    return [
        Row("page opened to Train ready", "Oqu", tuple(seconds), "s"),
        Row("JavaScript on the first page, gzip, before charts", "Oqu", tuple(sizes), "kB"),
        Row("Train pressed to first event in the page", "Oqu", tuple(events), "ms"),
    ]

"""The first five minutes of a student: the spiral is there, Train is one click, everything moves."""

from __future__ import annotations

import json
import math
import re

from playwright.sync_api import Page, expect

from tests.conftest import Server
from tests.e2e.steps import SLOW, button, last, open_workbench, pace, pixels, press_train, run_of, wait_state
from tests.e2e.words import like, t

SHIFTS = """() => { window.shifts = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())
  if (!entry.hadRecentInput) window.shifts += entry.value }).observe({type: "layout-shift", buffered: true}) }"""


def test_the_spiral_learns_in_front_of_you(page: Page, server: Server) -> None:
    open_workbench(page)
    page.evaluate(SHIFTS)
    picture = page.get_by_role("img", name=like("watch.map_summary"))
    expect(picture).to_be_visible()
    before = pixels(picture)
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[1-9]/.test(document.body.innerText)", timeout=SLOW)
    now = pixels(picture)
    assert now != before, "the decision map stays empty"
    page.wait_for_timeout(500)
    assert pixels(picture) != now, "the decision map does not move"
    pace(page, t("workbench.pace_full"))
    wait_state(server, page, run, "completed")
    expect(page.get_by_role("status").filter(has_text=re.compile("Finished"))).to_be_visible(timeout=SLOW)
    assert last(page, t("workbench.parts.val"), 0) < 0.1
    for measure in range(1, 5):
        assert last(page, t("workbench.parts.train"), measure) > 95
        assert last(page, t("workbench.parts.val"), measure) > 95
    assert page.evaluate("() => window.shifts") <= 0.01


def test_train_network_output_and_loss_are_on_one_screen(page: Page) -> None:
    open_workbench(page)
    for seen in (
        button(page, "workbench.train"),
        page.get_by_role("application", name=t("editor.canvas")),
        page.get_by_role("img", name=like("watch.map_summary")),
        page.get_by_role("region", name=t("workbench.curves")).get_by_role("figure"),
    ):
        expect(seen).to_be_in_viewport(ratio=0.99)
    height = page.evaluate(
        "() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert height == [720, 1280]


def test_a_reload_in_mid_run_misses_nothing(page: Page, server: Server) -> None:
    open_workbench(page)
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[3-9]/.test(document.body.innerText)", timeout=SLOW)
    page.reload()
    expect(button(page, "workbench.pause")).to_be_enabled(timeout=SLOW)
    pace(page, t("workbench.pace_full"))
    wait_state(server, page, run, "completed")
    curves = page.get_by_role("region", name=t("workbench.curves"))
    curves.get_by_role("button", name=t("chart.as_table")).click()
    rows = page.get_by_role("figure").get_by_role("row")  # thinned to what can be read; first and last stay
    told = server.client.get(f"/api/runs/{run}/metrics").json()["series"]["epoch"]["columns"]["epoch"]
    assert told == sorted(set(told)) and told[0] == 0 and told[-1] == run_of(server, run)["epochs"]
    expect(rows.nth(1).get_by_role("cell").first).to_have_text(str(told[-1]), timeout=SLOW)
    expect(rows.last.get_by_role("cell").first).to_have_text("0")


def test_pause_step_epoch_go_on_stop_and_reset(page: Page, server: Server) -> None:
    open_workbench(page)
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[2-9]/.test(document.body.innerText)", timeout=SLOW)
    button(page, "workbench.pause").click()
    paused = wait_state(server, page, run, "paused")
    button(page, "workbench.step").click()
    page.wait_for_timeout(300)
    button(page, "workbench.epoch_once").click()
    expect(button(page, "workbench.resume")).to_be_enabled(timeout=SLOW)
    page.wait_for_function(
        f"() => /Epoch\\s*{paused['epoch'] + 1}/.test(document.body.innerText)", timeout=SLOW
    )
    assert run_of(server, run)["state"] == "paused"
    button(page, "workbench.resume").click()
    wait_state(server, page, run, "running")
    button(page, "workbench.stop").click()
    assert wait_state(server, page, run, "cancelled", seconds=10)["reason"] is None
    button(page, "workbench.reset").click()
    again = press_train(page)
    assert again != run
    page.wait_for_function("() => /Epoch\\s*[1-9]/.test(document.body.innerText)", timeout=SLOW)
    first, second = (
        server.client.get(f"/api/runs/{name}/metrics").json()["series"]["epoch"]["columns"]["train_loss"][0]
        for name in (run, again)
    )
    assert math.isfinite(first) and first == second, "reset does not lead to the same initial weights"
    button(page, "workbench.stop").click()
    wait_state(server, page, again, "cancelled", seconds=10)


def test_layers_are_edited_added_removed_and_trained_again(page: Page, server: Server) -> None:
    open_workbench(page)
    page.get_by_role("group", name=like("editor.layer_node")).first.click()
    inspector = page.get_by_role("complementary", name=t("editor.inspector"))
    inspector.get_by_role("textbox", name=re.compile("nits")).fill("12")
    expect(page.get_by_text("36 weights")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Tanh", exact=True).click()
    nodes = page.get_by_role("group", name=like("editor.layer_node"))
    expect(nodes).to_have_count(6)
    nodes.filter(has_text="GELU").first.click()
    inspector.get_by_role("button", name=t("editor.remove")).click()
    expect(nodes).to_have_count(5)
    run = press_train(page)
    pace(page, t("workbench.pace_full"))
    document = wait_state(server, page, run, "completed")["document"]
    types = [layer["type"] for layer in document["networks"]["model"]["layers"]]
    assert types == ["Linear", "Tanh", "Linear", "GELU", "Linear"]
    assert document["networks"]["model"]["layers"][0]["out_features"] == 12


def test_a_layer_that_does_not_fit_says_so_where_it_stands(page: Page) -> None:
    open_workbench(page)
    page.get_by_role("button", name="Conv2d", exact=True).click()
    wrong = page.get_by_role("group", name=like("editor.layer_node")).filter(
        has_text=re.compile("image", re.I)
    )
    expect(wrong).to_be_visible(timeout=SLOW)
    expect(button(page, "workbench.train")).to_be_disabled()


def test_an_example_is_shared_by_link(page: Page) -> None:
    open_workbench(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Tanh", exact=True).click()
    nodes = page.get_by_role("group", name=like("editor.layer_node"))
    expect(nodes).to_have_count(6)
    button(page, "editor.share").click()
    expect(page.get_by_text(t("editor.shared"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(t("editor.shared"))).to_be_visible()  # only then is it on the clipboard
    link = page.evaluate("() => navigator.clipboard.readText()")
    other = page.context.new_page()
    other.goto(link)
    expect(other.get_by_role("group", name=like("editor.layer_node"))).to_have_count(6, timeout=SLOW)


def test_the_learning_rate_changes_while_it_learns(page: Page, server: Server) -> None:
    open_workbench(page)
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[1-9]/.test(document.body.innerText)", timeout=SLOW)
    rate = page.get_by_role("textbox", name=t("workbench.learning_rate"))
    rate.fill("0.002")
    rate.press("Enter")
    pace(page, t("workbench.pace_full"))
    wait_state(server, page, run, "completed")
    rates = server.client.get(f"/api/runs/{run}/metrics").json()["series"]["epoch"]["columns"][
        "learning_rate"
    ]
    assert rates[0] == 0.01 and rates[-1] == 0.002
    events = server.client.get(f"/api/runs/{run}/events?after=0").json()
    changes = [event for event in events["items"] if event["kind"] == "control" and event["action"] == "set"]
    assert changes and changes[0]["set"] == {"learner.optimizer.lr": 0.002}, json.dumps(changes)

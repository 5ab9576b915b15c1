"""Zoo, runs, data and use: each place does what a person came for."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.conftest import Server
from tests.e2e.steps import SLOW, button, open_workbench, pace, press_train, wait_state
from tests.e2e.words import like, t


def test_the_zoo_opens_as_a_copy_and_the_run_is_listed(page: Page, server: Server) -> None:
    open_workbench(page, "iris")
    pace(page, t("workbench.pace_full"))
    run = press_train(page)
    wait_state(server, page, run, "completed")
    page.goto("/runs")
    row = page.get_by_role("row", name=re.compile("Iris")).first
    expect(row).to_contain_text(t("state.completed"), timeout=SLOW)
    row.get_by_role("link").first.click()
    page.wait_for_url(f"**/runs/{run}*")
    expect(button(page, "workbench.again")).to_be_visible(timeout=SLOW)


def test_a_drawn_digit_is_read(page: Page, server: Server) -> None:
    open_workbench(page, "digits-mlp")
    pace(page, t("workbench.pace_full"))
    run = press_train(page)
    finished = wait_state(server, page, run, "completed", seconds=120)
    assert finished["metrics"]["val_accuracy"] >= 0.95
    page.get_by_role("tab", name=t("workbench.tab_use")).click()
    pad = page.get_by_role("img", name=t("use.pad"))
    box = pad.bounding_box()
    assert box is not None
    middle, top, height = box["x"] + box["width"] / 2, box["y"], box["height"]
    page.mouse.move(middle, top + 0.12 * height)
    page.mouse.down()
    page.mouse.move(middle, top + 0.88 * height, steps=20)
    page.mouse.up()
    answer = page.get_by_role("region", name=t("use.answer"))
    expect(answer).to_contain_text("1", timeout=SLOW)
    expect(answer.locator(".oqu-answer-said")).to_have_text("1", timeout=SLOW)
    expect(answer.get_by_role("listitem")).to_have_count(10)


def test_a_csv_is_looked_at_imported_and_trained_on(page: Page, server: Server, tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    rows = [
        f"{i % 7 + 1},{i % 3 * 10 + i % 5},{'red' if i % 2 else 'blue'},{('a', 'b', 'c')[i % 3]}"
        for i in range(90)
    ]
    table.write_text("length,width,colour,kind\n" + "\n".join(rows) + "\n")
    page.goto("/data")
    page.locator("input[type=file]").set_input_files(table)
    look = button(page, "data.look")
    if look.is_visible():
        look.click()
    expect(page.get_by_text(t("data.columns")).first).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("cell", name="colour").first).to_be_visible()
    button(page, "data.import").click()
    expect(page.get_by_text(re.compile("flowers is here"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name=like("data.train")).first.click()
    page.wait_for_url("**/")
    expect(button(page, "workbench.train")).to_be_enabled(timeout=SLOW)
    pace(page, t("workbench.pace_full"))
    run = press_train(page)
    finished = wait_state(server, page, run, "completed", seconds=120)
    assert finished["metrics"]["val_accuracy"] > 0.9
    page.get_by_role("tab", name=t("workbench.tab_use")).click()
    answer = page.get_by_role("region", name=t("use.answer"))  # the categories go by their names
    expect(answer.locator(".oqu-answer-said")).to_have_text(re.compile("^[abc]$"), timeout=SLOW)


def test_a_ragged_table_is_refused_with_its_row(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "ragged.csv"
    table.write_text("a,b,kind\n1,2,x\n3,4\n5,6,y\n")
    page.goto("/data")
    page.locator("input[type=file]").set_input_files(table)
    look = button(page, "data.look")
    if look.is_visible():
        look.click()
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"row 3|Row 3|line 3"))).to_be_visible(
        timeout=SLOW
    )

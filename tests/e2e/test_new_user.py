"""What somebody new does wrong, or does not find: the page says it, and says what to do next."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.conftest import Server
from tests.e2e.steps import SLOW, button, open_workbench, pace, press_train, run_of, wait_state
from tests.e2e.words import like, t


def test_a_rate_far_too_large_is_named_on_the_curve(page: Page, server: Server) -> None:
    open_workbench(page)
    run = press_train(page)
    page.wait_for_function("() => /Epoch\\s*[1-9]/.test(document.body.innerText)", timeout=SLOW)
    rate = page.get_by_role("textbox", name=t("workbench.learning_rate"))
    rate.fill("1e9")
    expect(page.get_by_role("tooltip", name=re.compile("Too large"))).to_be_visible()
    assert run_of(server, run)["document"]["learner"]["optimizer"]["lr"] == 0.01
    rate.fill("100")
    rate.press("Enter")
    pace(page, t("workbench.pace_full"))
    wait_state(server, page, run, "completed", "failed")
    expect(page.get_by_role("status").filter(has_text=re.compile("smaller learning rate"))).to_be_visible(
        timeout=SLOW
    )
    curves = page.get_by_role("region", name=t("workbench.curves"))
    expect(curves.get_by_role("button", name=re.compile("The loss"))).to_be_visible(timeout=SLOW)


def test_squashed_gradients_are_named_and_let_through_with_one_click(page: Page, server: Server) -> None:
    open_workbench(page, "vanishing-gradients")
    pace(page, t("workbench.pace_full"))
    stuck = wait_state(server, page, press_train(page), "completed")
    button(page, "workbench.unsquash").click(timeout=SLOW)
    expect(button(page, "workbench.train")).to_be_enabled(timeout=SLOW)
    freed = wait_state(server, page, press_train(page), "completed")
    assert stuck["metrics"]["val_accuracy"] < 0.7 < 0.9 < freed["metrics"]["val_accuracy"]


def test_training_uncovers_what_learns(page: Page) -> None:
    open_workbench(page)
    page.get_by_role("group", name=t("editor.output_node")).click()
    inspector = page.get_by_role("complementary", name=t("editor.inspector"))
    expect(inspector).to_be_visible(timeout=SLOW)
    press_train(page)
    expect(inspector).to_be_hidden(timeout=SLOW)
    button(page, "workbench.stop").click()


def test_the_points_of_the_map_can_be_read_as_a_table(page: Page) -> None:
    open_workbench(page)
    page.get_by_role("button", name=t("watch.as_table")).click()
    rows = page.get_by_role("region", name=t("watch.points")).get_by_role("row")
    expect(rows.first).to_contain_text(t("watch.true_class"))
    assert rows.count() > 50
    page.get_by_role("button", name=t("watch.as_map")).click()
    expect(page.get_by_role("region", name=t("watch.points"))).to_be_hidden()


def test_an_experiment_without_its_data_leads_to_where_they_are_brought(page: Page, tmp_path: Path) -> None:
    page.goto("/zoo")
    page.get_by_role("article", name="Hand signs", exact=True).get_by_role("button").click()
    page.wait_for_url("**/")
    page.get_by_role("link", name=t("workbench.bring")).click(timeout=SLOW)
    page.wait_for_url("**/data?name=sign-language")
    table = tmp_path / "anything.csv"
    table.write_text("a,kind\n1,x\n2,y\n")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_role("textbox", name=t("data.name"))).to_have_value("sign-language")


def test_what_was_refused_leaves_nothing_behind(page: Page, server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "portrait.png"
    picture.write_bytes(b"hello, I am no picture")
    page.goto("/data")
    page.locator("input[type=file]").set_input_files(picture)
    button(page, "data.look").click()
    expect(page.get_by_role("alert").filter(has_text="holds none")).to_be_visible(timeout=SLOW)
    names = [item["name"] for item in server.client.get("/api/datasets").json()["items"]]
    assert any("portrait" in name for name in names)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("navigation").get_by_role("link", name="Zoo").click()
    names = [item["name"] for item in server.client.get("/api/datasets").json()["items"]]
    assert not any("portrait" in name for name in names)


def test_text_that_is_no_json_says_which_line(page: Page) -> None:
    open_workbench(page)
    button(page, "editor.show_text").click()
    text = page.get_by_role("textbox", name=t("editor.text"))
    whole = text.input_value()
    text.fill(whole.replace('"seed": 7,', '"seed": 7,,'))
    expect(page.get_by_text(t("editor.not_json_line").replace("{{line}}", "4"))).to_be_visible(timeout=SLOW)
    text.fill(whole.replace('"Linear"', '"Linaer"', 1))
    expect(page.get_by_role("status").filter(has_text="Did you mean 'Linear'?").first).to_be_visible(
        timeout=SLOW
    )


def test_an_empty_network_begins_with_one_click_and_trains(page: Page) -> None:
    open_workbench(page)
    nodes = page.get_by_role("group", name=like("editor.layer_node"))
    for left in range(nodes.count() - 1, -1, -1):
        nodes.first.click()
        page.keyboard.press("Delete")
        expect(nodes).to_have_count(left)
    expect(page.get_by_text(t("workbench.no_layers"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name=t("workbench.mend", kind="Linear"), exact=True).click()
    expect(button(page, "workbench.train")).to_be_enabled(timeout=SLOW)
    press_train(page)
    button(page, "workbench.stop").click()

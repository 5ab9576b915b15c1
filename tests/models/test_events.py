"""Events: one union that survives JSON, and rows that become blocks without loss."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from models.events import ADAPTER, Ended, Finding, Progress, StateChanged, merge
from tests.models.learning import experiment, said, snapshots

numbers = st.one_of(st.floats(), st.integers(-1000, 1000))
rows = st.lists(st.tuples(st.sampled_from(["epoch", "step"]), numbers, st.booleans()), max_size=20)


def test_everything_a_run_says_survives_json() -> None:
    run = said(experiment({"epochs": 2}))
    events = [each for each in run if each not in snapshots(run)]
    assert all(ADAPTER.validate_json(event.model_dump_json()) == event for event in events)
    for event in (
        StateChanged(state="paused"),
        Ended(state="failed", reason="diverged"),
        Finding(code="x", step=1, epoch=0),
    ):
        assert ADAPTER.validate_python(event.model_dump()) == event


def test_what_is_no_number_is_null_and_listed() -> None:
    row = Progress.row("epoch", {"a": math.nan, "b": -math.inf, "c": 1.5, "d": 2})
    assert row.columns == {"a": [None], "b": [None], "c": [1.5], "d": [2]}
    assert row.nonfinite == {"a": [(0, "nan")], "b": [(0, "-inf")]}
    json.loads(row.model_dump_json())


@given(rows)
def test_merged_blocks_hold_every_row_in_order(given_rows: list[tuple[str, float, bool]]) -> None:
    made = [
        Progress.row("epoch" if series == "epoch" else "step", {"x": value, **({"y": 1} if more else {})})
        for series, value, more in given_rows
    ]
    blocks = merge(made)
    assert [value for block in blocks for value in block.columns["x"]] == [
        row.columns["x"][0] for row in made
    ]
    marks = sum(len(marks) for block in blocks for marks in block.nonfinite.values())
    assert marks == sum(not math.isfinite(value) for _, value, _ in given_rows)
    for block in blocks:
        assert len({len(values) for values in block.columns.values()}) == 1
        assert all(
            block.columns[name][i] is None for name, found in block.nonfinite.items() for i, _ in found
        )

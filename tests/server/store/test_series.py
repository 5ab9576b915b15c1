"""Progress as columns: joined, voided, thinned."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.events import Progress, merge
from server.store.series import History, Latest, Series


def series(epochs: int) -> Series:
    made = Series()
    made.add({"epoch": list(range(epochs)), "step": [10 * i for i in range(epochs)]}, {})
    return made


@given(st.lists(st.integers(1, 5), max_size=20))
def test_blocks_of_any_size_join_to_the_same_columns(sizes):
    total, blocks = 0, []
    for size in sizes:
        rows = [Progress.row("epoch", {"epoch": total + i, "loss": float("nan")}) for i in range(size)]
        blocks += merge(rows)
        total += size
    history = History()
    for block in blocks:
        history.read(block.model_dump())
    joined = history.series.get("epoch", Series())
    assert joined.columns.get("epoch", []) == list(range(total))
    assert joined.nonfinite.get("loss", []) == [(i, "nan") for i in range(total)]


def test_a_column_that_begins_late_is_none_before_and_when_it_pauses():
    made = series(2)
    made.add({"epoch": [2], "val_loss": [0.5]}, {})
    made.add({"epoch": [3]}, {})
    assert made.columns == {
        "epoch": [0, 1, 2, 3],
        "step": [0, 10, None, None],
        "val_loss": [None, None, 0.5, None],
    }


def test_a_last_value_that_was_not_finite_is_none_not_the_one_before():
    latest = Latest(["loss"], 9, 9)
    columns = {"epoch": [1, 2], "loss": [1.0, None]}
    latest.read({"kind": "progress", "columns": columns, "nonfinite": {"loss": [[1, "nan"]]}})
    assert (latest.found, latest.missing) == ({"loss": None}, set())


def row(step: int, value: int) -> dict[str, Any]:
    columns = {"epoch": [step // 3], "step": [step], "loss": [value]} | ({} if step % 2 else {"val": [value]})
    return {"kind": "progress", "series": "epoch", "columns": columns, "nonfinite": {}}


@given(st.lists(st.lists(st.integers(0, 12), max_size=6), min_size=1, max_size=4), st.integers(0, 20))
def test_the_last_measurements_read_backwards_are_those_read_forwards(attempts, back):
    """Each attempt goes on from a step before where the last one was, and does some more."""
    said, step, value = [], 0, 0
    for jumps in [*attempts, []]:
        for jump in jumps:
            step, value = step + jump, value + 1
            said.append(row(step, value))
        step = max(0, step - back)
        said.append({"kind": "resumed", "from_step": step, "from_epoch": step // 3})
    history = History()
    for event in said:
        history.read(event)
    columns = history.series["epoch"].columns if history.series else {}
    found = {name: [v for v in values if v is not None][-1:] for name, values in columns.items()}
    expected = {name: values[0] for name, values in found.items() if values}
    latest = Latest(["epoch", "step", "loss", "val"], step, step // 3)
    for event in reversed(said):
        latest.read(event)
    assert latest.found == expected


def test_voiding_keeps_the_step_gone_back_to():
    made = series(5)
    made.void(step=20, epoch=0)
    assert made.columns["epoch"] == [0, 1, 2]
    only_epochs = Series()
    only_epochs.add({"epoch": [1, 2, 3], "loss": [1, None, 3]}, {"loss": [(1, "nan")]})
    only_epochs.void(step=0, epoch=2)
    assert only_epochs.columns["epoch"] == [1, 2] and only_epochs.nonfinite == {"loss": [(1, "nan")]}


@given(st.integers(0, 300), st.integers(1, 50))
def test_thinning_keeps_the_bound_the_order_and_the_ends(size, points):
    thin = series(size).thinned(points).columns.get("epoch", [])
    assert len(thin) == min(size, points)
    assert thin == sorted(set(thin))
    if size:
        assert thin[-1] == size - 1 and (points == 1 or thin[0] == 0)


def test_thinning_leaves_the_whole_as_it_was():
    whole = series(10)
    whole.thinned(3)
    assert whole.rows == 10 and len(whole.columns["epoch"]) == 10

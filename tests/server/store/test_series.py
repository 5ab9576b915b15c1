"""Progress as columns: joined, voided, thinned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.events import Progress, merge
from server.store.series import History, Series


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
    assert made.last() == {"epoch": 3, "step": 10, "val_loss": 0.5}


def test_a_last_value_that_was_not_finite_is_none_not_the_one_before():
    made = Series()
    made.add({"loss": [1.0, None]}, {"loss": [[1, "nan"]]})
    assert made.last() == {"loss": None}


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

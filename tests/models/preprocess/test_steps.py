"""Every preprocessing kind, through its registry, on a table with everything in it and on images."""

import json

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from models.data.base import DataInfo, Feature
from models.kinds import kinds
from models.prepare import facts, fit, restore_parts
from models.preprocess import AnyPreprocess, Preprocess

STEPS = kinds(Preprocess)
ADAPTER = TypeAdapter(AnyPreprocess)

TABLE = DataInfo(
    task="regression",
    form="table",
    shape=(4,),
    targets=("y",),
    features=(
        Feature(name="age", missing=2),
        Feature(name="colour", kind="category", categories=("red", "green", "blue"), missing=1),
        Feature(name="same"),
        Feature(name="height"),
    ),
)
ROWS = np.array(
    [
        [1, 0, 5, 100],
        [3, 2, 5, 150],
        [np.nan, 2, 5, 200],
        [8, np.nan, 5, 170],
        [np.nan, 1, 5, 180],
    ],
    dtype=np.float32,
)
IMAGES = DataInfo(task="classification", form="image", shape=(3, 4, 5), dtype="uint8", classes=("a", "b"))
PIXELS = np.random.default_rng(0).integers(0, 256, (7, 3, 4, 5), np.uint8)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_in_the_catalogue_and_survives_the_way_through_json(name):
    entry = STEPS[name].entry()
    assert entry["help"] and entry["title"] and entry["category"]
    json.dumps(entry)
    step = ADAPTER.validate_python({"type": name})
    assert ADAPTER.validate_json(step.model_dump_json()) == step
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({"type": name, "colour": 1})


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(("rows", "info"), [(ROWS, TABLE), (PIXELS, IMAGES)], ids=["table", "images"])
def test_a_step_makes_what_its_facts_say_and_leaves_its_rows_alone(name, rows, info):
    step = ADAPTER.validate_python({"type": name})
    before = rows.copy()
    state, after, out = fit([step], rows, info)
    np.testing.assert_array_equal(rows, before)
    assert out.shape == (len(rows), *after.shape) and out.dtype == np.float32
    assert after == facts([step], info)
    if after.features:
        assert len(after.features) == after.shape[0]
    for array in state[0].values():
        assert isinstance(array, np.ndarray) and array.dtype.kind in "fiu"


@pytest.mark.parametrize("name", STEPS)
def test_a_restored_step_does_with_new_rows_what_the_fitted_one_did(name):
    steps = [ADAPTER.validate_python({"type": "impute"}), ADAPTER.validate_python({"type": name})]
    state, _, out = fit(steps, ROWS, TABLE)
    again = restore_parts(steps, TABLE, state).transform(ROWS[2:4])
    np.testing.assert_array_equal(again, out[2:4])


def made(*documents, rows=ROWS, info=TABLE):
    steps = [ADAPTER.validate_python(document) for document in documents]
    return fit(steps, rows, info)


def test_standardise_leaves_holes_and_categories_and_is_not_upset_by_a_constant_column():
    _, _, out = made({"type": "standardise"})
    np.testing.assert_allclose(out[:, 3].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(out[:, 3].std(), 1, atol=1e-6)
    np.testing.assert_allclose(out[:, 0], (ROWS[:, 0] - 4) / np.std([1, 3, 8]), rtol=1e-6)
    np.testing.assert_array_equal(out[:, 1], ROWS[:, 1])
    np.testing.assert_array_equal(out[:, 2], 0)


def test_standardise_of_images_is_per_channel_of_pixels_between_0_and_1():
    (state,), _, out = made({"type": "standardise"}, rows=PIXELS, info=IMAGES)
    np.testing.assert_allclose(state["mean"], PIXELS.mean((0, 2, 3)) / 255, rtol=1e-5)
    np.testing.assert_allclose(out.std((0, 2, 3)), 1, rtol=1e-5)


def test_statistics_taken_in_blocks_are_those_of_the_whole():
    rows = np.random.default_rng(1).normal(1e4, 3, (10_000, 2)).astype(np.float32)
    info = DataInfo(task="regression", form="vector", shape=(2,), targets=("y",))
    (state,), _, _ = made({"type": "standardise"}, rows=rows, info=info)
    np.testing.assert_allclose(state["mean"], rows.mean(0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(state["std"], rows.std(0, dtype=float), rtol=1e-6)
    (state,), _, out = made({"type": "scale"}, rows=rows, info=info)
    np.testing.assert_allclose((out.min(0), out.max(0)), ([0, 0], [1, 1]), atol=1e-3)


def test_scale_reaches_from_end_to_end_or_multiplies():
    _, _, out = made({"type": "scale", "low": -1, "high": 1})
    np.testing.assert_allclose(out[:, 3], (ROWS[:, 3] - 100) / 50 - 1, atol=1e-6)
    np.testing.assert_array_equal(out[:, 2], -1)
    _, _, out = made({"type": "scale", "factor": 0.01})
    np.testing.assert_allclose(out[:, 3], ROWS[:, 3] / 100)
    with pytest.raises(ValidationError, match="below the upper end"):
        ADAPTER.validate_python({"type": "scale", "low": 1, "high": 1})


def test_centre_takes_the_mean_image_where_asked():
    _, _, out = made({"type": "centre", "per_pixel": True}, rows=PIXELS, info=IMAGES)
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-6)


def test_one_hot_puts_a_column_for_each_category_in_the_place_of_the_old_one():
    _, info, out = made({"type": "one_hot"})
    names = [feature.name for feature in info.features]
    assert names == ["age", "colour = red", "colour = green", "colour = blue", "same", "height"]
    np.testing.assert_array_equal(out[:, 1:4], [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    ("strategy", "fills"), [("mean", 4), ("median", 3), ("most_frequent", 1), ("constant", -7)]
)
def test_impute_fills_numbers_as_chosen_and_categories_with_the_most_frequent(strategy, fills):
    _, info, out = made({"type": "impute", "strategy": strategy, "value": -7})
    np.testing.assert_array_equal(out[[2, 4], 0], fills)
    assert out[3, 1] == 2
    assert [feature.missing for feature in info.features] == [0, 0, 0, 0]


def test_impute_can_mark_what_was_missing():
    _, info, out = made({"type": "impute", "indicator": True})
    assert [feature.name for feature in info.features[4:]] == ["age missing", "colour missing"]
    np.testing.assert_array_equal(out[:, 4:], [[0, 0], [0, 0], [1, 0], [0, 1], [1, 0]])

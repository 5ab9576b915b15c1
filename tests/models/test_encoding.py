"""Rows for a prediction: every way to write one, and what a wrong one is answered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.base import DataInfo, Feature
from models.encoding import encode
from models.errors import DataError

TABLE = DataInfo(
    task="classification",
    form="table",
    shape=(3,),
    classes=("a", "b"),
    features=(
        Feature(name="age"),
        Feature(name="colour", kind="category", categories=("red", "blue")),
        Feature(name="floor", kind="category", categories=("1", "2", "10")),
    ),
)
IMAGE = DataInfo(task="classification", form="image", shape=(1, 2, 3), dtype="uint8", classes=("a", "b"))


def test_a_row_is_a_list_or_an_object_and_numbers_may_be_text():
    rows = [[3, "red", 10], {"colour": "blue", "age": "4.5", "floor": 1.0}, [None, None, ""]]
    nan = np.nan
    np.testing.assert_array_equal(encode(rows, TABLE), [[3, 0, 2], [4.5, 1, 0], [nan, nan, nan]])


def test_pixels_may_be_flat_nested_or_without_their_channel():
    flat = [0, 1, 2, 254.6, 300, -4]
    for row in (flat, [flat[:3], flat[3:]], [[flat[:3], flat[3:]]]):
        out = encode([row], IMAGE)
        assert out.dtype == np.uint8 and out.shape == (1, 1, 2, 3)
        np.testing.assert_array_equal(out.ravel(), [0, 1, 2, 255, 255, 0])


def test_an_array_of_numpys_is_taken_as_well():
    np.testing.assert_array_equal(encode(np.zeros((2, 6)), IMAGE), np.zeros((2, 1, 2, 3)))


@pytest.mark.parametrize(
    ("rows", "words", "row", "column"),
    [
        ([[1, "red", 1], ["tall", "red", 1]], "Row 1, column 'age': 'tall' is no number", 1, "age"),
        ([[1, "green", 1]], "'green' is not one of its categories. It can be red, blue", 0, "colour"),
        ([[1, "red"]], "Row 0 has 2 values; 3 are expected. In this order: age, colour, floor", 0, None),
        ([{"age": 1, "weight": 3}], "a column 'weight', which the data has not", 0, "weight"),
        ([[float("inf"), "red", 1]], "inf is no number", 0, "age"),
        ([[1e39, "red", 1]], "is no number", 0, "age"),
        ([[[1], "red", 1]], r"\[1\] is no number", 0, "age"),
        ([5], "Row 0 is 5, not a list", 0, None),
        ([], "no row", None, None),
        ("abc", "not a list of rows", None, None),
        ({"age": 1}, "not a list of rows", None, None),
    ],
)
def test_a_wrong_row_of_a_table_is_named_with_row_and_column(rows, words, row, column):
    with pytest.raises(DataError, match=words) as caught:
        encode(rows, TABLE)
    assert (caught.value.problem.where.row, caught.value.problem.where.column) == (row, column)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1, 2, 3], "has the shape 3; 1 x 2 x 3 is expected"),
        ([[1, 2, 3], [4, 5]], "differ in length"),
        ([[1, 2], [3, 4], [5, 6]], "has the shape 3 x 2"),
        ([1, 2, 3, 4, 5, "x"], "no array of numbers"),
        ([1, 2, 3, 4, 5, None], "no number|no array"),
        ("picture", "not a list"),
    ],
)
def test_a_wrong_image_is_refused_with_the_shape_expected(row, words):
    with pytest.raises(DataError, match=words):
        encode([row], IMAGE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(rows=JSON)
def test_whatever_is_sent_gives_rows_or_a_data_error(rows):
    for info in (TABLE, IMAGE):
        try:
            out = encode(rows, info)
        except DataError:
            continue
        assert out.shape[1:] == info.shape

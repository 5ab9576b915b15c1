"""Splitting, fitting on training rows only, and what poison data are answered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.data import AnyData, DataInfo, Dataset, NoDoor
from models.data.base import Feature
from models.data.digits import Digits
from models.data.iris import Iris
from models.data.points import Points
from models.data.sine import Sine
from models.data.spiral import Spiral
from models.errors import DataError
from models.experiment import parse
from models.prepare import prepare, prepare_parts, restore, restore_parts, shares
from models.preprocess.impute import Impute
from models.preprocess.one_hot import OneHot
from models.preprocess.standardise import Standardise

NAN = float("nan")


class ADoor:
    """A door with one set behind it."""

    def __init__(self, data: Dataset) -> None:
        self.data = data

    def imported(self, name, sha256):
        return self.data

    def downloaded(self, url, sha256, name):
        raise AssertionError


def prepared(inputs, targets, *steps, classes=("a", "b"), features=None, **settings):
    inputs = np.array(inputs, dtype=np.float32).reshape(-1, len(features) if features else 2)
    features = features or [Feature(name="width"), Feature(name="height")]
    if classes:
        targets = np.array(targets, dtype=np.int64)
        task = "classification"
    else:
        targets = np.array(targets, dtype=np.float32).reshape(-1, 1)
        task = "regression"
    info = DataInfo(
        task=task,
        form="table",
        shape=(len(features),),
        classes=classes,
        targets=() if classes else ("price",),
        features=tuple(features),
        rows=len(inputs),
    )
    source = TypeAdapter(AnyData).validate_python({"type": "dataset", "name": "mine", **settings})
    return prepare_parts(source, steps, 1, ADoor(Dataset(info, inputs, targets)))


def test_a_spiral_is_split_in_half_and_standardised_on_its_training_rows():
    result = prepare_parts(Spiral(), [Standardise()], 7, NoDoor())
    assert {name: len(part) for name, part in result.parts.items()} == {
        "train": 250,
        "validation": 250,
        "test": 0,
    }
    train = result.parts["train"].inputs
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-6)
    assert np.bincount(result.parts["validation"].targets).tolist() == [125, 125]


def test_each_row_is_in_one_part_and_parts_are_what_the_source_holds():
    result = prepare_parts(Iris(validation_fraction=0.3, test_fraction=0.2), [], 3, NoDoor())
    rows = np.concatenate([part.rows for part in result.parts.values()])
    np.testing.assert_array_equal(np.sort(rows), np.arange(150))
    for part in result.parts.values():
        np.testing.assert_array_equal(part.inputs, result.source.inputs[part.rows])
        np.testing.assert_array_equal(part.targets, result.source.targets[part.rows])
    assert [np.bincount(part.targets).tolist() for part in result.parts.values()] == [
        [25] * 3,
        [15] * 3,
        [10] * 3,
    ]


def test_the_split_follows_the_experiments_seed_and_the_data_their_own():
    one, same, other = (prepare_parts(Spiral(seed=5), [], seed, NoDoor()) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.parts["train"].rows, same.parts["train"].rows)
    assert not np.array_equal(one.parts["train"].rows, other.parts["train"].rows)
    np.testing.assert_array_equal(one.source.inputs, other.source.inputs)


def test_without_fractions_everything_is_for_training():
    result = prepare_parts(Sine(validation_fraction=0, samples=20), [], 0, NoDoor())
    assert [len(part) for part in result.parts.values()] == [20, 0, 0]
    assert result.parts["test"].inputs.shape == (0, 1) and result.parts["test"].targets.shape == (0, 1)


@given(rows=st.integers(1, 200), validation=st.floats(0, 0.99), test=st.floats(0, 0.99))
@settings(max_examples=200, deadline=None)
def test_shares_always_leave_something_to_learn_from_and_give_each_part_one_where_they_can(
    rows, validation, test
):
    if validation + test >= 1:
        return
    for_validation, for_test = shares(rows, validation, test)
    assert for_validation >= 0 and for_test >= 0 and for_validation + for_test <= rows - 1
    if rows >= 3:
        assert (for_validation > 0) == (validation > 0) and (for_test > 0) == (test > 0)
    assert for_validation <= max(1, round(rows * validation)) and for_test <= max(1, round(rows * test))


def test_images_stay_bytes_without_a_step_and_become_0_to_1_for_one():
    plain = prepare_parts(Digits(), [], 0, NoDoor())
    assert plain.parts["train"].inputs.dtype == np.uint8 and plain.info.dtype == "uint8"
    stepped = prepare_parts(Digits(), [Standardise()], 0, NoDoor())
    assert stepped.parts["train"].inputs.dtype == np.float32 and stepped.info.dtype == "float32"
    assert stepped.raw_info.dtype == "uint8"


def test_what_is_fitted_does_not_depend_on_other_rows():
    features = [Feature(name="x")]
    inputs, targets = np.arange(40), [0, 1] * 20
    first = prepared(inputs, targets, Standardise(), features=features)
    changed = inputs.astype(float)
    changed[first.parts["validation"].rows] = 1e6
    second = prepared(changed, targets, Standardise(), features=features)
    np.testing.assert_array_equal(first.state[0]["mean"], second.state[0]["mean"])


def test_a_restored_transform_needs_the_state_alone():
    steps = [Impute(), OneHot(), Standardise()]
    features = [
        Feature(name="size", missing=1),
        Feature(name="colour", kind="category", categories=("red", "blue")),
    ]
    rows = [[1, 0], [NAN, 1], [3, 1], [5, 0], [4, 0], [6, 1]]
    result = prepared(rows, [0, 1] * 3, *steps, features=features)
    again = restore_parts(steps, result.raw_info, result.state)
    assert again.info.features == result.info.features and again.info.shape == (3,)
    raw = again.encode([{"size": 2, "colour": "blue"}, ["", "red"]])
    np.testing.assert_array_equal(raw, [[2, 1], [NAN, 0]])
    np.testing.assert_array_equal(again.transform(raw), result.transform(raw))


def test_an_experiment_is_prepared_and_restored_from_its_document():
    experiment = parse(
        {
            "data": {"type": "wine"},
            "preprocess": [{"type": "standardise"}],
            "networks": {"model": {"layers": [{"type": "Linear"}]}},
            "learner": {"type": "supervised"},
        }
    )
    result = prepare(experiment, NoDoor())
    assert [len(part) for part in result.parts.values()] == [142, 36, 0]
    raw = result.source.inputs[result.parts["validation"].rows]
    again = restore(experiment, result.raw_info, result.state)
    np.testing.assert_array_equal(again.transform(raw), result.parts["validation"].inputs)
    assert again.info.shape == result.info.shape


# Poison


def refusal(*args, **more) -> DataError:
    with pytest.raises(DataError) as caught:
        prepared(*args, **more)
    assert caught.value.problem.hint
    return caught.value


def test_no_rows_one_row_and_one_class_are_refused_with_what_to_do():
    assert refusal([], []).problem.key == "error.data.empty"
    assert refusal([[1, 2]], [0]).problem.key == "error.data.one_row"
    error = refusal([[1, 2], [3, 4], [5, 6]], [1, 1, 1])
    assert error.problem.key == "error.data.one_class" and error.problem.params["name"] == "b"
    with pytest.raises(DataError, match="class '2'"):
        prepare_parts(Points(points=[(0, 0, 2), (1, 1, 2)]), [], 0, NoDoor())


def test_a_missing_value_names_its_column_and_the_remedy():
    rows = [[1, 2], [3, NAN], [5, 6], [7, 8]]
    error = refusal(rows, [0, 1, 0, 1])
    assert "Column 'height'" in str(error) and "impute" in error.problem.hint
    assert error.problem.where.column == "height"
    assert np.isfinite(prepared(rows, [0, 1, 0, 1], Impute()).parts["train"].inputs).all()


def test_an_infinite_value_is_not_mistaken_for_a_missing_one():
    error = refusal([[1, 2], [3, np.inf], [5, 6], [7, 8]], [0, 1, 0, 1])
    assert "infinite" in str(error)


def test_a_target_without_a_value_names_its_row():
    error = refusal([[1, 2], [3, 4]], [1.0, NAN], classes=())
    assert error.problem.where.row == 1 and error.problem.where.column == "price"


def test_a_constant_column_is_named_and_divides_nothing_by_zero():
    result = prepared([[1, 5], [2, 5], [3, 5], [4, 5]], [0, 1, 0, 1], Standardise())
    np.testing.assert_array_equal(result.parts["train"].inputs[:, 1], 0)
    assert any("'height' has the same value" in said for said in result.info.problems)


def test_a_category_taken_as_a_number_is_remarked_upon():
    features = [Feature(name="size"), Feature(name="colour", kind="category", categories=("red", "blue"))]
    result = prepared([[1, 0], [2, 1], [3, 0], [4, 1]], [0, 1, 0, 1], features=features)
    assert any("'colour' holds categories" in said for said in result.info.problems)


def test_a_step_that_does_not_fit_is_named_by_its_place():
    error = refusal([[1, 2], [3, 4], [5, 6]], [0, 1, 0], Standardise(), OneHot(columns=["width"]))
    assert error.problem.where.path == ("preprocess", 1) and error.problem.where.column == "width"
    error = refusal([[1, 2], [3, 4], [5, 6]], [0, 1, 0], Impute(columns=["depth"]))
    assert error.problem.where.path == ("preprocess", 0) and "width, height" in error.problem.hint


def test_a_column_that_is_empty_in_every_training_row_cannot_be_filled_with_its_mean():
    rows = [[1, NAN], [3, NAN], [5, NAN]]
    assert refusal(rows, [0, 1, 0], Impute()).problem.where.column == "height"
    result = prepared(rows, [0, 1, 0], Impute(strategy="constant", value=2))
    assert (result.parts["train"].inputs[:, 1] == 2).all()


def test_a_class_of_one_row_is_learnt_from():
    result = prepared(np.arange(22), [0] * 10 + [1], validation_fraction=0.5)
    assert 1 in result.parts["train"].targets

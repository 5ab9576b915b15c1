import numpy as np

from models.data.base import NoDoor
from models.data.spiral import Spiral
from models.prepare import prepare_parts
from models.preprocess.standardise import Standardise


def test_a_spiral_is_split_in_half_and_standardised_on_its_training_rows():
    prepared = prepare_parts(Spiral(), [Standardise()], 7, NoDoor())
    assert {name: len(part) for name, part in prepared.parts.items()} == {
        "train": 250,
        "validation": 250,
        "test": 0,
    }
    train = prepared.parts["train"].inputs
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-6)
    assert np.bincount(prepared.parts["validation"].targets).tolist() == [125, 125]

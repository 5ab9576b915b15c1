"""The bundled sets against scikit-learn's own loaders; and that they do without importing it."""

import subprocess
import sys

import numpy as np
import sklearn.datasets

from models.data import NoDoor
from models.data.breast_cancer import BreastCancer
from models.data.diabetes import Diabetes
from models.data.digits import Digits
from models.data.iris import Iris
from models.data.wine import Wine


def test_the_tables_are_scikit_learns():
    theirs = {
        Iris: sklearn.datasets.load_iris(),
        Wine: sklearn.datasets.load_wine(),
        BreastCancer: sklearn.datasets.load_breast_cancer(),
    }
    for source, bunch in theirs.items():
        data = source().load(0, NoDoor())
        np.testing.assert_array_equal(data.inputs, bunch.data.astype(np.float32))
        np.testing.assert_array_equal(data.targets, bunch.target)
        names = [name.replace("_", " ") for name in bunch.feature_names]
        assert [feature.name for feature in data.info.features] == names
    assert Iris().describe(NoDoor()).classes == ("setosa", "versicolor", "virginica")
    assert BreastCancer().describe(NoDoor()).classes == ("malignant", "benign")


def test_diabetes_is_scikit_learns_before_scaling():
    bunch = sklearn.datasets.load_diabetes(scaled=False)
    data = Diabetes().load(0, NoDoor())
    np.testing.assert_array_equal(data.inputs, bunch.data.astype(np.float32))
    np.testing.assert_array_equal(data.targets[:, 0], bunch.target.astype(np.float32))


def test_digits_keep_all_their_shades():
    data = Digits().load(0, NoDoor())
    bunch = sklearn.datasets.load_digits()
    np.testing.assert_array_equal(np.rint(data.inputs[:, 0] * (16 / 255)), bunch.images)
    np.testing.assert_array_equal(data.targets, bunch.target)
    assert data.inputs.max() == 255


def test_loading_them_imports_neither_scikit_learn_nor_torch():
    code = (
        "import sys; from models.data import NoDoor; from models.data.digits import Digits;"
        "Digits().load(0, NoDoor()); print([m for m in ('sklearn', 'torch', 'pyarrow') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"

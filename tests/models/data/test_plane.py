"""The point sets against the formulas they are taken from."""

import math

import numpy as np
import pytest
from sklearn.datasets import make_moons

from models.data import NoDoor
from models.data.blobs import Blobs
from models.data.checkerboard import Checkerboard
from models.data.circle import Circle
from models.data.gauss import Gauss
from models.data.moons import Moons
from models.data.points import Points
from models.data.regression_gauss import RegressionGauss
from models.data.regression_plane import RegressionPlane
from models.data.sine import Sine
from models.data.spiral import Spiral
from models.data.xor import Xor


def loaded(source):
    data = source.load(1, NoDoor())
    return data.inputs.astype(float), data.targets


def test_a_spiral_without_noise_is_the_playgrounds():
    points, labels = loaded(Spiral(samples=10, noise=0))
    expected = set()
    for label, turn in ((1, 0.0), (0, math.pi)):
        for i in range(5):
            r, t = i / 5 * 5, 1.75 * i / 5 * 2 * math.pi + turn
            expected.add((round(r * math.sin(t), 4) + 0.0, round(r * math.cos(t), 4) + 0.0, label))
    found = {(round(x, 4) + 0.0, round(y, 4) + 0.0, int(k)) for (x, y), k in zip(points, labels, strict=True)}
    assert found == expected


def test_a_circle_has_its_disc_its_ring_and_a_gap():
    points, labels = loaded(Circle(samples=1000, noise=0))
    radius = np.hypot(*points.T)
    assert radius[labels == 1].max() <= 2.5 and radius[labels == 0].min() >= 3.5 and radius.max() <= 5
    assert (labels == 1).sum() == 500


def test_exclusive_or_is_the_sign_of_the_product():
    points, labels = loaded(Xor(samples=1000, noise=0))
    np.testing.assert_array_equal(labels, points[:, 0] * points[:, 1] >= 0)
    assert np.abs(points).min() >= 0.3 and np.abs(points).max() <= 5.3


def test_noise_mislabels_points_of_circle_and_xor_but_leaves_them_where_they_are():
    for source in (Circle, Xor):
        clean, labels = loaded(source(samples=2000, noise=0))
        noisy, others = loaded(source(samples=2000, noise=0.5))
        np.testing.assert_array_equal(clean, noisy)
        assert 0.1 < (labels != others).mean() < 0.5


@pytest.mark.parametrize(("noise", "variance"), [(0, 0.5), (0.5, 4)])
def test_the_two_clouds_have_the_playgrounds_centres_and_variances(noise, variance):
    points, labels = loaded(Gauss(samples=20_000, noise=noise))
    for label, centre in ((1, 2), (0, -2)):
        cloud = points[labels == label]
        np.testing.assert_allclose(cloud.mean(0), centre, atol=0.1)
        np.testing.assert_allclose(cloud.var(0), variance, rtol=0.1)


def test_moons_are_scikit_learns_moved_and_stretched():
    points, labels = loaded(Moons(samples=101, noise=0))
    theirs, classes = make_moons(n_samples=(51, 50), noise=None)
    ours = points / 3.5 + [0.5, 0.25]
    for label in (0, 1):
        a, b = ours[labels == label], theirs[classes == label]
        np.testing.assert_allclose(a[np.lexsort(a.round(5).T)], b[np.lexsort(b.round(5).T)], atol=1e-5)


@pytest.mark.parametrize("classes", [2, 5, 8])
def test_blobs_without_much_noise_lie_apart(classes):
    points, labels = loaded(Blobs(samples=800, classes=classes, noise=0))
    centres = np.stack([points[labels == k].mean(0) for k in range(classes)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(1)
    assert (nearest == labels).mean() > 0.99
    assert np.bincount(labels).max() - np.bincount(labels).min() <= 1


def test_a_checkerboard_changes_at_each_field():
    points, labels = loaded(Checkerboard(samples=1000, noise=0, fields=4))
    expected = (np.floor((points[:, 0] + 6) / 3) + np.floor((points[:, 1] + 6) / 3)) % 2
    assert (labels == expected).mean() > 0.99  # float32 may carry a point over a border


def test_the_regression_sets_are_the_playgrounds_surfaces():
    points, values = loaded(RegressionPlane(samples=500, noise=0))
    np.testing.assert_allclose(values[:, 0], points.sum(1) / 10, atol=1e-6)
    points, values = loaded(RegressionGauss(samples=2000, noise=0))
    best = np.zeros(len(points))
    for x, y, sign in [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]:
        height = sign * np.clip(1 - np.hypot(points[:, 0] - x, points[:, 1] - y) / 2, 0, 1)
        best = np.where(np.abs(height) > np.abs(best), height, best)
    np.testing.assert_allclose(values[:, 0], best, atol=1e-5)


def test_a_sine_has_one_input_and_the_noise_it_was_given():
    x, y = loaded(Sine(samples=20_000, noise=0.2, frequency=2))
    assert x.shape == (20_000, 1)
    assert (y[:, 0] - np.sin(2 * x[:, 0])).std() == pytest.approx(0.2, rel=0.05)


def test_drawn_points_come_as_they_were_drawn():
    points, labels = loaded(Points(points=[(0.5, -1, 0), (2, 3, 2)]))
    np.testing.assert_allclose(points, [[0.5, -1], [2, 3]])
    np.testing.assert_array_equal(labels, [0, 2])
    assert Points(points=[(0, 0, 2)]).describe(NoDoor()).classes == ("0", "1", "2")

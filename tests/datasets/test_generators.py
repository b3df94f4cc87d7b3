"""The simulated data: their laws, checked by hand and by statistics with known errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.datasets import make_barcodes, make_series

# make_barcodes
# -------------


def _bases(X):
    """Sequences as integers 0 to 3."""
    return X.argmax(axis=2)


def test_barcodes_default_is_the_lecture_example():
    X, y = make_barcodes(random_state=0)
    assert X.shape == (1000, 500, 4)
    assert y.shape == (1000,)
    assert X.dtype == np.float32
    assert y.dtype == np.int64
    assert_array_equal(np.unique(y), [0, 1, 2])


def test_barcodes_are_one_hot():
    X, _ = make_barcodes(n_samples=50, length=80, variation=0.5, random_state=0)
    assert_array_equal(np.unique(X), [0, 1])
    assert_array_equal(X.sum(axis=2), np.ones((50, 80)))


def test_barcodes_use_all_bases_equally():
    X, _ = make_barcodes(1, 1, 100_000, divergence=0, variation=0, random_state=0)
    # standard error of a fraction of 1/4 among 100,000: 0.0014
    assert_allclose(X.mean(axis=(0, 1)), 0.25, rtol=0, atol=5 * 0.0014)


@pytest.mark.parametrize(
    ("n_samples", "n_classes", "counts"),
    [(9, 3, [3, 3, 3]), (10, 4, [2, 2, 3, 3]), (5, 1, [5]), (7, 7, [1] * 7)],
)
def test_barcodes_classes_are_balanced(n_samples, n_classes, counts):
    _, y = make_barcodes(n_samples, n_classes, 5, random_state=0)
    assert sorted(np.bincount(y)) == counts


def test_barcodes_classes_come_in_random_order():
    _, y = make_barcodes(300, 3, 5, random_state=0)
    neighbours_equal = np.mean(y[1:] == y[:-1])
    # sorted labels would give 0.99, labels in turn 0; standard error 0.027
    assert abs(neighbours_equal - 1 / 3) < 5 * 0.027


def test_barcodes_random_state():
    X, y = make_barcodes(20, 2, 30, random_state=7)
    X_same, y_same = make_barcodes(20, 2, 30, random_state=np.random.RandomState(7))
    X_other, _ = make_barcodes(20, 2, 30, random_state=8)
    assert_array_equal(X, X_same)
    assert_array_equal(y, y_same)
    assert (X_other != X).any()


@pytest.mark.parametrize(
    ("n_classes", "divergence", "variation", "expected"),
    [
        # one species, 0.1 to each individual: 3/4 (1 - exp(-0.8 / 3))
        (1, 0.3, 0.1, 0.175554),
        # two species without variation, 0.3 to each: 3/4 (1 - exp(-0.8))
        (2, 0.3, 0.0, 0.413003),
        # both branches: 2 (0.1 + 0.05) = 0.3 in all, 3/4 (1 - exp(-0.4))
        (2, 0.1, 0.05, 0.247260),
        # far apart, two bases are equal only by chance
        (2, 100.0, 0.0, 0.75),
    ],
)
def test_barcodes_differ_as_jukes_and_cantor_have_it(n_classes, divergence, variation, expected):
    length = 100_000
    X, _ = make_barcodes(
        2, n_classes, length, divergence=divergence, variation=variation, random_state=0
    )
    one, other = _bases(X)
    standard_error = np.sqrt(expected * (1 - expected) / length)
    assert abs(np.mean(one != other) - expected) < 5 * standard_error


def test_barcodes_substitute_each_other_base_equally():
    X, _ = make_barcodes(2, 2, 200_000, divergence=0.3, variation=0, random_state=0)
    one, other = _bases(X)
    joint = np.zeros((4, 4))
    np.add.at(joint, (one, other), 1 / 200_000)
    # 12 kinds of substitution share 0.413003, 4 kinds of agreement the rest
    expected = np.full((4, 4), 0.413003 / 12)
    np.fill_diagonal(expected, (1 - 0.413003) / 4)
    # the largest standard error is sqrt(0.1467 * 0.8533 / 200,000) = 0.0008
    assert_allclose(joint, expected, rtol=0, atol=5 * 0.0008)


def test_barcodes_are_closer_within_a_species_than_between():
    X, y = make_barcodes(60, 3, 500, random_state=0)
    bases = _bases(X)
    differ = np.mean(bases[:, np.newaxis] != bases[np.newaxis], axis=2)
    same = y[:, np.newaxis] == y[np.newaxis]
    pairs = ~np.eye(60, dtype=bool)
    assert differ[same & pairs].max() < differ[~same].min()
    # p(0.04) = 0.03895 and p(0.24) = 0.20539, the latter from three pairs of species only
    assert differ[same & pairs].mean() == pytest.approx(0.03895, abs=0.004)
    assert differ[~same].mean() == pytest.approx(0.20539, abs=0.05)


def test_barcodes_without_variation_are_their_species():
    X, y = make_barcodes(30, 3, 200, variation=0, random_state=0)
    for species in range(3):
        assert len(np.unique(_bases(X[y == species]), axis=0)) == 1
    assert len(np.unique(_bases(X), axis=0)) == 3


def test_barcodes_without_any_distance_are_the_root():
    X, _ = make_barcodes(30, 3, 200, divergence=0, variation=0, random_state=0)
    assert len(np.unique(_bases(X), axis=0)) == 1


@pytest.mark.parametrize(
    "invalid",
    [
        {"n_samples": 0},
        {"n_samples": 2.5},
        {"n_classes": 0},
        {"length": 0},
        {"divergence": -0.1},
        {"variation": -0.1},
        {"variation": np.nan},
        {"random_state": "seed"},
    ],
    ids=str,
)
def test_barcodes_refuse_invalid_parameters(invalid):
    (name,) = invalid
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_barcodes must be"):
        make_barcodes(**invalid)


# make_series
# -----------


def test_series_without_noise_worked_out_by_hand():
    y = make_series(5, period=4, amplitude=2, trend=0.5, noise=0)
    # 0.5 t + 2 (0, 1, 0, -1, 0)
    assert y.dtype == np.float64
    assert_allclose(y, [0, 2.5, 1, -0.5, 2], atol=1e-14)


def test_series_of_two_sinusoids_worked_out_by_hand():
    y = make_series(5, period=[4, 8], amplitude=[1, 2], noise=0)
    # (0, 1, 0, -1, 0) + 2 (0, sqrt(1/2), 1, sqrt(1/2), 0)
    assert_allclose(y, [0, 1 + np.sqrt(2), 2, np.sqrt(2) - 1, 0], atol=1e-14)


def test_series_single_amplitude_serves_every_period():
    together = make_series(50, period=[4, 7.5, 20], amplitude=1.5, noise=0)
    apart = sum(make_series(50, period=p, amplitude=1.5, noise=0) for p in (4, 7.5, 20))
    assert_allclose(together, apart, atol=1e-14)


def test_series_default():
    y = make_series(random_state=0)
    assert y.shape == (1000,)
    residual = y - np.sin(2 * np.pi * np.arange(1000) / 24)
    # noise of standard deviation 0.1; its standard error is 0.1 / sqrt(2000)
    assert residual.std() == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(2000))


def test_series_components_add_up():
    arguments = dict(
        period=[5, 12], amplitude=[1, 3], trend=-0.2, autoregression=0.5, noise=2, random_state=0
    )
    parts = make_series(100, **arguments, return_components=True)
    t = np.arange(100)
    assert sorted(parts) == ["noise", "seasonal", "series", "trend"]
    assert all(part.shape == (100,) for part in parts.values())
    assert_allclose(parts.trend, -0.2 * t)
    assert_allclose(
        parts.seasonal,
        np.sin(2 * np.pi * t / 5) + 3 * np.sin(2 * np.pi * t / 12),
        atol=1e-12,
    )
    assert_allclose(parts.series, parts.trend + parts.seasonal + parts.noise)
    assert_array_equal(parts.series, make_series(100, **arguments))


@pytest.mark.parametrize("coefficient", [-0.6, 0.0, 0.8])
def test_series_noise_is_autoregressive(coefficient):
    n_steps, scale = 100_000, 0.3
    e = make_series(n_steps, amplitude=0, autoregression=coefficient, noise=scale, random_state=0)
    variance = scale**2 / (1 - coefficient**2)
    correlation = [np.mean(e[lag:] * e[: n_steps - lag]) / np.mean(e**2) for lag in (1, 2, 3)]
    # Bartlett: the standard error at any lag is below sqrt((1 + phi^2) / (1 - phi^2) / n)
    bound = 5 * np.sqrt((1 + coefficient**2) / (1 - coefficient**2) / n_steps)
    assert_allclose(correlation, coefficient ** np.arange(1, 4), rtol=0, atol=bound)
    assert np.mean(e**2) == pytest.approx(variance, rel=0.05)
    innovations = e[1:] - coefficient * e[:-1]
    # the standard error of a standard deviation: scale / sqrt(2 n)
    assert innovations.std() == pytest.approx(scale, rel=5 / np.sqrt(2 * n_steps))


def test_series_noise_is_stationary_from_its_first_step():
    rng = np.random.RandomState(0)
    noise = np.array(
        [
            make_series(3, amplitude=0, autoregression=0.9, noise=1, random_state=rng)
            for _ in range(4000)
        ]
    )
    # 1 / sqrt(1 - 0.81) = 2.2942, relative standard error 1 / sqrt(8000) = 0.0112
    assert_allclose(noise.std(axis=0), 2.2942, rtol=5 * 0.0112)


def test_series_random_state():
    y = make_series(50, random_state=3)
    assert_array_equal(y, make_series(50, random_state=np.random.RandomState(3)))
    assert (y != make_series(50, random_state=4)).any()


@pytest.mark.parametrize(
    "invalid",
    [
        {"n_steps": 0},
        {"period": 0},
        {"period": "daily"},
        {"amplitude": None},
        {"trend": np.inf},
        {"autoregression": 1},
        {"autoregression": -1.0},
        {"noise": -0.1},
        {"random_state": -1.5},
        {"return_components": "yes"},
    ],
    ids=str,
)
def test_series_refuses_invalid_parameters(invalid):
    (name,) = invalid
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_series must be"):
        make_series(**invalid)


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"period": [4, 8], "amplitude": [1, 2, 3]}, r"got shapes \(2,\) and \(3,\)"),
        ({"period": 4, "amplitude": [1, 2]}, r"got shapes \(1,\) and \(2,\)"),
        ({"period": [[4, 8]]}, r"got shapes \(1, 2\) and \(1,\)"),
        ({"period": [4, -8]}, r"period must be positive, got \[4, -8\]"),
        ({"period": []}, "minimum of 1 is required"),
        ({"period": [4, np.nan]}, "Input period contains NaN"),
        ({"amplitude": np.inf}, "Input amplitude contains infinity"),
    ],
    ids=str,
)
def test_series_refuses_sinusoids_that_do_not_fit(invalid, message):
    with pytest.raises(ValueError, match=message):
        make_series(**invalid)

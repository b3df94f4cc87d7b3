"""What the network is trained on: scaled targets."""

import numpy as np
import pytest

from sklstm import LSTMRegressor
from sklstm._targets import TargetScaler

SMALL = dict(units=3, epochs=2, random_state=0)
X = np.random.default_rng(0).normal(size=(30, 6, 2))


def test_scaler_by_hand():
    # column 0: mean 3, variance ((2)^2 + 0 + (2)^2) / 3; column 1: constant
    y = np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]])
    scaler = TargetScaler(True).fit(y, sample_weight=np.ones(3))
    np.testing.assert_allclose(scaler.mean_, [3.0, 0.1])
    np.testing.assert_allclose(scaler.scale_, [np.sqrt(8 / 3), 0.0])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(y)), y, rtol=1e-6)
    # weights 1, 0, 3: mean (1 + 15) / 4 = 4, variance (9 + 3 * 1) / 4 = 3
    scaler = TargetScaler(True).fit(y[:, 0], sample_weight=np.array([1.0, 0.0, 3.0]))
    np.testing.assert_allclose([scaler.mean_[0], scaler.scale_[0]], [4.0, np.sqrt(3)])


def test_quantiles_by_hand():
    """Means 3 and 1, scales 2 and 0; the columns are the quantiles of the first, then the second.

    Sorted, those of the first target are -1, 0 and 2: 3 + 2 times that is 1, 3 and 7.
    """
    y = np.array([[1.0, 1.0], [5.0, 1.0]])
    scaler = TargetScaler(True, (0.1, 0.5, 0.9)).fit(y, sample_weight=np.ones(2))
    assert (scaler.n_outputs_, scaler.n_columns_) == (2, 6)
    outputs = np.array([[2.0, -1.0, 0.0, 9.0, 8.0, 7.0]])
    np.testing.assert_array_equal(scaler.inverse_quantiles(outputs), [[[1, 3, 7], [1, 1, 1]]])
    np.testing.assert_array_equal(scaler.inverse_transform(outputs), [[3.0, 1.0]])
    np.testing.assert_array_equal(scaler.transform(y), [[-1.0, 0.0], [1.0, 0.0]])


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e6, 1e-6, 1e300])
def test_a_constant_target_is_predicted_exactly(value):
    predicted = LSTMRegressor(**SMALL).fit(X, np.full(30, value)).predict(X)
    np.testing.assert_array_equal(predicted, value)


def test_a_constant_column_beside_others():
    y = np.column_stack([X[:, 0, 0], np.full(30, 1e-6), X[:, 1, 0]])
    predicted = LSTMRegressor(**SMALL).fit(X, y).predict(X)
    np.testing.assert_array_equal(predicted[:, 1], 1e-6)
    assert np.ptp(predicted[:, 0]) > 0 and np.ptp(predicted[:, 2]) > 0


def test_a_column_that_is_constant_no_longer_gets_a_scale():
    """Half the weight is the old constant 5, half the new values 9, 9 and 15, of mean 11.

    Mean (5 + 11) / 2 = 8; variance (9 + (1 + 1 + 49) / 3) / 2 = 13.
    """
    first = np.column_stack([[0.0, 2.0], [5.0, 5.0]])
    more = np.column_stack([[7.0, 7.0, 7.0], [9.0, 9.0, 15.0]])
    scaler = TargetScaler(True).fit(first, sample_weight=np.ones(2))
    resumed = scaler.resumed(more, np.ones(3))
    np.testing.assert_allclose(resumed.mean_, [1.0, 8.0])
    np.testing.assert_allclose(resumed.scale_, [1.0, np.sqrt(13)])
    np.testing.assert_array_equal(scaler.scale_, [1.0, 0.0])  # not touched
    assert scaler.resumed(first, np.ones(2)) is scaler


def test_partial_fit_learns_from_the_first_data_that_vary():
    model = LSTMRegressor(units=8, learning_rate=0.02, random_state=0)
    y = 3 + X[:, -1, 0]
    model.partial_fit(X, np.full(30, 3.0))
    np.testing.assert_array_equal(model.predict(X), 3.0)
    for _ in range(60):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9


# --- the whole range of float64 ------------------------------------------------------------


@pytest.mark.parametrize("power", [-1000, -570, 530, 900, 990])
def test_a_power_of_two_scales_all_of_a_fit_exactly(power):
    """Squares of such targets, about 1e-600 to 1e600, are no numbers of float64."""
    y = np.random.default_rng(1).normal(size=(30, 2))
    plain = LSTMRegressor(**SMALL).fit(X, y)
    scaled = LSTMRegressor(**SMALL).fit(X, np.ldexp(y, power))
    assert scaled.history_ == plain.history_
    np.testing.assert_array_equal(scaled.predict(X), np.ldexp(plain.predict(X), power))


@pytest.mark.parametrize("unit", [1e160, 1e-170, 1e-310, 1e302])
def test_scaler_by_hand_at_the_ends_of_float64(unit):
    """Mean 3, variance 8 / 3, in units; 1e-310 has 14 digits."""
    y = np.array([1.0, 3.0, 5.0]) * unit / 4
    scaler = TargetScaler(True).fit(y, sample_weight=np.ones(3))
    np.testing.assert_allclose(scaler.mean_ / unit, 0.75, rtol=1e-12)
    np.testing.assert_allclose(scaler.scale_ / unit, np.sqrt(8 / 3) / 4, rtol=1e-12)
    by_hand = np.array([-2, 0, 2]) / np.sqrt(8 / 3)
    np.testing.assert_allclose(scaler.transform(y)[:, 0], by_hand, rtol=1e-6, atol=1e-7)


def test_targets_whose_difference_is_beyond_float64():
    """Mean -0.5, scale sqrt(0.75) of the largest number: (1 + 0.5) / sqrt(0.75) = sqrt(3)."""
    largest = np.finfo(np.float64).max
    y = np.array([-1.0, -1.0, -1.0, 1.0]) * largest
    scaler = TargetScaler(True).fit(y, sample_weight=np.ones(4))
    np.testing.assert_allclose(scaler.transform(y)[:, 0], [-(3**-0.5)] * 3 + [3**0.5], rtol=1e-6)


@pytest.mark.parametrize("normalize_y", [True, False])
def test_targets_beyond_which_predictions_overflow_are_refused(normalize_y):
    y = np.linspace(-2e302, 2e302, 30)
    with pytest.raises(ValueError, match=r"y holds a number of magnitude 2e\+302.*Scale y"):
        LSTMRegressor(**SMALL, normalize_y=normalize_y).fit(X, y)

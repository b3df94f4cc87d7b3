"""How many epochs "auto" are."""

import numpy as np
import pytest

from sklstm import LSTMRegressor
from sklstm._training._auto_epochs import auto_epochs, enough_epochs, trial_parts


def test_auto_epochs_by_the_size_of_the_data():
    """6.4 million time steps; below 20 epochs by the root of 20 times what they would give."""
    assert auto_epochs(28, 286) == 200  # 799 would be affordable
    assert auto_epochs(200, 400) == 80
    assert auto_epochs(200, 400, cost=2.0) == 40
    assert auto_epochs(2000, 400) == 13  # (20 * 8) ** 0.5 = 12.65
    assert auto_epochs(100_000, 500) == 10


def test_the_first_epoch_near_the_least_loss_unless_the_last_is_near():
    falling = [*np.linspace(2.0, 1.0, 21), 0.91, 0.95]
    assert enough_epochs([*falling, 1.4]) == 21  # 1.0 is below 1.001
    assert enough_epochs(falling) == 23
    assert enough_epochs([1.0, 5.0, 5.0]) == 10  # the least there are
    assert enough_epochs([*np.ones(15), 0.5, 0.7]) == 16


def series_and_noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 6))
    return X, X[:, -1], rng.normal(size=120)


def test_a_regressor_tries_out_how_many_epochs_are_best():
    X, series, noise = series_and_noise()
    model = LSTMRegressor(units=4, learning_rate=0.01, random_state=0)
    assert model.fit(X, noise).n_iter_ < 40
    by_trial = model.fit(X, series).predict(X)
    assert model.n_iter_ > 100
    known = LSTMRegressor(units=4, learning_rate=0.01, random_state=0, epochs=model.n_iter_)
    np.testing.assert_array_equal(known.fit(X, series).predict(X), by_trial)


def test_no_trial_where_it_would_tell_nothing():
    X, _, noise = series_and_noise()
    model = LSTMRegressor(units=2, random_state=0)
    assert model.fit(X[:99], noise[:99]).n_iter_ == 100
    assert model.fit(X, np.r_[noise[:90], noise[90:] + 5]).n_iter_ == 100
    assert LSTMRegressor(units=2, warm_start=True).fit(X, noise).n_iter_ == 100


@pytest.mark.parametrize(
    ("n_samples", "n_targets", "expected"),
    [
        (100, 1, (slice(80), slice(80, None))),
        (100, 6, (slice(75), slice(80, None))),
        (99, 1, None),
        (200, 61, (slice(100), slice(160, None))),
        (200, 62, None),  # 99 samples would be left to train on
        (120, 200, None),
    ],
)
def test_a_trial_keeps_half_of_the_samples_to_train_on(n_samples, n_targets, expected):
    targets = np.random.default_rng(0).normal(size=(n_samples, n_targets))
    assert trial_parts(targets) == expected


def test_a_horizon_as_long_as_the_series_is_fitted():
    X = np.random.default_rng(0).normal(size=(120, 6))
    model = LSTMRegressor(units=2, random_state=0).fit(X, np.tile(X, 20))
    assert model.n_iter_ == 100 and model.predict(X).shape == (120, 120)

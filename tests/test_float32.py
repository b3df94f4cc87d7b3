"""Numbers that float32, in which networks compute, cannot hold."""

import numpy as np
import pytest

from sklstm import LSTMRegressor

SMALL = dict(units=3, filters=4, epochs=2, random_state=0)
X = np.random.default_rng(0).normal(size=(40, 6))
Y = X[:, -1]


def test_timestamps_that_collapse_in_float32_are_warned_of():
    """Seconds since 1970: float32 has one number every 128 of them."""
    seconds = 1.7e9 + 60.0 * np.arange(40)[:, np.newaxis] + 10.0 * np.arange(6)
    stacked = np.stack([X, seconds], axis=2)
    with pytest.warns(UserWarning, match=r"Features \[1\] of X vary by less.*Scale X"):
        LSTMRegressor(**SMALL).fit(stacked, Y)
    with pytest.warns(UserWarning, match=r"Features \[0\] of X"):
        LSTMRegressor(**SMALL).fit(seconds.astype(np.int64), Y)


@pytest.mark.parametrize("offset", [0.0, 300.0, 1e4])
def test_ordinary_offsets_are_not_warned_of(offset):
    LSTMRegressor(**SMALL).fit(X + offset, Y)  # warnings are errors


def test_constant_features_are_fine():
    with_constant = np.stack([X, np.full_like(X, 1.7e9)], axis=2)
    assert np.isfinite(LSTMRegressor(**SMALL).fit(with_constant, Y).predict(with_constant)).all()

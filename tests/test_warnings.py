"""Warnings point at the line of the user, whichever library called the package."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from sklstm import LSTMRegressor, make_windows
from sklstm._warnings import warn

SECONDS = 1.7e9 + 60.0 * np.arange(40)[:, np.newaxis] + 10.0 * np.arange(6)  # lost in float32
Y = np.arange(40.0)


def places_of_warnings(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert caught
    return {warning.filename for warning in caught}


def test_they_point_into_this_file():
    quick = LSTMRegressor(units=2, epochs=1)
    for call in (
        lambda: warn("something"),
        lambda: quick.fit(SECONDS, Y),
        lambda: clone(quick).partial_fit(SECONDS, Y),
        lambda: cross_val_score(quick, SECONDS, Y, cv=2),
        lambda: make_windows(Y, groups=[0] * 38 + [1] * 2, lookback=3),
    ):
        assert places_of_warnings(call) == {__file__}

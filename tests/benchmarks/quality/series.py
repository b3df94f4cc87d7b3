"""Series to forecast: those that ship with the package, and a chaotic one."""

import numpy as np

from quality.task import Backtest, Series
from sklstm.datasets import load_co2, load_elnino, load_sunspots
from sklstm.windowing import make_windows

TEST_FRACTION = 0.2
SEASONS = 3  # that the windows of a backtest hold


def co2(horizon):
    """Months, with a rising trend: the test part lies above all of the training part."""
    return forecast_all(f"co2-{horizon}", load_co2().target, 24, horizon, period=12)


def elnino(horizon):
    return forecast_all(f"elnino-{horizon}", load_elnino().target, 24, horizon, period=12)


def sunspots(horizon):
    """Years; two cycles of about eleven are a window."""
    return forecast_all(f"sunspots-{horizon}", load_sunspots().target, 22, horizon, period=11)


def backtested(name, load_series, period):
    """A season ahead, in folds."""
    X, Y = make_windows(load_series().target, lookback=SEASONS * period, horizon=period)
    return Backtest(name, X, Y, period)


def lorenz(horizon):
    """One coordinate of a chaotic flow; the target is the value `horizon` steps later."""
    x = lorenz_path(n_steps=2000, interval=0.1)[:, 0]
    X, Y = make_windows(x, lookback=10, horizon=horizon)
    return latest_apart(f"lorenz-{horizon}", X, Y[:, -1:], np.array([horizon]), period=1)


def forecast_all(name, series, lookback, horizon, period):
    X, Y = make_windows(series, lookback=lookback, horizon=horizon)
    return latest_apart(name, X, Y, np.arange(1, horizon + 1), period)


def latest_apart(name, X, Y, steps, period):
    """Test on the last fifth of the windows; train on those whose targets lie before it."""
    y = Y[:, 0] if Y.shape[1] == 1 else Y
    n_test = round(TEST_FRACTION * len(X))
    n_train = len(X) - n_test - (steps[-1] - 1)
    train, test = slice(n_train), slice(-n_test, None)
    origins = np.arange(n_train)
    return Series(name, X[train], y[train], X[test], y[test], steps, period, origins)


def lorenz_path(n_steps, interval, start=(1.0, 1.0, 1.0), step=0.005, settling=20.0):
    """States of the Lorenz system (1963) at even intervals, (n_steps, 3), by Runge and Kutta.

    The first `settling` units of time lead to the attractor and are left out.
    """
    state, path = np.array(start), np.empty((n_steps, 3))
    for _ in range(round(settling / step)):
        state = runge_kutta(lorenz_flow, state, step)
    for k in range(n_steps):
        path[k] = state
        for _ in range(round(interval / step)):
            state = runge_kutta(lorenz_flow, state, step)
    return path


def lorenz_flow(state):
    x, y, z = state
    return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def runge_kutta(flow, state, step):
    """One step of the classical method of fourth order."""
    first = flow(state)
    second = flow(state + step / 2 * first)
    third = flow(state + step / 2 * second)
    fourth = flow(state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)

"""What a forecaster's regressor corrects: rules and linear regression on scaled windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import RidgeCV

from sklstm.forecasting._naive import NaiveForecaster
from sklstm.forecasting._parts import by_part, parts
from sklstm.forecasting._regressors import (
    fit_regressor,
    for_outputs,
    predict_regressor,
    takes_weights,
)
from sklstm.forecasting._ridge import fit_ridge_by_parts

__all__ = [
    "Known",
    "WindowRidge",
    "fit_baseline",
    "overfits",
    "predict_baseline",
    "predict_unseen",
]

_N_PARTS = 5  # in which windows are left out
_MANY = 100  # windows per coefficient, of which a linear regression misses as much as of others

_ALPHAS = tuple(10.0**power for power in np.arange(-3, 5.5, 0.5))


class Known(NamedTuple):
    """What a baseline is fitted on: scaled windows, their levels, and their weights."""

    inputs: Any  # an array or LazyWindows, (n_windows, n_timesteps, n_features)
    levels: np.ndarray  # (n_windows, n_targets)
    weight: np.ndarray | None

    def take(self, rows: np.ndarray) -> Known:
        """Return some of the windows."""
        weight = None if self.weight is None else self.weight[rows]
        return Known(self.inputs[rows], self.levels[rows], weight)


class WindowRidge:
    """Ridge regression on scaled windows and the levels that were taken from them.

    With the levels beside the windows it can be any linear function of the windows as they were.
    Its penalty has the least error where each training window in turn is left out.

    Attributes
    ----------
    ridge_ : RidgeCV or LinearModel
        The regression; the latter where there are more windows than coefficients.
    """

    def fit(
        self,
        inputs: Any,
        levels: np.ndarray,
        goals: np.ndarray,
        weight: np.ndarray | None,
    ) -> WindowRidge:
        """Fit goals (n, n_outputs) on inputs (n, n_timesteps, n_features) and levels (n, k)."""
        n_windows, n_timesteps, n_features = inputs.shape
        if n_windows <= n_timesteps * n_features + levels.shape[1]:
            rows = _beside(np.asarray(inputs), levels)
            self.ridge_: Any = RidgeCV(_ALPHAS).fit(rows, goals, weight)
            return self
        weights = np.ones(n_windows) if weight is None else weight

        def rows_goals_weights():
            for part, array in parts(inputs):
                yield _beside(array, levels[part]), goals[part], weights[part]

        self.ridge_ = fit_ridge_by_parts(rows_goals_weights, _ALPHAS)
        return self

    def predict(self, inputs: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return what is predicted, (n, n_outputs)."""
        return self.ridge_.predict(_beside(inputs, levels)).reshape(len(inputs), -1)


def fit_baseline(
    baseline: Any, known: Known, goals: np.ndarray, *, columns: list[int], season: int | None
) -> Any:
    """Return a fitted baseline, or None."""
    if baseline is None:
        return None
    if baseline == "linear":
        return WindowRidge().fit(known.inputs, known.levels, goals, known.weight)
    if isinstance(baseline, str):
        return NaiveForecaster(baseline, season=season, target=columns).fit(known.inputs, goals)
    weighted = known.weight is not None and takes_weights(baseline)
    weights = {"sample_weight": known.weight} if weighted else {}
    regressor = for_outputs(clone(baseline), goals.shape[1])
    return fit_regressor(regressor, known.inputs, goals, weights)


def predict_baseline(baseline: Any, inputs: Any, levels: np.ndarray) -> np.ndarray | float:
    """Return what a fitted baseline predicts, (n, n_outputs); 0 where there is none."""
    if baseline is None:
        return 0.0
    if isinstance(baseline, WindowRidge):
        return by_part(baseline.predict, inputs, levels)
    return by_part(partial(predict_regressor, baseline), inputs)


def overfits(baseline: Any, inputs: Any) -> bool:
    """Return whether a baseline may miss less of windows that it was fitted on than of others."""
    if baseline == "linear":
        return len(inputs) < _MANY * inputs.shape[1] * inputs.shape[2]
    return hasattr(baseline, "fit")


def predict_unseen(
    fit: Callable[[Known, np.ndarray], Any],
    known: Known,
    goals: np.ndarray,
    moments: np.ndarray,
    horizon: int,
) -> np.ndarray | None:
    """Return what a baseline predicts for windows that it has not been fitted on.

    On windows that a baseline was fitted on, its errors are too small. A regressor trained on these
    errors would learn their noise, and little that helps with other windows.

    Parameters
    ----------
    fit : callable
        Fits a baseline on some of the windows.
    known : Known
        All windows.
    goals : ndarray of shape (n_windows, n_outputs)
        What follows them.
    moments : ndarray of int of shape (n_windows,)
        Ranks of the origin times. Windows are left out by stretches of time, together with those
        that share goals with them.
    horizon : int
        Number of steps ahead.

    Returns
    -------
    ndarray of shape (n_windows, n_outputs), or None
        None where there are too few windows to leave out any.
    """
    times = np.arange(moments.max() + 1)
    if len(times) * (1 - 1 / _N_PARTS) - 2 * horizon < len(times) / 2:
        return None
    predicted = np.empty(goals.shape)
    for part in np.array_split(times, _N_PARTS):
        out = (part[0] <= moments) & (moments <= part[-1])
        rest = (moments <= part[0] - horizon) | (part[-1] + horizon <= moments)
        baseline = fit(known.take(rest), goals[rest])
        predicted[out] = predict_baseline(baseline, known.inputs[out], known.levels[out])
    return predicted


def _beside(inputs: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.hstack([inputs.reshape(len(inputs), -1), levels])

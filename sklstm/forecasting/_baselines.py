"""What a forecaster's regressor corrects: rules and linear regression on scaled windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import RidgeCV

from sklstm.forecasting._naive import NaiveForecaster
from sklstm.forecasting._regressors import (
    fit_regressor,
    for_outputs,
    predict_regressor,
    takes_weights,
)

__all__ = ["WindowRidge", "fit_baseline", "predict_baseline"]

_ALPHAS = tuple(10.0**power for power in np.arange(-3, 5.5, 0.5))


class WindowRidge:
    """Ridge regression on scaled windows and the levels that were taken from them.

    With the levels beside the windows it can be any linear function of the windows as they were.
    Its penalty has the least error where each training window in turn is left out.

    Attributes
    ----------
    ridge_ : RidgeCV
        The regression.
    """

    def fit(
        self,
        inputs: np.ndarray,
        levels: np.ndarray,
        goals: np.ndarray,
        weight: np.ndarray | None,
    ) -> WindowRidge:
        """Fit goals (n, n_outputs) on inputs (n, n_timesteps, n_features) and levels (n, k)."""
        self.ridge_ = RidgeCV(_ALPHAS).fit(_beside(inputs, levels), goals, weight)
        return self

    def predict(self, inputs: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return what is predicted, (n, n_outputs)."""
        return self.ridge_.predict(_beside(inputs, levels)).reshape(len(inputs), -1)


def fit_baseline(
    baseline: Any,
    inputs: np.ndarray,
    levels: np.ndarray,
    goals: np.ndarray,
    weight: np.ndarray | None,
    *,
    columns: list[int],
    season: int | None,
) -> Any:
    """Return a fitted baseline, or None."""
    if baseline is None:
        return None
    if baseline == "linear":
        return WindowRidge().fit(inputs, levels, goals, weight)
    if isinstance(baseline, str):
        return NaiveForecaster(baseline, season=season, target=columns).fit(inputs, goals)
    weights = {} if weight is None or not takes_weights(baseline) else {"sample_weight": weight}
    regressor = for_outputs(clone(baseline), goals.shape[1])
    return fit_regressor(regressor, inputs, goals, weights)


def predict_baseline(baseline: Any, inputs: np.ndarray, levels: np.ndarray) -> np.ndarray | float:
    """Return what a fitted baseline predicts, (n, n_outputs); 0 where there is none."""
    if baseline is None:
        return 0.0
    if isinstance(baseline, WindowRidge):
        return baseline.predict(inputs, levels)
    return predict_regressor(baseline, inputs)


def _beside(inputs: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.hstack([inputs.reshape(len(inputs), -1), levels])

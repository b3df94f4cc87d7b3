"""Forecasts that need no learning, to judge all others by."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sklstm._representation import RepresentationMixin
from sklstm.forecasting._checks import (
    check_horizon,
    check_season,
    check_values_ahead,
    check_windows,
    columns_of_targets,
)
from sklstm.forecasting._parts import by_part

__all__ = ["NaiveForecaster"]


class NaiveForecaster(RepresentationMixin, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Forecast from each window's own past by a fixed rule.

    It learns nothing but the horizon, the number of columns of `y`. A model that does no better
    has found nothing in the windows.

    Parameters
    ----------
    strategy : {"last", "seasonal", "drift"}, default="last"
        ``"last"``: the window's last value at every step ahead. ``"seasonal"``: the value of the
        same season, one `season` before, from the window's last season. ``"drift"``: the straight
        line through the window's first and last value.
    season : int, default=None
        Number of time steps in a season, such as 12 for months. Needed by ``"seasonal"``, ignored
        by the others.
    target : int, str, or list of these, default=0
        The feature of the windows that is forecast, or several. Negative numbers count from the
        last. Windows of a DataFrame know their features by name.

    Attributes
    ----------
    n_outputs_ : int
        Number of outputs: the number of steps ahead, times the number of targets.
    horizon_ : int
        Number of steps ahead.
    n_features_in_ : int
        Number of columns of 2-D X, length of the last axis of 3-D X.
    n_timesteps_in_ : int
        Number of time steps per window.
    feature_names_in_ : ndarray of str
        Column names, if X is a DataFrame whose names are all strings, or windows of one.

    See Also
    --------
    sklstm.make_windows : Cuts a series into windows and targets.
    sklearn.dummy.DummyRegressor : Rules that look at the targets, and not at the windows.

    Notes
    -----
    With several targets, outputs are all steps ahead of the first, then all of the second, and so
    on, which is how :func:`~sklstm.make_windows` orders them.

    References
    ----------
    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd
       edition, section 5.2, "Some simple forecasting methods", OTexts, 2021.
       https://otexts.com/fpp3/simple-methods.html

    Examples
    --------
    >>> from sklstm import make_windows
    >>> from sklstm.forecasting import NaiveForecaster
    >>> X, Y = make_windows([1.0, 4.0, 2.0, 5.0, 3.0, 6.0, 4.0], lookback=4, horizon=3)
    >>> X[:, :, 0], Y
    (array([[1., 4., 2., 5.]]), array([[3., 6., 4.]]))
    >>> NaiveForecaster().fit(X, Y).predict(X)
    array([[5., 5., 5.]])
    >>> NaiveForecaster("seasonal", season=2).fit(X, Y).predict(X)
    array([[2., 5., 2.]])
    >>> NaiveForecaster("drift").fit(X, Y).predict(X).round(2)
    array([[6.33, 7.67, 9.  ]])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "strategy": [StrOptions({"last", "seasonal", "drift"})],
        "season": [Interval(Integral, 1, None, closed="left"), None],
        "target": [Integral, str, list, tuple],
    }

    def __init__(
        self, strategy: str = "last", *, season: int | None = None, target: Any = 0
    ) -> None:
        self.strategy = strategy
        self.season = season
        self.target = target

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: Any = None) -> NaiveForecaster:
        """Note the horizon, and check that windows are long enough.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows; 2-D ones are univariate.
        y : array-like of shape (n_windows,) or (n_windows, n_targets * horizon)
            Values after each window, of which only the shape matters; 1-D ones are of one step.
        sample_weight : array-like of shape (n_windows,), default=None
            Checked, and of no effect: nothing is learnt.

        Returns
        -------
        self : NaiveForecaster
            The fitted forecaster.

        Raises
        ------
        ValueError
            If X or y holds anything but finite numbers, if windows are too short for the strategy,
            or if `target` does not fit X and y.
        """
        windows = check_windows(self, X, reset=True)
        targets = check_values_ahead(self, y, len(windows))
        if sample_weight is not None:
            _check_sample_weight(sample_weight, windows, ensure_non_negative=True)
        self._columns = columns_of_targets(self.target, windows.shape[2], self._window_names)
        self._check_length(windows.shape[1])
        self.n_outputs_ = 1 if targets.ndim == 1 else targets.shape[1]
        self.horizon_ = check_horizon(self.n_outputs_, len(self._columns), self.target)
        self._target_ndim = targets.ndim
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Forecast the values after each window.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows like those of :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_windows,) or (n_windows, n_targets * horizon)
            Forecasts, of as many dimensions as `y` had.
        """
        check_is_fitted(self)
        windows = check_windows(self, X, reset=False)
        ahead = np.arange(1, self.horizon_ + 1)
        rule = _RULES[self.strategy]

        def forecast(part):
            return rule(part[:, :, self._columns].astype(np.float64), ahead, self.season)

        outputs = by_part(forecast, windows).swapaxes(1, 2).reshape(len(windows), -1)
        return outputs[:, 0] if self._target_ndim == 1 else outputs

    def _check_length(self, n_timesteps):
        """Raise if windows are too short for the strategy."""
        if self.strategy == "seasonal":
            check_season(self.season, n_timesteps, "strategy='seasonal'")
        if self.strategy == "drift" and n_timesteps < 2:
            raise ValueError(
                "strategy='drift' draws a line through the first and the last of at least 2 time "
                f"steps, but the windows of X have {n_timesteps}. Cut longer windows."
            )

    def __sklearn_tags__(self):
        """Accept windows, and expect no good scores on samples that are no windows."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.regressor_tags.poor_score = True
        return tags


# Each rule takes windows (n, n_timesteps, n_targets) and steps ahead, which count from 1, and
# returns forecasts of shape (n, horizon, n_targets).


def _last(windows, ahead, season):
    return np.repeat(windows[:, -1:], len(ahead), axis=1)


def _seasonal(windows, ahead, season):
    return windows[:, -season:][:, (ahead - 1) % season]


def _drift(windows, ahead, season):
    first, last = windows[:, :1], windows[:, -1:]
    slope = (last - first) / (windows.shape[1] - 1)
    return last + ahead[:, np.newaxis] * slope


_RULES = {"last": _last, "seasonal": _seasonal, "drift": _drift}

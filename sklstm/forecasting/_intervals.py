"""The methods of a forecaster that give intervals."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import NotFittedError

from sklstm.forecasting._checks import check_values_ahead
from sklstm.forecasting._conformal import ConformalErrors, check_coverage
from sklstm.forecasting._inputs import InputMixin

__all__ = ["IntervalMixin"]


class IntervalMixin(InputMixin):
    """Intervals, from a model that is fitted and from its errors on calibration windows."""

    _errors: ConformalErrors | None

    def calibrate(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Measure the errors on windows that :meth:`fit` has not seen, for intervals.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows later than those of :meth:`fit`. The last target of these should come no later
            than the first origin here, as :class:`~sklstm.PurgedTimeSeriesSplit` arranges it.
        y : array-like of shape (n_windows,) or (n_windows, n_targets * horizon)
            Values after each window.

        Returns
        -------
        self : Forecaster
            The forecaster, with intervals. Its forecasts are unchanged.

        Examples
        --------
        >>> from sklearn.dummy import DummyRegressor
        >>> from sklstm import Forecaster, make_windows
        >>> X, Y = make_windows([0, 0, 0, 0, 1, 0, -2, 0, 1, 0, 3, 0, 2.0], lookback=1)
        >>> forecaster = Forecaster(DummyRegressor(), baseline="last").fit(X[:3], Y[:3])
        >>> forecaster.calibrate(X[3:], Y[3:]).predict_interval(X[-1:], 0.5)
        array([[[-2.,  2.]]])
        """
        windows = self._windows(X)
        targets = self._by_target(check_values_ahead(self, y, len(windows)))
        self._check_signs(targets, "y", self._model.scaler.shift)
        self._errors = self._model.errors(windows, targets)
        return self

    def predict_interval(
        self, X: ArrayLike, coverage: Any = (0.8, 0.95), *, joint: bool = False
    ) -> NDArray[np.float64]:
        """Forecast intervals that hold the values after each window with a given probability.

        They are split-conformal [1]_: forecasts, plus and minus a quantile of the errors on
        calibration windows, for each step ahead, in the units of the window. So they are as wide
        as the series is uncertain, follow its level and spread, and are not symmetric where
        logarithms are taken. With a regressor that predicts quantiles, these are widened or
        narrowed instead [2]_.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows like those of :meth:`fit`.
        coverage : float or sequence of float, default=(0.8, 0.95)
            Probability that an interval holds its value.
        joint : bool, default=False
            Whether it is the probability that all values after the window lie in their intervals.
            Margins are then a quantile of the largest error over all outputs, in units of a
            typical training error of each [3]_. That is narrower than the Bonferroni correction of
            conformal recurrent networks [4]_, and needs fewer calibration windows.

        Returns
        -------
        ndarray of shape (n_windows, n_outputs, 2), or (n_windows, n_outputs, n_coverages, 2)
            Lower and upper bounds; the second where `coverage` is a sequence.

        Raises
        ------
        ValueError
            If there are too few calibration windows for the coverage: 0.95 needs 19.
        NotFittedError
            If no errors have been measured.

        Notes
        -----
        The probability holds exactly, for a new window, if the calibration windows and this one
        are exchangeable. Windows of a series are not quite: they overlap, and the series may
        change, so calibrate with many and recent ones. With ``calibration_fraction``, errors are
        those of a forecaster that was trained on the earlier windows alone; that which forecasts
        has seen more, so intervals tend to be a little too wide.

        References
        ----------
        .. [1] J. Lei, M. G'Sell, A. Rinaldo, R. J. Tibshirani and L. Wasserman, "Distribution-Free
           Predictive Inference for Regression", JASA 113(523), 1094-1111 (2018).
        .. [2] Y. Romano, E. Patterson and E. Candès, "Conformalized Quantile Regression", NeurIPS
           2019.
        .. [3] M. Cleaveland, I. Lee, G. J. Pappas and L. Lindemann, "Conformal Prediction Regions
           for Time Series Using Linear Complementarity Programming", AAAI 2024.
        .. [4] K. Stankevičiūtė, A. M. Alaa and M. van der Schaar, "Conformal Time-Series
           Forecasting", NeurIPS 2021.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from sklstm import Forecaster, make_windows
        >>> series = np.random.default_rng(0).normal(size=300)
        >>> X, Y = make_windows(series, lookback=4, horizon=2)
        >>> forecaster = Forecaster(Ridge(), calibration_fraction=0.5).fit(X[:200], Y[:200])
        >>> bounds = forecaster.predict_interval(X[201:], (0.5, 0.8))
        >>> bounds.shape
        (94, 2, 2, 2)
        >>> lower, upper = bounds[:, :, 1, 0], bounds[:, :, 1, 1]
        >>> round(float(((lower <= Y[201:]) & (Y[201:] <= upper)).mean()), 1)
        0.8
        """
        windows, coverages = self._windows(X), check_coverage(coverage)
        intervals = self._intervals(windows, coverages, joint=joint)
        return intervals[0] if np.ndim(coverage) == 0 else np.stack(intervals, axis=2)

    def _intervals(self, windows, coverages, *, joint=False):
        """Return an array of bounds, (n_windows, n_outputs, 2), for each coverage."""
        if self._errors is None:
            raise NotFittedError(
                "There are no errors to make intervals from. Fit with calibration_fraction=0.2, "
                "or call calibrate(X, y) with windows that fit has not seen."
            )
        return [
            self._model.predict_interval(windows, self._errors, float(level), joint=joint)
            for level in coverages
        ]

"""Scorers: metrics in the form that searches and cross-validation take."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import make_scorer
from sklearn.metrics._scorer import _BaseScorer
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval

from sklstm._target_columns import check_target_columns
from sklstm._warnings import warn
from sklstm.metrics._errors import (
    mean_absolute_scaled_error,
    naive_scale,
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)
from sklstm.metrics._intervals import COVERAGE, interval_coverage, interval_score

__all__ = ["CoverageScorer", "IntervalScorer", "MASEScorer", "smape_scorer", "wape_scorer"]

smape_scorer = make_scorer(symmetric_mean_absolute_percentage_error, greater_is_better=False)
wape_scorer = make_scorer(weighted_absolute_percentage_error, greater_is_better=False)


class _ScorerWithArguments(BaseEstimator, _BaseScorer):
    """Base of scorers that are objects: they can be cloned and pickled, and show their arguments.

    A subclass sets `_score_func`, which also tells scikit-learn's metadata routing that the
    score takes `sample_weight`, and defines `_score`.
    """

    _sign = 1
    _kwargs: dict[str, Any] = {}
    _response_method = "predict"


class MASEScorer(_ScorerWithArguments):
    """Minus the mean absolute scaled error, each window being scaled by its own past.

    The absolute errors of the forecast of a window are divided by the mean absolute error of the
    seasonal naive forecast within this window. So the score needs no other data than windows and
    targets, never looks at the future, and series of different scale count alike.

    Parameters
    ----------
    season : int, default=1
        Number of time steps in a season, less than the steps of a window.
    target : int or list of int, default=0
        The feature of the windows that is forecast, or several. Negative numbers count from the
        last.

    See Also
    --------
    mean_absolute_scaled_error : The error itself.
    naive_scale : What a window's errors are divided by.

    Notes
    -----
    The windows must be in the units of the targets: score a pipeline that scales its windows as a
    whole. A window without a change from season to season scales no error; such windows are left
    out, with a warning, and where there are no others the score raises ValueError.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklstm import PurgedTimeSeriesSplit, datasets, make_windows
    >>> from sklstm.metrics import MASEScorer
    >>> X, Y = make_windows(datasets.load_co2().data, lookback=24, horizon=12)
    >>> cv = PurgedTimeSeriesSplit(3)
    >>> cross_val_score(Ridge(), X[:, :, 0], Y, cv=cv, scoring=MASEScorer(season=12)).round(1)
    array([-0.6, -0.4, -0.6])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "season": [Interval(Integral, 1, None, closed="left")],
        "target": [Integral, list, tuple],
    }
    _score_func = staticmethod(mean_absolute_scaled_error)

    def __init__(self, season: int = 1, *, target: Any = 0) -> None:
        self.season = season
        self.target = target

    def _score(self, method_caller, estimator, X, y_true, sample_weight=None):
        self._validate_params()
        y_pred = np.asarray(method_caller(estimator, "predict", X))
        y_true = np.asarray(y_true)
        scale = self._scale(X, n_outputs=1 if y_true.ndim == 1 else y_true.shape[1])
        usable = np.flatnonzero((scale > 0).all(axis=1))
        if 0 < len(usable) < len(scale):
            warn(
                f"{len(scale) - len(usable)} of {len(scale)} windows do not change from season to "
                "season: they scale no error, and are left out of the score.",
                UndefinedMetricWarning,
            )
            y_true, y_pred, scale = y_true[usable], y_pred[usable], scale[usable]
            sample_weight = (
                _safe_indexing(sample_weight, usable) if sample_weight is not None else None
            )
        return -mean_absolute_scaled_error(y_true, y_pred, scale=scale, sample_weight=sample_weight)

    def _scale(self, X, n_outputs):
        """Return the scale of each window and output, of shape (n_windows, n_outputs)."""
        windows = np.asarray(X)
        windows = windows[:, :, np.newaxis] if windows.ndim == 2 else windows
        columns = check_target_columns(self.target, windows.shape[2])
        if n_outputs % len(columns):
            raise ValueError(
                f"y has {n_outputs} column(s), which is no multiple of the {len(columns)} features "
                f"in target={self.target!r}."
            )
        scales = [naive_scale(windows[:, :, column], self.season) for column in columns]
        return np.repeat(np.stack(scales, axis=1), n_outputs // len(columns), axis=1)


class IntervalScorer(_ScorerWithArguments):
    """Minus the interval score of an estimator's ``predict_interval``.

    Parameters
    ----------
    coverage : float, default=0.8
        The fraction of true values that the intervals are to hold, in (0, 1).

    See Also
    --------
    interval_score : The score itself, of which smaller values are better.
    CoverageScorer : How many true values the intervals hold.

    Notes
    -----
    The estimator has ``predict_interval(X, coverage=)``, as :class:`~sklstm.Forecaster` has; or it
    is a pipeline whose last step has it, or a search over such.

    Examples
    --------
    >>> from sklstm.metrics import IntervalScorer
    >>> IntervalScorer(0.9)
    IntervalScorer(coverage=0.9)
    """

    _parameter_constraints: dict[str, list[Any]] = {"coverage": COVERAGE}
    _score_func = staticmethod(interval_score)

    def __init__(self, coverage: float = 0.8) -> None:
        self.coverage = coverage

    def _score(self, method_caller, estimator, X, y_true, sample_weight=None):
        self._validate_params()
        lower, upper = _predict_bounds(estimator, X, self.coverage)
        return -interval_score(
            y_true, lower, upper, coverage=self.coverage, sample_weight=sample_weight
        )


class CoverageScorer(_ScorerWithArguments):
    """Fraction of true values that lie within an estimator's ``predict_interval``.

    The best value is `coverage`, not 1: show this score, and select by :class:`IntervalScorer`.

    Parameters
    ----------
    coverage : float, default=0.8
        The fraction of true values that the intervals are to hold, in (0, 1).

    See Also
    --------
    interval_coverage : The fraction itself.
    IntervalScorer : Judges coverage and width together.

    Notes
    -----
    The estimator is one that :class:`IntervalScorer` takes.

    Examples
    --------
    >>> from sklstm.metrics import CoverageScorer
    >>> CoverageScorer(0.9)
    CoverageScorer(coverage=0.9)
    """

    _parameter_constraints: dict[str, list[Any]] = {"coverage": COVERAGE}
    _score_func = staticmethod(interval_coverage)

    def __init__(self, coverage: float = 0.8) -> None:
        self.coverage = coverage

    def _score(self, method_caller, estimator, X, y_true, sample_weight=None):
        self._validate_params()
        lower, upper = _predict_bounds(estimator, X, self.coverage)
        return interval_coverage(y_true, lower, upper, sample_weight=sample_weight)


def _predict_bounds(estimator, X, coverage):
    """Return lower and upper bounds, of shape (n_samples, n_outputs) each."""
    intervals = np.asarray(_predict_interval(estimator, X, coverage))
    return intervals[..., 0], intervals[..., 1]


def _predict_interval(estimator, X, coverage):
    """Call the method, or that of a search's best pipeline or a pipeline's last step."""
    if hasattr(estimator, "predict_interval"):
        return estimator.predict_interval(X, coverage=coverage)
    if hasattr(estimator, "best_estimator_"):
        return _predict_interval(estimator.best_estimator_, X, coverage)
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        return _predict_interval(estimator[-1], estimator[:-1].transform(X), coverage)
    raise TypeError(
        f"{type(estimator).__name__} has no method predict_interval, which the scorer calls. Put "
        "the regressor into a Forecaster, which has it."
    )

"""Forecasts of several models on the same folds."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import check_cv
from sklearn.model_selection._validation import (
    _check_groups_routing_disabled,
    _warn_or_raise_about_fit_failures,
)
from sklearn.pipeline import _name_estimators
from sklearn.utils import indexable
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params

from sklstm._target_checks import real_numbers
from sklstm.forecasting._backtest_result import BacktestResult, FoldOutcome
from sklstm.forecasting._backtest_scores import check_scoring
from sklstm.model_selection import PurgedTimeSeriesSplit

__all__ = ["backtest"]


@validate_params(
    {
        "cv": ["cv_object"],
        "origins": ["array-like", None],
        "index": ["array-like", None],
        "groups": ["array-like", None],
        "target_names": [list, tuple, None],
        "scoring": [str, callable, list, tuple, dict],
        "params": [dict, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "pre_dispatch": [Integral, str],
        "error_score": [StrOptions({"raise"}), Real],
        "return_estimator": ["boolean"],
    },
    prefer_skip_nested_validation=False,  # the estimators are not validated yet
)
def backtest(
    estimators: Any,
    X: Any,
    Y: ArrayLike,
    *,
    cv: Any,
    origins: ArrayLike | None = None,
    index: Any = None,
    groups: ArrayLike | None = None,
    target_names: Any = None,
    scoring: Any = "mean_absolute_error",
    params: dict[str, Any] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    pre_dispatch: int | str = "2*n_jobs",
    error_score: Any = "raise",
    return_estimator: bool = False,
) -> BacktestResult:
    """Forecast the test part of every fold with every model, and score the forecasts.

    In each fold, a clone of each estimator is fitted on the training part and forecasts the test
    part. Unlike :func:`~sklearn.model_selection.cross_val_predict`, it takes splitters whose test
    parts do not cover all samples, as those that go forward in time.

    Parameters
    ----------
    estimators : estimator, dict of str to estimator, or list of (str, estimator)
        The models, such as networks, baselines and pipelines. One alone is named after its class.
    X : array-like of shape (n_windows, ...)
        The windows.
    Y : array-like of shape (n_windows,) or (n_windows, n_targets * horizon)
        The values after each window, as :func:`~sklstm.make_windows` returns them.
    cv : splitter, iterable of (train, test), or int
        The folds. An int n stands for ``PurgedTimeSeriesSplit(n)``, with the horizon of `Y`.
    origins : array-like of int of shape (n_windows,), default=None
        The row of each window's last step in the series, as :func:`~sklstm.make_windows` returns
        it. By default each window begins one row after the one before.
    index : pandas.Index or array-like of shape (n_rows,), default=None
        Labels of the rows of the series, such as dates: ``df.index``. Needs `origins`. The rows
        of each series must lie together, in order.
    groups : array-like of shape (n_windows,), default=None
        Passed to ``cv.split``: for :class:`~sklstm.PurgedTimeSeriesSplit`, the origin times of
        the windows, which windows of several series need.
    target_names : list of str, default=None
        Names of the series that are forecast, where `Y` holds several.
    scoring : str, callable, list or dict, default="mean_absolute_error"
        What the forecasts are scored by. A function ``(y_true, y_pred)`` of arrays of shape
        ``(n_windows, n_outputs)``, also by the name of a metric of regression, gives scores per
        fold and per step ahead. It is an error, of which less is better, unless its name ends with
        ``_score``. A scorer, such as :class:`~sklstm.metrics.MASEScorer`, gives scores per fold,
        of which more is better. Several in a list, or in a dict with their names.
    params : dict, default=None
        Passed to ``fit`` of every estimator, such as ``sample_weight``; what has one entry per
        window is cut like the windows. With metadata routing, routed to estimators, splitter and
        scorers.
    n_jobs : int, default=None
        Number of fits to run in parallel, over estimators and folds, as in
        :func:`~sklearn.model_selection.cross_validate`.
    verbose : int, default=0
        Verbosity of joblib.
    pre_dispatch : int or str, default="2*n_jobs"
        Number of fits to dispatch ahead, as in joblib.
    error_score : "raise" or float, default="raise"
        What is done if a fit, its forecasts or their scores fail: raise the error, or warn
        (:class:`~sklearn.exceptions.FitFailedWarning`), give this score, and forecasts of NaN.
    return_estimator : bool, default=False
        Whether to keep the fitted estimators.

    Returns
    -------
    result : BacktestResult
        Forecasts and scores, which come as DataFrames and as a display.

    Raises
    ------
    ValueError
        If arguments do not fit each other, or all fits fail.

    See Also
    --------
    BacktestResult : What is returned.
    sklearn.model_selection.cross_validate : Scores of one estimator, without the forecasts.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklstm import PurgedTimeSeriesSplit, datasets, make_windows
    >>> from sklstm.forecasting import NaiveForecaster, backtest
    >>> series = datasets.load_co2(as_frame=True).data
    >>> X, Y, origins = make_windows(series, lookback=24, horizon=12, return_origins=True)
    >>> result = backtest(
    ...     {"ridge": Ridge(), "naive": NaiveForecaster("seasonal", season=12)},
    ...     X[:, :, 0], Y, cv=PurgedTimeSeriesSplit(3), origins=origins, index=series.index,
    ... )
    >>> result.summary().round(2)["mean_absolute_error"]
    estimator
    ridge    0.64
    naive    1.46
    Name: mean_absolute_error, dtype: float64
    >>> result.compare("naive").round(2)
                  0     1     2  mean  folds_won
    estimator
    ridge      0.51  0.66  0.51  0.56          3
    >>> result.to_frame()[["fold", "origin", "step", "time", "y_true", "y_pred"]].head(2)
       fold     origin  step       time  y_true      y_pred
    0     0 1970-07-01     1 1970-08-01  324.66  324.486878
    1     0 1970-07-01     2 1970-09-01  323.15  323.171753
    """
    _check_groups_routing_disabled(groups)
    named = _check_estimators(estimators)
    X, Y = indexable(X, Y)
    y_true = _check_targets(Y)
    n_targets = _check_target_names(target_names, y_true.shape[1])
    horizon = y_true.shape[1] // n_targets
    rows = _check_origins(origins, index, len(y_true), horizon)
    checked_scoring = check_scoring(scoring)
    splitter = _check_splitter(cv, horizon)
    routed = _route(named, splitter, checked_scoring.scorer, groups, params or {})
    folds = [(np.asarray(a), np.asarray(b)) for a, b in splitter.split(X, Y, **routed.split)]
    parallel = Parallel(n_jobs=n_jobs, verbose=verbose, pre_dispatch=pre_dispatch)
    outcomes = parallel(
        delayed(_fit_and_forecast)(
            clone(estimator),
            (X, Y, y_true),
            fold,
            scoring=checked_scoring,
            fit_params=routed.fit[name],
            score_params=routed.score,
            error_score=error_score,
            return_estimator=return_estimator,
        )
        for name, estimator in named.items()
        for fold in folds
    )
    _warn_or_raise_about_fit_failures([vars(outcome) for outcome in outcomes], error_score)
    n_folds = len(folds)
    return BacktestResult(
        {
            name: outcomes[number * n_folds : (number + 1) * n_folds]
            for number, name in enumerate(named)
        },
        folds,
        y_true,
        rows,
        greater_is_better=checked_scoring.greater_is_better,
        index=index,
        groups=groups,
        target_names=target_names,
    )


def _check_estimators(estimators):
    """Return the estimators by name."""
    if hasattr(estimators, "fit"):
        named = dict(_name_estimators([estimators]))
    elif isinstance(estimators, Mapping):
        named = dict(estimators)
    else:
        named = dict(estimators)
        if len(named) < len(estimators):
            raise ValueError("estimators holds a name twice. Give each estimator its own name.")
    if not named:
        raise ValueError("estimators is empty. Pass at least one estimator.")
    for name, estimator in named.items():
        if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
            raise TypeError(
                f"estimators must be regressors, with the methods fit and predict; {name!r} is of "
                f"type {type(estimator).__name__}."
            )
    return named


def _check_targets(Y):
    """Return Y as an array of shape (n_windows, n_outputs)."""
    targets = real_numbers(Y, "Y")
    if targets.ndim not in (1, 2):
        raise ValueError(
            "Y must have the shape (n_windows,) or (n_windows, n_targets * horizon), got "
            f"{targets.shape}."
        )
    return targets[:, np.newaxis] if targets.ndim == 1 else targets


def _check_target_names(target_names, n_outputs):
    """Return the number of targets."""
    if target_names is None:
        return 1
    if not target_names or n_outputs % len(target_names):
        raise ValueError(
            f"target_names={target_names!r} must name the series that Y holds, but Y has "
            f"{n_outputs} column(s), which is no multiple of {len(target_names)}."
        )
    return len(target_names)


def _check_origins(origins, index, n_windows, horizon):
    """Return the row of each window's last step."""
    if origins is None:
        if index is not None:
            raise ValueError(
                "index labels the rows of the series, but origins=None does not tell the rows of "
                "the windows. Pass those that make_windows(..., return_origins=True) returns."
            )
        return np.arange(n_windows)
    rows = np.asarray(origins)
    if rows.shape != (n_windows,) or rows.dtype.kind not in "iu":
        raise ValueError(
            f"origins must hold the row of the last step of each of the {n_windows} windows, ints, "
            f"got shape {rows.shape} and dtype {rows.dtype}. Pass those that make_windows(..., "
            "return_origins=True) returns, and labels of rows as index."
        )
    if index is not None and not 0 <= rows.min() <= rows.max() + horizon < len(index):
        raise ValueError(
            f"index has {len(index)} labels, but with origins from {rows.min()} to {rows.max()} "
            f"and {horizon} step(s) ahead the series has at least {rows.max() + horizon + 1} rows. "
            "Pass the index of the whole series."
        )
    return rows


def _check_splitter(cv, horizon):
    if isinstance(cv, Integral):
        return PurgedTimeSeriesSplit(int(cv), horizon=horizon)
    return check_cv(cv)


class _Routed(NamedTuple):
    """What goes to the splitter, to the fit of each estimator by name, and to the scorer."""

    split: Mapping[str, Any]
    fit: Mapping[str, Mapping[str, Any]]
    score: Mapping[str, Any]


def _route(named, splitter, scorer, groups, params):
    if not _routing_enabled():
        return _Routed({"groups": groups}, dict.fromkeys(named, params), {})
    router = MetadataRouter(owner="backtest")
    router.add(splitter=splitter, method_mapping=MethodMapping().add(caller="fit", callee="split"))
    router.add(
        **{f"estimator_{name}": estimator for name, estimator in named.items()},
        method_mapping=MethodMapping().add(caller="fit", callee="fit"),
    )
    if scorer is not None:
        router.add(scorer=scorer, method_mapping=MethodMapping().add(caller="fit", callee="score"))
    try:
        routed = process_routing(router, "fit", **params)
    except UnsetMetadataPassedError as error:
        raise UnsetMetadataPassedError(
            message=str(error).replace("backtest.fit", "backtest"),
            unrequested_params=error.unrequested_params,
            routed_params=error.routed_params,
        ) from None
    return _Routed(
        routed.splitter.split,
        {name: routed[f"estimator_{name}"].fit for name in named},
        routed.scorer.score if scorer is not None else {},
    )


def _fit_and_forecast(
    estimator,
    data,
    fold,
    *,
    scoring,
    fit_params,
    score_params,
    error_score,
    return_estimator,
):
    """Return the outcome of a fold: forecasts of its test part, and their scores."""
    X, Y, y_true = data
    train, test = fold
    X_train, Y_train = _safe_split(estimator, X, Y, train)
    X_test, Y_test = _safe_split(estimator, X, Y, test, train)
    fit_params = _check_method_params(X, fit_params, train)
    score_params = _check_method_params(X, score_params, test)
    start = time.perf_counter()
    try:
        estimator.fit(X_train, Y_train, **fit_params)
        fit_time = time.perf_counter() - start
        forecasts = _check_forecasts(estimator.predict(X_test), y_true[test].shape)
        scores = scoring.score(estimator, X_test, Y_test, y_true[test], forecasts, score_params)
        step_scores = scoring.score_steps(y_true[test], forecasts)
    except Exception:
        if error_score == "raise":
            raise
        return FoldOutcome(
            forecasts=np.full(y_true[test].shape, np.nan),
            scores=dict.fromkeys(scoring.names, float(error_score)),
            step_scores={
                name: np.full(y_true.shape[1], float(error_score)) for name in scoring.metrics
            },
            fit_time=time.perf_counter() - start,
            fit_error=traceback.format_exc(),
        )
    return FoldOutcome(
        forecasts, scores, step_scores, fit_time, estimator if return_estimator else None
    )


def _check_forecasts(forecasts, shape):
    """Return forecasts in the shape (n_windows, n_outputs) of the true values."""
    array = np.asarray(forecasts, dtype=np.float64)
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.shape != shape:
        raise ValueError(
            f"predict returned an array of shape {np.shape(forecasts)} for true values of shape "
            f"{shape}. Estimators must forecast all columns of Y."
        )
    return array
